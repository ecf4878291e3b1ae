"""What a result of JMeter (JTL, as CSV with a line of names) says, in a few lines. Usage: summary.py RESULT.jtl

Exit status: 0 the result is whole, whatever it says; 1 it is not."""
import csv
import sys
from collections import Counter
from pathlib import Path

NEEDED = ("timeStamp", "elapsed", "label", "responseCode", "success")


def samples_of(file: Path) -> list:
    """Its lines as dictionaries; a ValueError says what it lacks."""
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream, strict=True)
        lacking = [name for name in NEEDED if name not in (reader.fieldnames or ())]
        if lacking:
            raise ValueError(f"{file}:1: names no column {', '.join(lacking)}")
        samples = []
        for sample in reader:
            if None in sample or None in sample.values():
                raise ValueError(f"{file}:{reader.line_num}: has not as many values as columns: it was cut off")
            samples.append(sample)
    if not samples:
        raise ValueError(f"{file}: no request in it; what JMeter said: {file}.log")
    return samples


def outcome_of(sample: dict) -> str:
    """The status, or the last word of the exception: `SocketException`."""
    return sample["responseCode"].rpartition(".")[2].rpartition(": ")[2] or "none"


def row(label: str, samples: list) -> str:
    failed = Counter(outcome_of(sample) for sample in samples if sample["success"] != "true")
    took = sorted(int(sample["elapsed"]) for sample in samples)
    share = 100 * failed.total() / len(samples)
    causes = ", ".join(f"{count:,} {cause}" for cause, count in failed.most_common()) or "-"
    return (f"{label:<10} {len(samples):>9,} {failed.total():>8,} {share:>6.2f}% "
            f"{took[len(took) // 2]:>8,} {took[len(took) * 99 // 100]:>8,} {took[-1]:>8,}  {causes}")


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        samples = samples_of(Path(sys.argv[1]))
    except (OSError, ValueError, csv.Error) as failed:
        print(f"summary.py: {failed}", file=sys.stderr)
        return 1
    print(f"{'label':<10} {'requests':>9} {'failed':>8} {'':>7} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8}  failed by")
    for label in sorted({sample["label"] for sample in samples}):
        print(row(label, [sample for sample in samples if sample["label"] == label]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
