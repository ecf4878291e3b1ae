"""What the matrix prints: a line a case, and a table at the end."""
import collections

from judge import DOWN, LOST, WORDS, WRONG, Verdict
from prepared import NODES, Prepared
from starts import BOTH, Start, Struck


class Report:
    def __init__(self, seed: int):
        self._seed = seed
        self._counts = collections.defaultdict(collections.Counter)  # (kind, where) -> words
        self._wrong_starts = set()
        self._reasons = collections.Counter()
        self.bad = []
        self.folders = []  # of starts that went wrong, as they were at their end

    def add_prepared(self, prepared: Prepared):
        """Both nodes must be in sync when nothing happened yet."""
        for service, truth in prepared.truths.items():
            if truth.record.in_sync != sorted(NODES):
                self.complain(f"a {prepared.end} end left in sync of {service} only {truth.record.in_sync} by the record")

    def complain(self, what: str):
        self.bad.append(what)
        print(what, flush=True)

    def was_wrong(self, start: Start) -> bool:
        return start.number in self._wrong_starts

    def add(self, start: Start, struck: Struck, verdict: Verdict, took_ms: float):
        kind, where = struck.case.kind, struck.case.where
        self._counts[kind, where][verdict.word] += 1
        what = "; ".join(f"{node} {text}" for node, text in struck.what.items())
        line = (f"{start.number:4} {verdict.word:5} {took_ms:6.0f} ms  {struck.case.service:6} {start.end:6} {where:7} "
                f"{kind:13} seed {self._seed}: {what}")
        if verdict.word in (LOST, WRONG):
            line += f"\n     {verdict.why}"
            self.bad.append(line)
            self._wrong_starts.add(start.number)
            self._reasons[verdict.why.split(":")[0][:70]] += 1
        print(line, flush=True)

    def table(self) -> str:
        heads = "".join(f"{word:>7}" for word in WORDS)
        lines = [f"{'kind':14} {'where':8} {'cases':>6}{heads}"]
        total = collections.Counter()
        for (kind, where), counts in sorted(self._counts.items(), key=lambda one: (one[0][1] == BOTH, one[0])):
            lines.append(self._row(kind, where, counts))
            total += counts
        lines.append(self._row("all", "", total))
        lines.append(f"seed {self._seed}: {sum(total.values())} cases, {total[LOST]} lost what was acknowledged, "
                     f"{total[DOWN]} down as they must, {total[WRONG]} wrong otherwise")
        lines += [f"{count:6} times: {reason}" for reason, count in self._reasons.most_common()]
        return "\n".join(lines)

    @staticmethod
    def _row(kind: str, where: str, counts) -> str:
        return f"{kind:14} {where:8} {sum(counts.values()):6}" + "".join(f"{counts[word] or '':>7}" for word in WORDS)
