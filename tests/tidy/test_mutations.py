"""What the mutations take out is still there, so that each can be tried."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mutations"))
import experiment
import failover
import mutate

ALL = [(tool.__name__, mutation) for tool in (mutate, failover, experiment) for mutation in tool.MUTATIONS]


@pytest.mark.parametrize("mutation", [mutation for _, mutation in ALL],
                         ids=[f"{tool}-{mutation.name}" for tool, mutation in ALL])
def test_each_text_is_there_once(mutation, monkeypatch):
    monkeypatch.setattr(mutate, "TREE", mutate.ROOT)
    mutate.Applied(mutation.changes)


def test_each_scenario_is_a_ready_one():
    for mutation in experiment.MUTATIONS:
        assert (mutate.ROOT / "experiment/scenarios" / f"{mutation.scenario}.toml").exists(), mutation.name
