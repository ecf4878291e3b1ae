"""The files a rule looks at: text by path, from the checkout or made up by a test."""
import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

TEXT_ENDINGS = (".cpp", ".hpp", ".py", ".sh", ".md", ".txt", ".yaml", ".yml", ".json", ".toml", ".cmake", ".ini",
                ".conf", ".template", ".in", ".csv", ".jsonl", ".pml", ".js", ".mjs", ".css", ".html")
TEXT_NAMES = ("sportapp", "run", "check", ".clang-format", ".gitignore", "Dockerfile")


class Complaint(NamedTuple):
    path: str
    line: int
    text: str  # what is wrong and what to do

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


class Tree:
    """`texts` maps a path relative to the root to its content; `others` are files that are not text."""

    def __init__(self, texts: dict, root: Path = None, others=(), build: Path = None):
        self.texts = texts
        self.root = root
        self.paths = set(texts) | set(others)
        self.build = build

    @classmethod
    def of(cls, root: Path, build: Path = None):
        texts, others = {}, []
        for path in _listed(root):
            if path.endswith(TEXT_ENDINGS) or os.path.basename(path) in TEXT_NAMES:
                texts[path] = (root / path).read_text(encoding="utf-8")
            else:
                others.append(path)
        return cls(texts, root, others, build)

    def ending(self, *endings):
        """(path, text) of the files with one of the endings, in order."""
        return [(path, self.texts[path]) for path in sorted(self.texts) if path.endswith(endings)]

    def cpp(self):
        return self.ending(".cpp", ".hpp")

    def exists(self, path: str) -> bool:
        path = path.rstrip("/")
        return path in self.paths or any(known.startswith(path + "/") for known in self.paths)


def _listed(root: Path):
    """What is committed or would be; in an exported tree without git, what lies there."""
    asked = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"],
                           capture_output=True, check=False)
    if asked.returncode == 0:
        return [path for path in asked.stdout.decode().split("\0") if path and (root / path).is_file()]
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in ("build", "data", ".git", "__pycache__")]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return found


def _listed_in(tree, path: str, kind: str) -> list:
    match = re.search(rf"foreach\({kind}\s+([^)]*)\)", tree.texts.get(path, ""))
    return match.group(1).split() if match else []


def wings_in_order(tree) -> list:
    """The wings of src/ in the order of imports, as src/CMakeLists.txt has it."""
    return _listed_in(tree, "src/CMakeLists.txt", "wing")


def parts_of_wing(tree, wing: str) -> list:
    """Its folders in the order of imports, as its own CMakeLists.txt has it."""
    return _listed_in(tree, f"src/{wing}/CMakeLists.txt", "part")


def parts_in_order(tree) -> list:
    """Folders in the order of imports: each wing with its own files, then its parts; then the lab."""
    found = []
    for wing in wings_in_order(tree):
        found.append(f"src/{wing}")
        if wing == "domain":
            found.append("tests/support")
        found += [f"src/{wing}/{part}" for part in parts_of_wing(tree, wing)]
    return found + [f"lab/{part}" for part in _listed_in(tree, "lab/CMakeLists.txt", "part")] + ["lab"]


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
