"""What an image is built from is enough: .dockerignore leaves nothing out that the build needs."""
import shutil
import subprocess

from sportapp import ROOT


def test_the_files_of_the_context_can_be_configured(tmp_path):
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line.startswith("!"):
            continue
        source, target = ROOT / line[1:], tmp_path / "context" / line[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    done = subprocess.run(["cmake", "--preset", "release"], cwd=tmp_path / "context", text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
