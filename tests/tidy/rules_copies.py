"""Nothing stands twice: no stretch of code of some length is in the tree a second time."""
import re

from cpp_text import code_of
from tree import Complaint

SAME_LINES_MAX = 6  # of code, one after the other, the same but for white space
# Lines that say nothing by themselves: they neither make a stretch longer nor end it.
SILENT = re.compile(r"[{}();,]*|#include.*|#pragma once|namespace.*|using .*|\}\s*//.*|(public|private|protected):|TEST.*|"
                    r"return.{0,12};|(const )?auto .{0,6};|import .*|from .* import .*")


def code_lines(path: str, text: str) -> list:
    """(line number, what it says) of the lines that say something."""
    if path.endswith((".cpp", ".hpp")):
        text = code_of(text, keep_strings=True)
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        line = " ".join(line.split())
        if path.endswith((".py", ".sh", ".cmake")):
            line = line.partition("# ")[0].strip()
        if not SILENT.fullmatch(line):
            found.append((number, line))
    return found


def nothing_is_there_twice(tree):
    places = {}  # a stretch -> where it was seen first
    for path, text in tree.ending(".cpp", ".hpp", ".py", ".sh", ".cmake"):
        lines = code_lines(path, text)
        told_until = 0
        for at in range(len(lines) - SAME_LINES_MAX):
            stretch = tuple(line for _, line in lines[at:at + SAME_LINES_MAX + 1])
            first = places.setdefault(stretch, (path, lines[at][0]))
            here = (path, lines[at][0])
            if first != here and at >= told_until:
                told_until = at + SAME_LINES_MAX + 1
                yield Complaint(path, here[1], f"{SAME_LINES_MAX + 1} lines of code stand at {first[0]}:{first[1]} already: make "
                                               "one of them and use it from both")


RULES = [nothing_is_there_twice]
