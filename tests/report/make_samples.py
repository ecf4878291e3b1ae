"""Results of made-up runs, for the tests of the report: tests/fixtures/report. Usage: make_samples.py FOLDER

Each request is played through against the outages that a level of tactics leaves, so that the figures fit together as
those of a real run do. The same numbers come out every time."""
import json
import math
import random
import sys
from pathlib import Path

SCENARIO = """# {comment}
name = "{name}"
title = "{title}"
seed = {seed}
duration_s = {duration_s}

[load]
kind = "{load}"

[[fault]]
at_s = {at_s}
kind = "{kind}"
target = "users.primary"

[must_hold]
failed_max = 0
outage_ms_max = 1000
"""
MACHINE = {"cpu": "AMD EPYC 7B13", "cores": 2, "memory_mib": 24048, "kernel": "Linux 6.1.0-29-amd64",
           "load_average": 0.42}
# Level: how long after a kill nobody serves (ms, from and to), whether clients notice, what is switched on.
LEVELS = {
    "none": {"down": None, "restart": False, "restart_after_ms": 0, "detect_hangs": False, "spares": 0,
             "retry": False, "hold_ms": 0},
    "restart": {"down": (440, 560), "restart": True, "restart_after_ms": 100, "detect_hangs": False, "spares": 0,
                "retry": False, "hold_ms": 0},
    "cold": {"down": (330, 430), "restart": True, "restart_after_ms": 0, "detect_hangs": True, "spares": 0,
             "retry": False, "hold_ms": 0},
    "warm": {"down": (16, 31), "restart": True, "restart_after_ms": 0, "detect_hangs": True, "spares": 1,
             "retry": False, "hold_ms": 0},
    "masked": {"down": (16, 31), "restart": True, "restart_after_ms": 0, "detect_hangs": True, "spares": 1,
               "retry": True, "hold_ms": 5000},
}
OPS = (["register"] * 6) + (["read"] * 3) + ["product"]
BUCKET_MS = 500


def rounded(value, digits=2):
    return None if value is None else round(value, digits)


def quantile(ordered, share):
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def spread(values):
    return {"median": rounded(median(values)), "worst": rounded(max(values))} if values else None


class Run:
    """One run: strikes are the times (s) of its faults, of users alone."""

    def __init__(self, level, seed, duration_s, per_s, strikes, kind):
        self.random = random.Random(seed)
        self.level, self.seed, self.duration_s, self.per_s, self.kind = level, seed, duration_s, per_s, kind
        self.masks = LEVELS[level]["retry"]
        down = LEVELS[level]["down"]
        self.strikes = strikes
        # (from, until, which fault) of the times in which nobody decides for users.
        self.away = [(at, duration_s if down is None else at + self.random.uniform(*down) / 1000, number)
                     for number, at in enumerate(strikes, 1)]
        if down is None:
            self.away = self.away[:1]
        self.requests = self._play()

    def _play(self):
        """(sent_s, took_ms, op, outcome, fault) of every request, in order of being sent."""
        played, at = [], 0.0
        while True:
            at += self.random.expovariate(self.per_s)
            if at >= self.duration_s:
                return played
            op = self.random.choice(OPS)
            took = self.random.lognormvariate(math.log(2.6 if op != "read" else 0.8), 0.42)
            if self.random.random() < 0.002:
                took += self.random.uniform(4, 14)  # a commit that waits for the disk
            outcome, fault = "200", None
            for since, until, number in self.away:
                if op == "register" and since - took / 1000 <= at < until:
                    fault = number
                    if self.masks:
                        took += max(0.0, (until - at) * 1000)
                    else:
                        outcome = "cut" if at < since else "502"
                        took = self.random.uniform(0.3, 1.2) + (took if at < since else 0)
            played.append((at, took, op, outcome, fault))

    def outages(self):
        """Of each fault: until the next registration sent after it is acknowledged, and the longest silence."""
        each = []
        for number, at in enumerate(self.strikes, 1):
            watched = ([*self.strikes, self.duration_s][number] - at) * 1000
            ends = sorted(sent + took / 1000 for sent, took, op, outcome, _ in self.requests
                          if op == "register" and outcome == "200" and sent >= at)
            before = max((sent + took / 1000 for sent, took, op, outcome, _ in self.requests
                          if op == "register" and outcome == "200" and sent + took / 1000 <= at), default=at)
            first = (ends[0] - at) * 1000 if ends else None
            silence = (ends[0] - before) * 1000 if ends else watched
            each.append({"fault": number, "kind": self.kind, "first_acknowledged_ms": rounded(first),
                         "silence_ms": rounded(silence), "watched_ms": rounded(watched)})
        return each

    def timeline(self):
        count = math.ceil(self.duration_s * 1000 / BUCKET_MS)
        buckets = [[] for _ in range(count)]
        for sent, took, _, outcome, _ in self.requests:
            buckets[min(count - 1, int(sent * 1000 / BUCKET_MS))].append((took, outcome))
        took = [sorted(one for one, outcome in bucket if outcome == "200") for bucket in buckets]
        return {"bucket_ms": BUCKET_MS,
                "acknowledged": [len(one) for one in took],
                "failed": [sum(outcome != "200" for _, outcome in bucket) for bucket in buckets],
                "refused": [0] * count,
                "p50_ms": [rounded(quantile(one, 0.5)) for one in took],
                "p99_ms": [rounded(quantile(one, 0.99)) for one in took],
                "max_ms": [rounded(one[-1] if one else None) for one in took]}

    def roles(self):
        spares = LEVELS[self.level]["spares"]
        found = [{"service": service, "node": node, "role": "primary" if node == "a" else "spare", "from_s": 0,
                  "until_s": self.duration_s}
                 for service in ("orders", "products") for node in ("a", "b")[:1 + spares]]
        primary, since = "a", {"a": 0.0, "b": 0.0}
        names = ("a", "b")[:1 + spares]

        def change(node, at, role):
            found.append({"service": "users", "node": node, "role": role, "from_s": round(since[node], 3),
                          "until_s": round(min(at, self.duration_s), 3)})
            since[node] = at

        role = {"a": "primary", "b": "spare"}
        for struck, until, _ in self.away:
            change(primary, struck, role[primary])
            if spares:
                other = "b" if primary == "a" else "a"
                change(other, until, role[other])
                role[other] = "primary"
            back = struck + 0.45 if spares else until
            change(primary, back, "away")
            role[primary] = "spare" if spares else "primary"
            primary = other if spares else primary
        for node in names:
            change(node, self.duration_s, role[node])
        return [one for one in found if one["from_s"] < one["until_s"]]

    def latency(self):
        ordered = sorted(took for _, took, _, outcome, _ in self.requests if outcome == "200")
        usual = sorted(took for _, took, _, outcome, fault in self.requests if outcome == "200" and fault is None)
        histogram = {}
        for took in ordered:
            step = max(0, math.ceil(math.log(took / 0.1, 1.25)))
            histogram[step] = histogram.get(step, 0) + 1
        return {"p50": rounded(quantile(ordered, 0.5)), "p90": rounded(quantile(ordered, 0.9)),
                "p99": rounded(quantile(ordered, 0.99)), "p999": rounded(quantile(ordered, 0.999)),
                "max": rounded(ordered[-1]), "usual_p50": rounded(quantile(usual, 0.5)),
                "usual_p99": rounded(quantile(usual, 0.99)),
                "histogram": [[rounded(0.1 * 1.25 ** step, 4), histogram[step]] for step in sorted(histogram)]}

    def slow(self):
        limit = 3 * self.latency()["usual_p99"]
        found = [{"number": number, "op": op, "sent_s": round(sent, 3), "took_ms": rounded(took), "fault": fault}
                 for number, (sent, took, op, outcome, fault) in enumerate(self.requests, 1)
                 if outcome == "200" and fault is not None and took > limit]
        return sorted(found, key=lambda one: -one["took_ms"])[:50]

    def events(self):
        if LEVELS[self.level]["spares"] == 0:
            return []
        return [event for since, until, number in self.away for event in (
            {"at_s": round(since + 0.0018, 4), "service": "users", "rule": "M4",
             "what": f"{'ab'[(number - 1) % 2]} is lost: its connection broke"},
            {"at_s": round(until - 0.004, 4), "service": "users", "rule": "M6",
             "what": f"promoted {'ba'[(number - 1) % 2]}, epoch {number + 1}"},
            {"at_s": round(since + 0.45, 4), "service": "users", "rule": "M9",
             "what": f"admitted {'ab'[(number - 1) % 2]}"})]


def fault_text(kind, node):
    return f"kill -9 of users-commands-{node}" if kind == "kill" else "a request that ends users-commands"


def growth(run):
    """Memory that settles, and a journal that grows by what each registration adds."""
    return [{"at_s": at, "memory_mib": round(212 + 9 * (1 - math.exp(-at / 20)) + run.random.uniform(-1, 1), 1),
             "journal_mib": round(0.3 + at * run.per_s * 0.6 * 310 / 2 ** 20, 2)} for at in range(0, run.duration_s + 1, 5)]


def result_of(run, scenario, label, started, repeat):
    outages = run.outages()
    # A service that does not come back is away for as long as it is watched.
    worst = spread([one["first_acknowledged_ms"] or one["watched_ms"] for one in outages])
    failed = [one for one in run.requests if one[3] != "200"]
    by = {how: sum(one[3] == how for one in failed) for how in ("cut", "502")}
    spares = LEVELS[run.level]["spares"]
    blind = run.level in ("none", "restart")
    broken = [{"what": "failed", "wanted": "at most 0", "found": f"{len(failed):,}"}] if failed else []
    if worst["worst"] > 1000:
        broken.append({"what": "outage_worst_ms", "wanted": "at most 1000", "found": str(worst["worst"])})
    none = {"count": 0, "examples": []}
    return {
        "format": 1, "scenario": scenario, "sportapp": {"version": "0.1.0"}, "machine": MACHINE, "started": started,
        "subject": "sportapp", "label": label,
        "tactics": {"level": run.level, **{name: LEVELS[run.level][name] for name in LEVELS[run.level] if name != "down"}},
        "verdict": {"pass": not broken, "broken": broken,
                    "line": f"{len(failed):,} of {len(run.requests):,} requests failed; nothing lost, nothing doubled; "
                            f"worst outage {worst['worst']:,.0f} ms"},
        "counts": {"requests": len(run.requests), "acknowledged": len(run.requests) - len(failed),
                   "failed": len(failed), "refused_as_allowed": 0,
                   "poison": len(run.strikes) if run.kind == "poison" else 0,
                   "masked": sum(one[4] is not None and one[3] == "200" for one in run.requests)},
        "failed_by": {how: count for how, count in by.items() if count},
        "lost": none, "doubled": none, "different": none, "stale": none, "unasked": none, "reordered": none,
        "latency_ms": run.latency(),
        "outage_ms": {**worst, "each": [{name: one[name] for name in one if name != "watched_ms"} for one in outages]},
        "detect_ms": None if blind else spread([run.random.uniform(1.2, 4.8) for _ in run.away]),
        "take_over_ms": spread([(until - since) * 1000 for since, until, _ in run.away]) if spares else None,
        "redundant_ms": spread([run.random.uniform(430, 620) for _ in run.away]) if spares else None,
        "faults": [{"number": number, "kind": run.kind, "target": "users.primary",
                    "what": fault_text(run.kind, "ab"[(number - 1) % (1 + spares)]), "at_s": at, "healed_s": None}
                   for number, at in enumerate(run.strikes, 1)],
        "roles": run.roles(), "events": run.events(), "timeline": run.timeline(), "slow": run.slow(),
        "growth": growth(run) if run.level == "masked" else [],
        "repeat": repeat,
    }


def scenario_of(run, name, title, load, comment):
    about = {"name": name, "title": title, "seed": run.seed, "duration_s": run.duration_s}
    text = SCENARIO.format(**about, comment=comment, load=load, at_s=run.strikes[0], kind=run.kind)
    return {**about, "text": text}


def crash(level, seed=7):
    run = Run(level, seed, 60, 220, [10.0, 18.0, 26.0, 34.0, 42.0, 50.0], "kill")
    scenario = scenario_of(run, "crash", "The users service is killed", "open",
                           "Kills the primary of users again and again while registrations go on.")
    return result_of(run, scenario, level, "2026-11-25T15:44:00Z",
                     f"sportapp experiment run crash --seed {seed} --tactics {level}")


def lesson(number):
    """One run of the class scenario: a thousand users, two requests that end the service."""
    run = Run("masked", 100 + number, 120, 995, [40.0, 80.0], "poison")
    scenario = scenario_of(run, "class", "The class's experiment", "closed",
                           "A thousand users with a pause of a second, and two requests that end the service.")
    return result_of(run, scenario, "masked", f"2026-11-25T16:{number * 3:02}:00Z",
                     f"sportapp experiment run class --seed {run.seed}")


def samples():
    made = {f"crash-{level}": crash(level) for level in LEVELS}
    made.update({f"class-{number}": lesson(number) for number in range(1, 6)})
    return made


if __name__ == "__main__":
    for sample, content in samples().items():
        target = Path(sys.argv[1]) / sample / "result.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")
