"""SportApp beside what else one could take, each with one synchronous copy where it has that, in turn."""
import statistics
from pathlib import Path

import load
import report
from instance import Instance
from peers.etcd import Etcd
from peers.flask_stack import Flask
from peers.postgres import Postgres
from peers.redis import Redis
from redundancy import Failover, settings

WARM_UP_CONNECTIONS, WARM_UP_S = 16, 2
COLUMNS = ("per_s", "p50_ms", "p99_ms")


class SportApp(Instance):
    def __init__(self, folder: Path):
        super().__init__(folder, settings(1))

    def _start(self):
        super()._start()
        Failover(self).wait_in_sync(2)

    def measure(self, connections: int, seconds: int) -> dict:
        return load.register(self.url, connections, seconds)


PEERS = {"SportApp": SportApp, "PostgreSQL": Postgres, "etcd": Etcd, "Redis": Redis, "Flask": Flask}


def measure(options, folder: Path, say) -> dict:
    """name -> its runs, in the order of connections within each round."""
    folder.chmod(0o755)  # PostgreSQL runs as another user
    runs = {name: [] for name in PEERS}
    for number in range(options.repeat):
        for name, peer in PEERS.items():
            with peer(folder / f"{name.lower()}-{number}") as one:
                one.measure(WARM_UP_CONNECTIONS, WARM_UP_S)
                for count in options.connections:
                    runs[name].append(one.measure(count, options.seconds))
                    say(f"  {name:10}" + report.load_row(runs[name][-1]))
    say("\n" + report.peers_table(medians(options.connections, runs)))
    return runs


def medians(counts: list, runs: dict) -> dict:
    """(name, connections) -> {column: median}."""
    return {(name, count): {column: statistics.median(run[column] for run in of if run["connections"] == count)
                            for column in COLUMNS}
            for name, of in runs.items() for count in counts}
