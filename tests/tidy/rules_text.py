"""Rules about every text of the tree, and about the documents."""
import ast
import fnmatch
import os
import re

from tree import Complaint, line_of, parts_in_order, wings_in_order

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
SOURCE_ENDINGS = (".cpp", ".hpp", ".py", ".sh", ".cmake", ".pml", ".js", ".mjs", ".css")
# Put together here, so that this file does not contain what it looks for.
LEFTOVERS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")
MACHINE_FOLDERS = "|".join(["wo" + "rk", "ro" + "ot", "ho" + r"me/[a-z][\w-]*"])
MACHINE_PATHS = re.compile(rf"(?<![\w.])/({MACHINE_FOLDERS})\b(?=[/\s\"'`)]|$)")
REGISTRIES = re.compile("|".join(host.replace(".", r"\.") for host in [
    "pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com", "crates" + ".io",
    "proxy.golang" + ".org",
    "deb.debian" + ".org", "ghcr" + ".io", "docker" + ".io/", ".docker" + ".io", "quay" + ".io", "arti" + "factory", "jf" + "rog"]))
CALL = re.compile(r"^\s*(?:\$ )?(?:sudo )?(?:\S*/)?sportapp\s+([\w-]+)", re.MULTILINE)
DOCUMENT_ENDINGS = (".md",)
FENCE = re.compile(r"^(```+)([^\n]*)\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)


FLAT_WINGS = ("base", "domain", "sim")  # those with files of their own


def files_are_short(tree):
    for path, text in tree.ending(*SOURCE_ENDINGS):
        lines = text.count("\n")
        if lines > FILE_LINES_MAX:
            yield Complaint(path, FILE_LINES_MAX, f"has {lines} lines, the limit is {FILE_LINES_MAX}: split it by ideas")


def python_functions_are_short(tree):
    for path, text in tree.ending(".py"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = node.end_lineno - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    yield Complaint(path, node.lineno, f"{node.name} has {lines} lines, the limit is "
                                                       f"{FUNCTION_LINES_MAX}: split it")


def _found(tree, pattern, advice):
    for path in sorted(tree.texts):
        for match in pattern.finditer(tree.texts[path]):
            yield Complaint(path, line_of(tree.texts[path], match.start()), f"{match.group()}: {advice}")


def nothing_is_left_over(tree):
    yield from _found(tree, LEFTOVERS, "do it, or file an issue and take this out")


def no_machine_paths(tree):
    yield from _found(tree, MACHINE_PATHS, "a path of one machine: make it relative or an option")


def no_registries(tree):
    yield from _found(tree, REGISTRIES, "names a package registry: leave where packages come from to the machine")


def _outside_fences(text: str) -> str:
    return FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def prose_wraps(tree):
    """At 100 characters; a word that would make a marker of a list stays on its line."""
    for path, text in tree.ending(*DOCUMENT_ENDINGS):
        for number, line in enumerate(_outside_fences(text).splitlines(), 1):
            if len(line) > 110 and not line.startswith("    ") and \
                    not line.lstrip().startswith(("|", "#", "<")) and " " in line.strip()[20:]:
                yield Complaint(path, number, f"has {len(line)} characters: wrap prose at 100")


def documents_have_one_title(tree):
    for path, text in tree.ending(*DOCUMENT_ENDINGS):
        found = re.finditer(r"^# \S", _outside_fences(text), re.MULTILINE)
        titles = [line_of(text, match.start()) for match in found]
        if not titles:
            yield Complaint(path, 1, "has no title: begin it with one '# Title'")
        for line in titles[1:]:
            yield Complaint(path, line, "a second title: a document has one '# Title', the rest are '## Sections'")


def _is_known(tree, name: str, beside: str) -> bool:
    if any(mark in name for mark in "<>$*{") or re.search(r"\b[A-Z]{3,}\b", name):  # a pattern or a placeholder
        return "*" not in name or any(fnmatch.fnmatch(path, name) for path in tree.paths) or "/" not in name
    if any(tree.exists(os.path.normpath(os.path.join(folder, name))) for folder in ("", beside, "src")):
        return True
    return "/" not in name and any(path.endswith("/" + name) for path in tree.paths)


def documents_name_what_exists(tree):
    """`src/...` and `name.cpp` between backticks, and relative links, must be in the tree."""
    folders = {path.split("/")[0] for path in tree.paths if "/" in path}
    sources = (".cpp", ".hpp", ".py", ".sh", ".cmake", ".yaml", ".md")
    for path, text in tree.ending(*DOCUMENT_ENDINGS):
        prose = _outside_fences(text)
        for match in re.finditer(r"`([\w./<>{}$*-]+)`|\]\(([^)\s#]+)[^)]*\)", prose):
            name = (match.group(1) or match.group(2)).removeprefix("./")
            if match.group(2) and "://" in name:
                continue
            looks_ours = match.group(2) or name.split("/")[0] in folders and "/" in name or name.endswith(sources)
            if looks_ours and not name.startswith((".", "/")) and not _is_known(tree, name, os.path.dirname(path)):
                yield Complaint(path, line_of(text, match.start()), f"{name} is not in the tree: correct the document")


def architecture_lists_the_parts(tree):
    """The table of docs/architecture.md has the folders of parts, in the order of imports; the lab is one line."""
    path = "docs/architecture.md"
    text = tree.texts.get(path, "")
    begin = text.find("| Folder |")
    if begin < 0:
        return
    listed = []
    for row in re.finditer(r"^\|(.*?)\|", text[begin:].split("\n\n")[0], re.MULTILINE):
        listed += re.findall(r"`([\w/]+)`", row.group(1))
    parted = {f"src/{wing}" for wing in wings_in_order(tree) if wing not in FLAT_WINGS}
    parts = [part for part in parts_in_order(tree) if part not in parted and not part.startswith("lab/")]
    if listed != parts:
        yield Complaint(path, line_of(text, begin), f"the table of parts differs from the order of imports: {' '.join(parts)}")


def subcommands(tree):
    """What `sportapp` knows: the program's subcommands and the script's own."""
    known = {"help"}
    for _, text in tree.cpp():
        known |= set(re.findall(r'add_command\(\s*"([\w-]+)"', text))
    for labels in re.findall(r"^\s*([\w| -]+)\)\s*$", tree.texts.get("sportapp", ""), re.MULTILINE):
        known |= {label.strip() for label in labels.split("|")}
    return known


def examples_name_real_subcommands(tree):
    known = subcommands(tree)
    for path, text in tree.ending(*DOCUMENT_ENDINGS):
        for fence in FENCE.finditer(text):
            if fence.group(2).split()[:1] not in (["sh"], ["bash"], ["console"], ["shell"]):
                continue
            for match in CALL.finditer(fence.group(3)):
                if not match.group(1).startswith("-") and match.group(1) not in known:
                    yield Complaint(path, line_of(text, fence.start(3) + match.start(1)),
                                    f"there is no `sportapp {match.group(1)}`; there is: {', '.join(sorted(known))}")


RULES = [files_are_short, python_functions_are_short, nothing_is_left_over, no_machine_paths, no_registries,
         documents_have_one_title, prose_wraps, documents_name_what_exists, architecture_lists_the_parts,
         examples_name_real_subcommands]
