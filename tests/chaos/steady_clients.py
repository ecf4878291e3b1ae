"""A program: many connections that send commands at an even rate, each once, and log what became of each.

Nothing is tried again: what is refused, cut off or not answered in time is a failed command. Runs until its standard
input ends, then waits for what is under way. Each line of the log is, with tabs between: key, name, when sent, when
answered (both on the machine's monotonic clock), outcome (a status, or what went wrong), Retry-After, answer.
"""
import argparse
import asyncio
import json
import random
import sys
import time

TIMEOUT_S = 10.0
LOOK_EVERY_S = 0.2  # for late answers, and to write the log


class Work:
    """What all connections share: which command is next, and the log."""

    def __init__(self, options):
        self.options = options
        self.host_port = ("127.0.0.1", options.port)
        self.log = open(options.log, "w", encoding="utf-8")
        self.count = 0
        self.open = 0
        self.ending = False
        self.bodies = json.loads(options.bodies)

    def next_command(self):
        """Key, name and the bytes of a command that nobody sent before."""
        self.count += 1
        name = f"{self.options.prefix}-{self.count}"
        key = f"key-{name}"
        body = self.bodies[self.count % len(self.bodies)].replace("NAME", name).encode()
        head = (f"POST {self.options.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                f"Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n")
        return key, name, head.encode() + body

    def note(self, command, sent: float, outcome: str, retry_after: str = "", answer: str = ""):
        key, name, _ = command
        clean = answer.replace("\t", " ").replace("\n", " ").replace("\r", " ")
        self.log.write(f"{key}\t{name}\t{sent:.6f}\t{time.monotonic():.6f}\t{outcome}\t{retry_after}\t{clean}\n")


class Answer:
    """Takes bytes until one whole answer is there."""

    def __init__(self):
        self.bytes = b""
        self.headers = None
        self.length = 0

    def add(self, data: bytes) -> bool:
        self.bytes += data
        if self.headers is None:
            head, mark, rest = self.bytes.partition(b"\r\n\r\n")
            if not mark:
                return False
            lines = head.decode("latin-1").split("\r\n")
            self.status = int(lines[0].split(" ", 2)[1])
            self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            self.length = int(self.headers["content-length"])  # every answer of ours has one
            self.bytes = rest
        return len(self.bytes) >= self.length


class Connection(asyncio.Protocol):
    """One connection of a client, which may have given it up already."""

    def __init__(self, client):
        self.client, self.transport = client, None

    def connection_made(self, transport):
        self.transport = transport
        self.client.connected(self)

    def data_received(self, data: bytes):
        self.client.received(self, data)

    def connection_lost(self, failed):
        self.client.lost(self, failed)


class Client:
    """A command, its answer, a pause, the next; over one connection, and a new one where that was closed."""

    def __init__(self, work: Work, pause_s: float, chance: random.Random):
        self.work, self.pause_s, self.chance = work, pause_s, chance
        self.connection = self.connecting = None
        self.command = None  # under way
        self.sent = 0.0

    def due(self):
        if self.work.ending:
            return
        self.command, self.sent = self.work.next_command(), time.monotonic()
        self.work.open += 1
        if self.connection is None:
            self.connection = Connection(self)
            self.connecting = asyncio.ensure_future(self._connect(self.connection))
        else:
            self._send()

    async def _connect(self, connection: Connection):
        try:
            await asyncio.get_running_loop().create_connection(lambda: connection, *self.work.host_port)
        except OSError as failed:
            if connection is self.connection:
                self._broken(f"no connection: {failed.strerror or failed}")

    def _send(self):
        self.answer = Answer()
        self.connection.transport.write(self.command[2])

    def connected(self, connection: Connection):
        if connection is self.connection:
            self._send()
        else:
            connection.transport.abort()

    def received(self, connection: Connection, data: bytes):
        if connection is not self.connection:
            return
        if self.command is None:
            self._broken("an answer to nothing")
            return
        try:
            whole = self.answer.add(data)
        except (ValueError, KeyError, IndexError) as failed:
            self._broken(f"not an answer: {failed!r}")
            return
        if whole:
            answer = self.answer
            if answer.headers.get("connection", "").lower() == "close":
                self._give_up_connection()
            self._ended(str(answer.status), answer.headers.get("retry-after", ""), answer.bytes.decode("utf-8", "replace"))

    def lost(self, connection: Connection, failed):
        if connection is self.connection:
            self.connection = None
            if self.command is not None:
                self._ended(f"cut off: {failed or 'closed'}")

    def look(self, now: float):
        if self.command is not None and now - self.sent > TIMEOUT_S:
            self._broken("no answer in time")

    def _give_up_connection(self):
        connection, self.connection = self.connection, None
        if connection is not None and connection.transport is not None:
            connection.transport.abort()

    def _broken(self, what: str):
        self._give_up_connection()
        if self.command is not None:
            self._ended(what)

    def _ended(self, outcome: str, retry_after: str = "", answer: str = ""):
        self.work.note(self.command, self.sent, outcome, retry_after, answer)
        self.work.open -= 1
        self.command = None
        took = time.monotonic() - self.sent
        wait = max(0.0, self.pause_s * self.chance.uniform(0.5, 1.5) - took)
        asyncio.get_running_loop().call_later(wait, self.due)


async def run(options):
    work = Work(options)
    loop = asyncio.get_running_loop()
    pause_s = options.connections / options.rate if options.rate else 0.0
    clients = [Client(work, pause_s, random.Random(f"{options.seed}-{number}")) for number in range(options.connections)]
    for client in clients:
        loop.call_later(client.chance.uniform(0, pause_s), client.due)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, lambda: sys.stdin.buffer.read1(1) or ended.set())
    while not (work.ending and work.open == 0):
        await asyncio.sleep(LOOK_EVERY_S)
        work.ending = work.ending or ended.is_set()
        if work.ending:
            loop.remove_reader(sys.stdin)
        now = time.monotonic()
        for client in clients:
            client.look(now)
        work.log.flush()
    work.log.close()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=256)
    parser.add_argument("--rate", type=int, default=1000, help="commands a second of all together; 0: as fast as it goes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--prefix", required=True, help="of the names and keys")
    parser.add_argument("--path", default="/api-commands/users")
    parser.add_argument("--bodies", default='["{\\"username\\":\\"NAME\\"}"]', help="JSON array of texts, sent in turn")
    parser.add_argument("--log", required=True)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(run(arguments()))
