"""Each rule of the tidy test catches what it is there for, and lets the good form pass."""
import json
import subprocess
import sys
from pathlib import Path

import pytest

import cpp_text
import rules_copies
import rules_cpp
import rules_text
from tree import Tree

ORDER = {"src/CMakeLists.txt": "foreach(wing base domain net store server)\nendforeach()\n",
         "src/domain/CMakeLists.txt": "foreach(part services)\n",
         "src/net/CMakeLists.txt": "foreach(part http link)\n",
         "src/store/CMakeLists.txt": "foreach(part sqlite journal)\n",
         "src/server/CMakeLists.txt": "foreach(part service commands)\n",
         "lab/CMakeLists.txt": "foreach(part load run)\n"}
LONG_BODY = "  work();\n" * 70
STEPS = [f"  step_{number}(now);\n" for number in range(7)]


def caught(rule, path, text, **others):
    tree = Tree({**ORDER, path: text, **others})
    return [complaint for complaint in rule(tree) if complaint.path == path]


BAD = [
    (rules_cpp.functions_are_short, "src/base/a.cpp", f"namespace a {{\nint f() {{\n{LONG_BODY}}}\n}}\n", 2),
    (rules_cpp.functions_are_short, "src/base/a.cpp", f"A::A() : b_{{1}}, c_(2) {{\n{LONG_BODY}}}\n", 1),
    (rules_cpp.functions_are_short, "src/base/a.hpp", f"class A {{\n  void f() const {{\n{LONG_BODY}}}\n}};\n", 2),
    (rules_cpp.functions_are_short, "src/base/a.cpp", f"TEST(A, B) {{\n{LONG_BODY}}}\n", 1),
    (rules_cpp.banned_calls, "src/base/a.cpp", "void f() {\n  sprintf(a, b);\n}\n", 2),
    (rules_cpp.banned_calls, "src/base/a.cpp", "void f() { strcpy(a, b); }\n", 1),
    (rules_cpp.banned_calls, "src/base/a.cpp", "int i = atoi(text);\n", 1),
    (rules_cpp.banned_calls, "src/base/a.cpp", "int i = std::system(text);\n", 1),
    (rules_cpp.banned_calls, "src/base/a.cpp", "int i = rand();\n", 1),
    (rules_cpp.banned_calls, "src/base/a.cpp", 'void f() { std::cout << "x"; }\n', 1),
    (rules_cpp.banned_calls, "src/base/a.cpp", 'void f() { printf("x"); }\n', 1),
    (rules_cpp.banned_calls, "src/base/a.cpp", "co_spawn(e, f(), asio::detached);\n", 1),
    (rules_cpp.banned_calls, "src/base/a.cpp", "void f() { std::thread(g).detach(); }\n", 1),
    (rules_cpp.nothing_sleeps, "src/base/a.cpp", "void f() { std::this_thread::sleep_for(1s); }\n", 1),
    (rules_cpp.test_names_have_one_form, "src/base/a_test.cpp", "TEST_F(ATest, one_is_one) {}\n", 1),
    (rules_cpp.states_change_by_their_tables, "src/ha/failover/a.hpp",
     "class A {\n  failover::NodeState state_ = NodeState::kWaiting;\n};\n", 2),
    (rules_cpp.coroutines_do_not_capture, "src/net/http/a.cpp",
     "auto f = [&self](int a) -> awaitable<void> { co_await go(self); };\n", 1),
    (rules_cpp.coroutines_do_not_capture, "src/net/http/a.cpp", "auto f = [=] {\n  co_return 1;\n};\n", 1),
    (rules_cpp.includes_run_one_way, "src/base/a.cpp", '#include "net/http/server.hpp"\n', 1),
    (rules_cpp.includes_run_one_way, "src/net/http/a.hpp", '\n#include "net/link/frame.hpp"\n', 2),
    (rules_cpp.includes_run_one_way, "src/domain/a.hpp", '#include "domain/services/registry.hpp"\n', 1),
    (rules_cpp.includes_run_one_way, "lab/load/a.hpp", '#include "lab/run/run.hpp"\n', 1),
    (rules_cpp.includes_run_one_way, "src/nowhere/a.hpp", "\n", 1),
    (rules_cpp.transport_headers_stay_in_http, "src/server/service/a.cpp", "#include <boost/asio/post.hpp>\n", 1),
    (rules_cpp.transport_headers_stay_in_http, "src/ops/cli/a.cpp", "#include <boost/beast.hpp>\n", 1),
    (rules_cpp.rules_stay_pure, "src/domain/a.cpp", "#include <SQLiteCpp/SQLiteCpp.h>\n", 1),
    (rules_cpp.rules_stay_pure, "src/domain/services/users/users.cpp", '#include "net/http/server.hpp"\n', 1),
    (rules_cpp.services_know_no_other, "src/domain/services/a/a.cpp", '#include "domain/services/b/b.hpp"\n', 1),
    (rules_cpp.test_support_stays_in_tests, "src/base/a.cpp", '#include "tests/support/temp_folder.hpp"\n', 1),
    (rules_cpp.test_support_stays_in_tests, "src/base/a.hpp", '#include "store/journal/testing.hpp"\n', 1),
    (rules_cpp.released_programs_know_no_lab, "src/ops/cli/a.cpp", '#include "lab/run/run.hpp"\n', 1),
    (rules_text.files_are_short, "src/base/a.cpp", "int a;\n" * 401, 400),
    (rules_text.files_are_short, "tools/a.sh", "true\n" * 401, 400),
    (rules_text.python_functions_are_short, "tests/a.py", "def f():\n" + "    pass\n" * 70, 1),
    (rules_text.nothing_is_left_over, "src/base/a.cpp", "int a;  // TO" + "DO: more\n", 1),
    (rules_text.nothing_is_left_over, "docs/a.md", "# A\n\nFIX" + "ME\n", 3),
    (rules_text.no_machine_paths, "docs/a.md", "# A\nsee /wo" + "rk/main\n", 2),
    (rules_text.no_machine_paths, "tests/a.py", "file = '/ho" + "me/ana/x'\n", 1),
    (rules_text.no_registries, "tools/a.sh", "curl https://py" + "pi.org/simple\n", 1),
    (rules_text.prose_wraps, "docs/a.md", "# A\n\n" + "word " * 30 + "\n", 3),
    (rules_text.documents_have_one_title, "docs/a.md", "# A\n\n# B\n", 3),
    (rules_text.documents_have_one_title, "docs/a.md", "## A\n", 1),
    (rules_text.documents_name_what_exists, "docs/a.md", "# A\n`src/base/gone.cpp`\n", 2),
    (rules_text.documents_name_what_exists, "docs/a.md", "# A\n`gone.hpp`\n", 2),
    (rules_text.documents_name_what_exists, "docs/a.md", "# A\n[b](b.md)\n", 2),
    (rules_text.documents_name_what_exists, "docs/a.md", "# A\n`src/gone/`\n", 2),
    (rules_text.architecture_lists_the_parts, "docs/architecture.md",
     "# A\n\n| Folder | What |\n|---|---|\n| `src/base` | b |\n| `src/net/http`, `src/domain` | c |\n\nmore\n", 3),
    (rules_text.examples_name_real_subcommands, "docs/a.md", "# A\n```sh\n./sportapp fly --high\n```\n", 3),
    (rules_copies.nothing_is_there_twice, "src/base/a.cpp",
     "void f() {\n" + "".join(STEPS) + "}\nvoid g() {\n// again\n" + "\n".join(STEPS) + "}\n", 12),
]

GOOD = [
    (rules_cpp.functions_are_short, "src/base/a.cpp",
     "void f() {\n" + "  work();\n" * 60 + "}\nvoid g() {\n" + "  work();\n" * 60 + "}\n"),
    (rules_cpp.functions_are_short, "src/base/a.hpp", f"class A {{\n{LONG_BODY.replace('work', 'void f')}}};\n"),
    (rules_cpp.functions_are_short, "src/base/a.cpp", f"const char* kText[] = {{\n{LONG_BODY.replace(';', ',')}}};\n"),
    (rules_cpp.banned_calls, "src/base/a.cpp",
     'f(snprintf(a, 9, b), fprintf(s, b));  // printf("x")\nauto s = "system(x)"; auto t = file_system(x); operand(1);\n'),
    (rules_cpp.banned_calls, "src/ops/cli/a.cpp", 'void f() { std::cout << "x"; }\n'),
    (rules_cpp.banned_calls, "src/base/a.cpp", "boost::system::result<int> f();\nint i = table.rand();\n"),
    (rules_cpp.nothing_sleeps, "src/base/a_test.cpp", "void f() { std::this_thread::sleep_for(1s); }\n"),
    (rules_cpp.test_names_have_one_form, "src/base/a_test.cpp", "TEST_F(ATest, OneIsOne) {}\nINSTANTIATE_TEST_SUITE_P(a, b, c);\n"),
    (rules_cpp.states_change_by_their_tables, "src/ha/failover/a.hpp", "Machine<NodeState> machine_{node_table()};\n"),
    (rules_cpp.coroutines_do_not_capture, "src/net/http/a.cpp",
     "auto f = [](int a) -> awaitable<void> { co_await go(a); };\n"),
    (rules_cpp.coroutines_do_not_capture, "src/net/http/a.cpp",
     "auto f = [&] { spawn([](int a) -> awaitable<void> { co_await go(a); }); };\n"),
    (rules_cpp.coroutines_do_not_capture, "src/net/http/a.cpp",
     "awaitable<void> f() { a[i] = 1; co_await go([this] { x(); }); }\n"),
    (rules_cpp.includes_run_one_way, "src/server/commands/a.cpp",
     '#include "server/service/process.hpp"\n#include "base/hash.hpp"\n#include "domain/services/registry.hpp"\n'),
    (rules_cpp.includes_run_one_way, "lab/a_main.cpp", '#include "lab/run/run.hpp"\n#include "store/journal/a.hpp"\n'),
    (rules_cpp.test_support_stays_in_tests, "src/base/a_test.cpp", '#include "tests/support/temp_folder.hpp"\n'),
    (rules_cpp.released_programs_know_no_lab, "lab/run/a.cpp", '#include "lab/load/load.hpp"\n'),
    (rules_cpp.transport_headers_stay_in_http, "src/net/http/a.cpp", "#include <boost/asio.hpp>\n"),
    (rules_cpp.rules_stay_pure, "src/domain/services/users/users_commands_main.cpp", '#include "server/commands/commands.hpp"\n'),
    (rules_text.nothing_is_left_over, "src/base/a.cpp", f'char name[] = "file-{"X" * 6}";\n'),
    (rules_text.prose_wraps, "docs/a.md", "# A\n\n```sh\n" + "word " * 30 + "\n```\n| " + "cell " * 40 + "|\n"),
    (rules_text.documents_have_one_title, "docs/a.md", "# A\n\n```sh\n# a comment\n```\n"),
    (rules_text.documents_name_what_exists, "docs/a.md",
     "# A\n`src/CMakeLists.txt` `a.md` `data/logs/NAME.log` `config/x.toml` [a](a.md#b) [w](https://example.org/x.md)\n"),
    (rules_text.architecture_lists_the_parts, "docs/architecture.md",
     "# A\n\n| Folder | What |\n|---|---|\n| `src/base`, `src/domain` | b |\n| `tests/support`, `src/domain/services` | c |\n"
     "| `src/net/http`, `src/net/link`, `src/store/sqlite` | d |\n| `src/store/journal`, `src/server/service` | e |\n"
     "| `src/server/commands`, `lab` | f |\n\n`more`\n"),
    (rules_text.examples_name_real_subcommands, "docs/a.md",
     "# A\n```sh\n./sportapp help\nsportapp --help\n```\n```text\nsportapp fly\n```\n"),
    (rules_copies.nothing_is_there_twice, "src/base/a.cpp",
     "void f() {\n" + "".join(STEPS) + "}\nvoid g() {\n" + "".join(STEPS[:6]) + "}\n" + "}\n" * 20),
]


@pytest.mark.parametrize("rule, path, text, line", BAD, ids=lambda value: getattr(value, "__name__", None))
def test_bad_is_caught_where_it_is(rule, path, text, line):
    found = caught(rule, path, text)
    assert [complaint.line for complaint in found] == [line], found
    assert ": " in found[0].text, "it must also say what to do"


@pytest.mark.parametrize("rule, path, text", GOOD, ids=lambda value: getattr(value, "__name__", None))
def test_good_passes(rule, path, text):
    assert caught(rule, path, text) == []


def test_every_rule_has_a_bad_example():
    shown = {rule for rule, *_ in BAD}
    elsewhere = {rules_cpp.tests_are_built, rules_cpp.formatted, rules_cpp.sleeps_are_real}
    assert shown | elsewhere == set(rules_cpp.RULES + rules_text.RULES + rules_copies.RULES)


def test_a_test_that_is_not_built_is_caught(tmp_path):
    (tmp_path / "build").mkdir()
    built = str((tmp_path / "src/base/in_test.cpp").resolve())
    (tmp_path / "build/compile_commands.json").write_text(json.dumps([{"file": built}]))
    tree = Tree({"src/base/in_test.cpp": "", "src/base/out_test.cpp": ""}, tmp_path, build=tmp_path / "build")
    assert [complaint.path for complaint in rules_cpp.tests_are_built(tree)] == ["src/base/out_test.cpp"]


def test_what_is_not_formatted_is_caught(tmp_path):
    (tmp_path / ".clang-format").write_text("BasedOnStyle: Google\n")
    texts = {"good.cpp": "int a = 1;\n", "bad.cpp": "int b = 1;\nint   a=1;\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    found = list(rules_cpp.formatted(Tree(texts, tmp_path)))
    assert [(complaint.path, complaint.line) for complaint in found] == [("bad.cpp", 2)]


def test_a_listed_sleep_that_is_gone_is_caught(monkeypatch):
    monkeypatch.setattr(rules_cpp, "SLEEPS", {"src/base/a.cpp": "a reason"})
    assert list(rules_cpp.sleeps_are_real(Tree({"src/base/a.cpp": "int a;"})))
    assert not list(rules_cpp.sleeps_are_real(Tree({"src/base/a.cpp": "sleep_for(1s);"})))


def test_strings_and_comments_are_no_code():
    text = 'int a = 1\'000; /* { */ auto b = R"x({ "})x"; auto c = "\\"{"; char d = \'{\'; // {\n'
    code = cpp_text.code_of(text)
    assert "{" not in code and len(code) == len(text) and "1'000" in code


def test_the_program_itself_fails_on_a_bad_tree(tmp_path):
    tidy = Path(__file__).with_name("tidy.py")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("# A\n# B\n")
    done = subprocess.run([sys.executable, str(tidy), "--root", str(tmp_path)], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 1
    assert "docs/a.md:2: a second title" in done.stdout
