"""Just enough of C++ to judge its layout: code without comments and strings, functions, lambdas."""
import re
from typing import NamedTuple

_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|'
    r'R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|'
    r'(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])*\'',
    re.DOTALL)


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def code_of(text: str, keep_strings: bool = False) -> str:
    """The same text with comments (and strings) as spaces: offsets and lines stay."""
    def replace(match):
        is_comment = match.group().startswith(("//", "/*"))
        return match.group() if keep_strings and not is_comment else _blank(match)
    return _TOKEN.sub(replace, text)


class Function(NamedTuple):
    name: str
    begin: int  # offset of its first line's text
    end: int    # offset of the closing brace


_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
_NAME = re.compile(r"([~\w:]+|operator\W{1,3})\s*\(")


def functions(code: str):
    """Definitions at namespace or class scope; what lies inside of one belongs to it."""
    stack, head_begin, found = [], 0, []
    for at, letter in enumerate(code):
        if letter == "{" and at > 0 and not code[at - 1].isspace() and code[at - 1] not in "){":
            stack.append(("value", "", at))  # `b_{2}`, where a body has a space before it
        elif letter == "{":
            head = code[head_begin:at]
            outside = all(opened == "scope" for opened, _, _ in stack)
            kind, name = "block", ""
            without_templates = re.sub(r"template\s*<[^{;]*?>(?=\s*[\w\[])", "", head)
            if outside and "(" in head and not head.rstrip().endswith(("=", ",", "(")):
                kind = "function"
                matched = _NAME.search(without_templates)
                name = matched.group(1).strip() if matched else "?"
            elif outside and _SCOPE.search(without_templates):
                kind = "scope"
            begin = head_begin + len(head) - len(head.lstrip())
            stack.append((kind, name, begin))
            head_begin = at + 1
        elif letter == "}":
            if stack:
                kind, name, begin = stack.pop()
                if kind == "function":
                    found.append(Function(name, begin, at))
                if kind == "value":
                    continue
            head_begin = at + 1
        elif letter == ";":
            head_begin = at + 1
    return found


def _closing(code: str, at: int, opening: str, closing: str) -> int:
    """Offset of the bracket that closes the one at `at`; -1 when there is none."""
    depth = 0
    for index in range(at, len(code)):
        if code[index] == opening:
            depth += 1
        elif code[index] == closing:
            depth -= 1
            if depth == 0:
                return index
    return -1


_LAMBDA = re.compile(r"(?<![\w\])\[])\[(?P<captures>[^\[\]]*)\]\s*(?=[({])")


class Lambda(NamedTuple):
    begin: int
    captures: str
    signature: str
    body: str  # without the lambdas inside


def lambdas(code: str):
    for match in _LAMBDA.finditer(code):
        at = match.end()
        if code[at] == "(":
            at = _closing(code, at, "(", ")") + 1
        opening = code.find("{", at)
        if opening < 0 or ";" in code[at:opening]:
            continue  # an attribute or an index, no lambda
        end = _closing(code, opening, "{", "}")
        if end < 0:
            continue
        body = code[opening + 1:end]
        for inner in lambdas(body):
            body = body.replace(inner.body, " ")
        yield Lambda(match.start(), match.group("captures").strip(), code[match.end():opening], body)
