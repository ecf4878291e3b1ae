"""A way between two processes that a test can spoil, each direction by itself: a TCP proxy on a thread of its own."""
import asyncio
import socket
import threading

PASS, STALL, DROP = "pass", "stall", "drop"
BLOCK = 256 * 1024


class Way:
    """One direction. `pass`; `stall`: kept back until it passes again; `drop`: swallowed, and so the connections that lost
    something are cut when it passes again. Whatever passes is `delay_s` late."""

    def __init__(self):
        self.state, self.delay_s = PASS, 0.0
        self.changed = asyncio.Event()

    def set(self, state: str, delay_s: float):
        self.state, self.delay_s = state, delay_s
        self.changed.set()


class Pipe:
    """One direction of one connection."""

    def __init__(self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut):
        self._way, self._reader, self._writer, self._cut = way, reader, writer, cut
        self._due = asyncio.Queue(maxsize=1000)
        self._lost = False

    async def take(self):
        loop = asyncio.get_running_loop()
        while data := await self._reader.read(BLOCK):
            while self._way.state == STALL:
                self._way.changed.clear()
                await self._way.changed.wait()
            if self._way.state == DROP:
                self._lost = True
            elif self._lost:
                break  # what comes now would be out of step
            else:
                await self._due.put((loop.time() + self._way.delay_s, data))
        self._cut()

    async def give(self):
        loop = asyncio.get_running_loop()
        while True:
            due, data = await self._due.get()
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            self._writer.write(data)
            await self._writer.drain()


class Proxy:
    """Between whoever dials `port` and the process that listens on `target`; `there` is towards the target."""

    def __init__(self, loop, target: int):
        self._loop, self.target = loop, target
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._connections = set()
        self._ways = None

    async def start(self):
        self._ways = {"there": Way(), "back": Way()}
        self._server = await asyncio.start_server(self._accepted, sock=self._socket)

    async def _accepted(self, reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        writers = (writer, far_writer)

        def cut():
            self._connections.discard(cut)
            for one in writers:
                one.transport.abort()

        self._connections.add(cut)
        pipes = [Pipe(self._ways["there"], reader, far_writer, cut), Pipe(self._ways["back"], far_reader, writer, cut)]
        tasks = [asyncio.ensure_future(run) for pipe in pipes for run in (pipe.take(), pipe.give())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        cut()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_loop(self, act):
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (act(), done.set()))
        assert done.wait(10), "the proxy's thread hangs"

    def set(self, direction: str, state: str = PASS, delay_s: float = 0.0):
        """Of `there`, `back` or `both`."""
        chosen = list(self._ways) if direction == "both" else [direction]
        self._on_loop(lambda: [self._ways[name].set(state, delay_s) for name in chosen])

    def heal(self):
        self.set("both")

    def cut(self):
        """Closes every connection, as a switch that restarts; new ones are taken."""
        self._on_loop(lambda: [cut() for cut in list(self._connections)])


class Proxies:
    """`with Proxies() as proxies: proxies.to(port)`."""

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @staticmethod
    async def _end():
        running = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def to(self, target: int) -> Proxy:
        proxy = Proxy(self._loop, target)
        asyncio.run_coroutine_threadsafe(proxy.start(), self._loop).result(10)
        return proxy
