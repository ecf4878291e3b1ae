"""The tree itself is tidy. $SPORTAPP_BIN names the build that must hold every test."""
import os
from pathlib import Path

import tidy
from tree import Tree


def test_the_tree_is_tidy():
    root = Path(__file__).resolve().parents[2]
    build = Path(os.environ.get("SPORTAPP_BIN", root / "build/debug/bin")).parent
    tree = Tree.of(root, build if (build / "compile_commands.json").exists() else None)
    complaints = sorted(complaint for rule in tidy.RULES for complaint in rule(tree))
    assert not complaints, "\n" + "\n".join(map(str, complaints))
    assert len(tree.cpp()) > 20
