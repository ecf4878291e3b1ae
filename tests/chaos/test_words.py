"""Real input: the words of Spanish and English as usernames, through crashes and an import that is cut off."""
import signal
import subprocess
import unicodedata
from pathlib import Path

from evidence import check_read_models, entries, head, listed, repeated, restart_after_kill, verify, wait_for_head
from sportapp import bin_dir

LISTS = (Path("/usr/share/dict/spanish"), Path("/usr/share/dict/american-english"))


def all_words() -> list:
    words = {}
    for file in LISTS:
        assert file.exists(), f"{file} is missing: install wspanish and wamerican"
        data = file.read_bytes()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("iso-8859-1")
        words.update(dict.fromkeys(unicodedata.normalize("NFC", line.strip()) for line in text.splitlines()))
    words.pop("", None)
    return list(words)


class Import:
    """`sportapp import` of a file with a word a line, in the background."""

    def __init__(self, app, file: Path, rate: int):
        self._out = open(file.with_suffix(".out"), "a+b")
        self._process = subprocess.Popen(
            [bin_dir() / "sportapp", "import", "--url", app.url, "--columns", "username", "--format", "csv",
             "--rate", str(rate), file], stdout=self._out, stderr=subprocess.STDOUT)

    def running(self) -> bool:
        return self._process.poll() is None

    def end(self, number: int = None, within_s: float = 900.0) -> int:
        """Waits for its end, after a signal if one is given; gives the exit status."""
        if number is not None:
            self._process.send_signal(number)
        try:
            return self._process.wait(within_s)
        finally:
            if self.running():
                self._process.kill()
                self._process.wait()

    def said(self) -> str:
        self._out.seek(0)
        return self._out.read().decode(errors="replace")[-3000:]


def import_through_crashes(app, file: Path, count: int, kills: int, rate: int):
    """Cut off by SIGINT at half, run again; the commands process killed evenly over the whole."""
    running = Import(app, file, rate)
    cut = False
    for number in range(1, kills + 1):
        if number > kills // 2 and not cut:
            wait_for_head(app, count // 2)
            assert running.end(signal.SIGINT) == 3, f"an import that is cut off must say so: {running.said()}"
            assert head(app) < count, "the import was over before it was cut off"
            running = Import(app, file, rate)
            cut = True
        wait_for_head(app, count * number // (kills + 1))
        assert running.running(), f"the import ended early: {running.said()}"
        took_s = restart_after_kill(app, "users-commands-a")
        print(f"kill {number} at about entry {head(app)}, healthy again after {took_s:.2f} s")
    assert running.end() == 0, running.said()
    print(running.said().splitlines()[-1])


def test_every_word_is_registered_exactly_once(app, chance, long_mode, tmp_path):
    words = all_words()
    print(f"{len(words)} different words in {', '.join(file.name for file in LISTS)}")
    if not long_mode:
        words = chance.sample(words, 4000)
    file = tmp_path / "words.csv"
    file.write_text("\n".join(words) + "\n", encoding="utf-8")
    import_through_crashes(app, file, len(words), 10 if long_mode else 3, 8000 if long_mode else 400)

    found = entries(app)
    check_read_models(app, found, within_s=120)
    shown = listed(app)
    assert not repeated(user["username"] for user in shown)
    assert {user["username"] for user in shown} == set(words)
    assert [user["id"] for user in shown] == list(range(1, len(words) + 1))
    for word in chance.sample(words, 2000 if long_mode else 200):
        matches = app.user(word)
        assert [user["username"] for user in matches] == [word]
        one = app.get(f"/api-queries/users/{matches[0]['id']}")
        assert one.json() == matches[0]
    print(verify(app))
