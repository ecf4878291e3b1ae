"""`sportapp import` reads what people have: files as Excel and others write them, or says what is wrong."""
import gzip

import pytest

from sportapp import run_cli, unique

UTF16 = "utf-16"  # with its mark


def written(tmp_path, content: bytes, name="people.csv"):
    file = tmp_path / name
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("how, encode", [
    ("commas", lambda text: text.encode()),
    ("Excel in Spanish", lambda text: text.replace(",", ";").replace("\n", "\r\n").encode("windows-1252")),
    ("Excel's UTF-8", lambda text: b"\xef\xbb\xbf" + text.replace(",", ";").replace("\n", "\r\n").encode()),
    ("Excel's Unicode text", lambda text: text.replace(",", "\t").replace("\n", "\r\n").encode(UTF16)),
    ("an old Mac", lambda text: text.replace("\n", "\r").encode()),
    ("sep= before it", lambda text: ("sep=;\n" + text.replace(",", ";")).encode()),
    ("gzip", lambda text: gzip.compress(text.encode())),
    ("spaces and capitals", lambda text: text.replace("username,email", " Username , EMAIL").replace(",", ", ").encode()),
    ("a column too many", lambda text: text.replace("\n", ",\n").encode()),
    ("rows of nothing", lambda text: (text + ",\n,\n\n").encode()),
], ids=lambda value: value if isinstance(value, str) else "")
def test_a_file_goes_in_as_it_is(app, tmp_path, how, encode):
    name, email = unique("José Peña"), f"{unique('jose')}@example.org"
    done = run_cli("import", "--url", app.url, written(tmp_path, encode(f"username,email\n{name},{email}\n")))
    assert done.returncode == 0, f"{how}: {done.stdout + done.stderr}"
    assert done.stdout.startswith("1 registered"), done.stdout
    app.wait_for_position(f"users={app.journal_head()}")
    assert [user["email"] for user in app.user(name)] == [email]


@pytest.mark.parametrize("content, says", [
    (b"username,correo\nana,a@example.org\n", "column 'correo', which is none of username, email"),
    (b"\x1b]0;owned\x07name\nana\n", r"column '\x1b]0;owned\x07name'"),
    ("username\nJosé\n".encode() + "María\n".encode("windows-1252"), "line 3: the byte 0xed is not utf-8"),
    (b"PK\x03\x04 and more", "an Excel workbook"),
    (b"username,email\n,\n", "no line to register"),
    (b"", "no line to register"),
], ids=["unknown column", "terminal codes", "two encodings", "workbook", "only blank rows", "empty"])
def test_what_cannot_be_read_is_named_and_nothing_is_sent(app, tmp_path, content, says):
    done = run_cli("import", "--url", app.url, written(tmp_path, content))
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert not any(ord(c) < 0x20 and c != "\n" for c in done.stdout + done.stderr), "nothing that a terminal would obey"


def test_a_header_is_not_registered_where_the_columns_are_named(app, tmp_path):
    file = written(tmp_path, b"Username,Email\nana,a@example.org\n")
    done = run_cli("import", "--url", app.url, "--columns", "username,email", file)
    assert (done.returncode, "looks like a header" in done.stderr) == (2, True), done.stderr


def test_how_a_file_was_read_is_told(app, tmp_path):
    file = written(tmp_path, f"username;email\n{unique('Íñigo')};\n".encode("windows-1252"))
    done = run_cli("import", "--url", app.url, file)
    assert "people.csv was read as windows-1252, with columns divided by ';'" in done.stderr
