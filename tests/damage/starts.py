"""The matrix: what is damaged where, after which end. A start damages users and orders at once, each a case of its own."""
import random
from pathlib import Path
from typing import NamedTuple

import damage
from prepared import ENDS, NODES, STRUCK
from truth import Truth, holding

PRIMARY, OTHER, BOTH = WHERES = ("primary", "other", "both")


class Case(NamedTuple):
    service: str
    kind: str   # of the primary's damage, where both are damaged
    where: str


class Start(NamedTuple):
    number: int
    batch: int  # those of a batch and an end share what was prepared
    end: str
    cases: list
    seed: int


def whole_matrix(times: int, seed: int) -> list:
    """Every kind at every place after every end, for each service, so many times; paired and ordered at random."""
    chance, found = random.Random(seed), []
    for batch in range(times):
        for end in ENDS:
            pairs = zip(*(_shuffled(service, chance) for service in STRUCK))
            found += [(batch, end, list(pair)) for pair in pairs]
    return _numbered(found, chance)


def sample(seed: int) -> list:
    """Every kind once for each service; places and ends at random, each of them often enough."""
    chance = random.Random(seed)
    wheres = {service: _spread((PRIMARY, OTHER, PRIMARY, OTHER, BOTH), chance) for service in STRUCK}
    kinds = {service: chance.sample(list(damage.KINDS), len(damage.KINDS)) for service in STRUCK}
    ends = _spread(ENDS, chance)
    found = [(0, end, [Case(service, kinds[service][at], wheres[service][at]) for service in STRUCK])
             for at, end in enumerate(ends)]
    return _numbered(sorted(found, key=lambda one: one[1]), chance)


def _spread(values: tuple, chance: random.Random) -> list:
    """As many as there are kinds, each value as often as the others."""
    found = list(values) * (len(damage.KINDS) // len(values) + 1)
    found = found[:len(damage.KINDS)]
    chance.shuffle(found)
    return found


def _shuffled(service: str, chance: random.Random) -> list:
    found = [Case(service, kind, where) for kind in damage.KINDS for where in WHERES]
    chance.shuffle(found)
    return found


def _numbered(found: list, chance: random.Random) -> list:
    return [Start(number, batch, end, cases, chance.randrange(1_000_000_000))
            for number, (batch, end, cases) in enumerate(found, 1)]


class Struck(NamedTuple):
    """A case once its files are damaged."""
    case: Case
    what: dict    # node -> what was done to its files
    whole: bool   # a node in sync by the record is left as it was
    held: bool    # after the damage a journal still holds everything acknowledged
    harmed: dict  # node -> a word on what of it is not what it was


def strike(data: Path, old: Path, case: Case, truth: Truth, chance: random.Random) -> Struck:
    primary = truth.record.primary
    kinds = {primary: case.kind} if case.where != OTHER else {}
    others = [node for node in NODES if node != primary]
    if case.where == OTHER:
        kinds[others[0]] = case.kind
    if case.where == BOTH:
        kinds.update({node: chance.choice([kind for kind in damage.KINDS if kind != case.kind]) for node in others})
    what, after, harmed = {}, dict(truth.nodes), {}
    for node, kind in kinds.items():
        name = f"{case.service}-commands-{node}"
        promised = promise_in(data / name)
        what[node] = f"{kind}: {damage.KINDS[kind](data / name, old / name, chance)}"
        after[node] = holding(data / name)
        if after[node] != truth.nodes[node]:
            harmed[node] = after[node].fault or "its journal is not what it was"
        elif promise_in(data / name) != promised and kind != "promise-old":
            # An older promise costs a node nothing where the record does not say that it had promised more.
            harmed[node] = "its promise is not what it was"
    return Struck(case, what, any(node not in kinds for node in truth.record.in_sync),
                  any(truth.missing(found.entries) == 0 for found in after.values()), harmed)


def promise_in(folder: Path) -> bytes:
    file = folder / "promise"
    return file.read_bytes() if file.exists() else b""
