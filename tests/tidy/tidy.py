"""Guards the rules of the house. Usage: tidy.py [--root DIR] [--build DIR]; prints file:line: what to do."""
import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import rules_copies
import rules_cpp
import rules_text
from tree import Tree

RULES = rules_cpp.RULES + rules_text.RULES + rules_copies.RULES


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--build", type=Path, help="build folder, whose compile_commands.json says what is built")
    options = parser.parse_args()
    tree = Tree.of(options.root.resolve(), options.build)
    if options.build is None:
        print("tidy: no --build given: whether every test is built was not checked", file=sys.stderr)
    complaints = [complaint for rule in RULES for complaint in rule(tree)]
    for complaint in sorted(complaints):
        print(complaint)
    print(f"tidy: {len(RULES)} rules, {len(tree.texts)} files, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
