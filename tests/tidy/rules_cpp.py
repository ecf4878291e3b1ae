"""Rules about the C++ sources."""
import json
import re
import shutil
import subprocess
from pathlib import Path

from cpp_text import code_of, functions, lambdas
from tree import Complaint, line_of, parts_in_order

FUNCTION_LINES_MAX = 70

# (pattern, what to use instead, folders where it is allowed)
BANNED = [
    (r"\bv?sprintf\s*\(", "use fmt::format", ()),
    (r"\bstr(n)?(cpy|cat)\s*\(", "use std::string", ()),
    (r"\b(atoi|atol|atoll|atof)\s*\(", "use std::from_chars, which tells an error", ()),
    (r"(?<![\w.>])(std::)?system\s*\(", "use posix_spawn with an argument list", ()),
    (r"(?<![\w.>:])(std::)?popen\s*\(", "use posix_spawn with an argument list", ()),
    (r"(?<![\w.>:])(std::)?s?rand\s*\(", "use randombytes_* of libsodium, or std::mt19937_64 with a seed in tests", ()),
    (r"\bstd::cout\b|(?<![\w:])(std::)?(printf|puts)\s*\(|\bfmt::print\s*\(\s*[^s]",
     "log with spdlog; only the command line tools print", ("src/ops", "src/sim", "lab")),
    (r"\bdetached\b", "spawn into a task group whose owner handles its exception", ()),
    (r"\.detach\s*\(", "keep the thread and join it", ()),
    (r"\b(gets|tmpnam|mktemp)\s*\(", "use a call that bounds what it writes", ()),
]

# Files that may sleep, and why.
SLEEPS = {
    "src/ops/cli/failover_events.cpp": "follows what another process tells, until it is interrupted",
    "src/ops/cli/logs_command.cpp": "follows a file that other processes write, until it is interrupted",
    "src/ops/cli/running_instance.cpp": "asks other processes how far they are, with a deadline",
    "src/ops/cli/rebuild_command.cpp": "asks another process how far it is, until it is done or stuck",
    "lab/disk_shim/disk_shim.cpp": "is as slow as it is told to be",
    "lab/load/warm_up.cpp": "asks again, with a deadline, whether orders know what it made",
    "src/store/projection/base_model.cpp": "looks again, with a deadline, whether two files that another process writes fit",
    "lab/poison/poison.cpp": "hangs, as it is told to",
    "tests/support/eventually.hpp": "looks again, with a deadline, whether what a test waits for is so",
    "src/ops/supervisor/down.cpp": "waits, with a deadline, for a process that is not its child",
    "src/ops/supervisor/leftovers.cpp": "waits, with a deadline, for processes that are not its children",
    "src/ops/supervisor/supervisor.cpp": "reaps what it has killed",
}

ASIO = re.compile(r'#include\s*[<"]boost/(asio|beast)')
TRANSPORT = ("src/net/http/", "src/net/link/", "src/ops/import/", "lab/load/", "lab/agent/")
RULES_MUST_NOT_KNOW = re.compile(
    r'#include\s*[<"](net/|store/|ha/|server/|ops/|'
    r'SQLiteCpp/|sqlite3|hiredis|curl/|boost/asio|boost/beast)')


def _part_of(path: str, parts) -> str:
    """The innermost part that a path lies in."""
    fitting = [part for part in parts if path.startswith(part + "/")]
    return max(fitting, key=len, default=None)


def _matches(pattern, path, code):
    for match in re.finditer(pattern, code):
        yield Complaint(path, line_of(code, match.start()), match.group().strip())


def built_files(build):
    """Of its compile_commands.json; where files are compiled together, those of each group."""
    files = {entry["file"] for entry in json.loads((build / "compile_commands.json").read_text())}
    for group in [file for file in files if "/Unity/" in file and Path(file).exists()]:
        files.update(re.findall(r'^#include "(.*)"$', Path(group).read_text(), re.MULTILINE))
    return files


def tests_are_built(tree):
    """Needs a build folder: what is in its compile_commands.json is built."""
    if tree.build is None:
        return
    built = built_files(tree.build)
    for path, _ in tree.ending("_test.cpp"):
        if str((tree.root / path).resolve()) not in built:
            yield Complaint(path, 1, "is not in the build: give its folder a CMakeLists.txt with sportapp_part()")


def functions_are_short(tree):
    for path, text in tree.cpp():
        code = code_of(text)
        for function in functions(code):
            first, last = line_of(code, function.begin), line_of(code, function.end)
            if last - first + 1 > FUNCTION_LINES_MAX:
                yield Complaint(path, first, f"{function.name} has {last - first + 1} lines, the limit is "
                                             f"{FUNCTION_LINES_MAX}: split it")


def banned_calls(tree):
    for path, text in tree.cpp():
        code = code_of(text)
        for pattern, instead, allowed in BANNED:
            if any(path.startswith(part + "/") for part in allowed):
                continue
            for found in _matches(pattern, path, code):
                yield found._replace(text=f"{found.text} is banned: {instead}")


def nothing_sleeps(tree):
    for path, text in tree.cpp():
        if path in SLEEPS or path.endswith(("_test.cpp", "/testing.hpp")):
            continue
        for found in _matches(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b", path, code_of(text)):
            yield found._replace(text=f"{found.text}: wait for what must happen, with a deadline; or list the file "
                                      "with its reason in tests/tidy/rules_cpp.py, SLEEPS")


def sleeps_are_real(tree):
    for path in SLEEPS:
        if "sleep" not in tree.texts.get(path, ""):
            yield Complaint("tests/tidy/rules_cpp.py", 1, f"{path} is listed in SLEEPS but does not sleep: take it out")


def states_change_by_their_tables(tree):
    for path, text in tree.cpp():
        for found in _matches(r"\b(Node|Monitor|Peer)State\s+\w+_\s*[=;{]", path, code_of(text)):
            yield found._replace(text=f"{found.text}: keep it in a failover::Machine, which only the table's rules change")


def test_names_have_one_form(tree):
    for path, text in tree.cpp():
        for match in re.finditer(r"^TEST(?:_F|_P)?\(\w+,\s*(\w+)\)", text, re.MULTILINE):
            name = match.group(1)
            if "_" in name or not name[0].isupper():
                yield Complaint(path, line_of(text, match.start()), f"{name}: name a test in one word, ALikeThis")


def coroutines_do_not_capture(tree):
    for path, text in tree.cpp():
        code = code_of(text)
        for found in lambdas(code):
            is_coroutine = re.search(r"\bco_(await|return|yield)\b", found.body) or "awaitable<" in found.signature
            if found.captures and is_coroutine:
                yield Complaint(path, line_of(code, found.begin),
                                "a capturing lambda is a coroutine, its captures may be gone when it resumes: make it a "
                                "function and pass what it needs")


def includes_run_one_way(tree):
    parts = parts_in_order(tree)
    for path, text in tree.cpp():
        part = _part_of(path, parts)
        if part is None:
            if path.startswith("src/"):
                yield Complaint(path, 1, "its wing is not in src/CMakeLists.txt: add it where its imports allow")
            continue
        for match in re.finditer(r'^\s*#include\s*"([^"]+)"', code_of(text, keep_strings=True), re.MULTILINE):
            name = match.group(1)
            used = _part_of(name if name.startswith(("lab/", "tests/")) else "src/" + name, parts)
            if used is not None and parts.index(used) > parts.index(part):
                yield Complaint(path, line_of(text, match.start(1)),
                                f"{part} includes {name}, but {used} stands below it in the order of imports: "
                                "turn the dependency around, with an interface in the upper part")


def test_support_stays_in_tests(tree):
    for path, text in tree.cpp():
        if path.startswith("tests/") or path.endswith(("_test.cpp", "_fuzz.cpp", "testing.hpp", "_fixture.hpp")):
            continue
        for found in _matches(r'#include\s*"(tests/|[\w/]*testing\.hpp)', path, code_of(text, keep_strings=True)):
            yield found._replace(text="only tests use this: move what others need to a part of src/")


def released_programs_know_no_lab(tree):
    for path, text in tree.cpp():
        if not path.startswith("src/") or path.endswith("_test.cpp"):
            continue
        for found in _matches(r'#include\s*"lab/', path, code_of(text, keep_strings=True)):
            yield found._replace(text="the lab is a program of its own: move what both need to a part of src/")


def transport_headers_stay_in_http(tree):
    for path, text in tree.cpp():
        if path.startswith(TRANSPORT):
            continue
        for found in _matches(ASIO, path, code_of(text, keep_strings=True)):
            yield found._replace(text=f"Asio and Beast are slow to compile and stay inside {', '.join(TRANSPORT)}: use "
                                      "their interfaces")


def rules_stay_pure(tree):
    for path, text in tree.cpp():
        is_rule = path.startswith("src/domain/")
        if not is_rule or path.endswith(("_main.cpp", "_test.cpp", "_fuzz.cpp")):
            continue
        for found in _matches(RULES_MUST_NOT_KNOW, path, code_of(text, keep_strings=True)):
            yield found._replace(text=f"{found.text}: rules know no storage and no network; use domain/ only")


def services_know_no_other(tree):
    for path, text in tree.cpp():
        own = re.match(r"src/domain/services/(\w+)/", path)
        if own is None:
            continue
        for match in re.finditer(r'#include\s*"domain/services/(\w+)/', code_of(text, keep_strings=True)):
            if match.group(1) != own.group(1):
                yield Complaint(path, line_of(text, match.start()),
                                f"{own.group(1)} includes a header of {match.group(1)}: services meet by their events "
                                "only")


def formatted(tree):
    """Needs a checkout; clang-format is in tools/packages.txt."""
    if tree.root is None:
        return
    program = shutil.which("clang-format-14")
    if program is None:
        yield Complaint("tools/packages.txt", 1, "clang-format-14 is not installed: run ./sportapp test as root once")
        return
    paths = [path for path, _ in tree.cpp()]
    done = subprocess.run([program, "--dry-run", "--ferror-limit=1", *paths], cwd=tree.root, capture_output=True,
                          text=True, check=False)
    for match in re.finditer(r"^(\S+?):(\d+):\d+: (?:warning|error): ", done.stderr, re.MULTILINE):
        yield Complaint(match.group(1), int(match.group(2)),
                        f"is not formatted: clang-format-14 -i {match.group(1)}")


RULES = [tests_are_built, functions_are_short, banned_calls, nothing_sleeps, sleeps_are_real,
         coroutines_do_not_capture, includes_run_one_way, transport_headers_stay_in_http, rules_stay_pure,
         states_change_by_their_tables, test_names_have_one_form, test_support_stays_in_tests, released_programs_know_no_lab,
         services_know_no_other, formatted]
