"""The diagrams of docs/failover.md are what the program draws of its own rules."""
import re
import subprocess

from sportapp import ROOT, bin_dir

MARKED = re.compile(r"<!-- sportapp failover table --mermaid -->\n(.*?)<!-- end -->", re.DOTALL)


def test_the_diagrams_are_those_of_the_rules():
    drawn = subprocess.run([bin_dir() / "sportapp", "failover", "table", "--mermaid"], capture_output=True, text=True,
                           timeout=30, check=True).stdout
    written = MARKED.search((ROOT / "docs/failover.md").read_text(encoding="utf-8")).group(1)
    assert written.strip() == drawn.strip(), "put what `sportapp failover table --mermaid` prints between the marks"
