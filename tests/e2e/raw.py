"""HTTP as bytes on a socket, for what a well-behaved client cannot send."""
import socket
from typing import NamedTuple


class Answer(NamedTuple):
    version: str
    status: int
    headers: dict  # names in lower case
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


class Connection:
    """One connection; `deadline_s` bounds every single read and write."""

    def __init__(self, port: int, host: str = "127.0.0.1", deadline_s: float = 20.0):
        self.socket = socket.create_connection((host, port), timeout=deadline_s)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data: bytes):
        """Sends what the other side takes: it may answer and close before it read everything."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def _more(self) -> bool:
        try:
            piece = self.socket.recv(65536)
        except ConnectionResetError:
            piece = b""
        self.buffer += piece
        return bool(piece)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            if not self._more():
                raise ConnectionError(f"closed by the server after {self.buffer[:200]!r}")
        head, self.buffer = self.buffer.split(mark, 1)
        return head

    def _exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            if not self._more():
                raise ConnectionError(f"closed by the server {count - len(self.buffer)} bytes early")
        body, self.buffer = self.buffer[:count], self.buffer[count:]
        return body

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._until(b"\r\n").split(b";")[0], 16):
            body += self._exactly(size)
            self._exactly(2)
        self._until(b"\r\n")
        return body

    def answer(self, to_head: bool = False) -> Answer:
        """The next whole answer; ConnectionError when the server closes before it."""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status = lines[0].split(" ")[:2]
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        status = int(status)
        if to_head or status in (204, 304) or status < 200:
            body = b""
        elif "chunked" in headers.get("transfer-encoding", ""):
            body = self._chunks()
        elif "content-length" in headers:
            body = self._exactly(int(headers["content-length"]))
        else:
            while self._more():
                pass
            body, self.buffer = self.buffer, b""
        return Answer(version, status, headers, body)

    def closed(self) -> bool:
        """Whether the server closes the connection within the deadline, saying nothing more."""
        try:
            return not self._more()
        except TimeoutError:
            return False


def request(method: str, target: str, body: bytes = b"", headers=(), version: str = "HTTP/1.1") -> bytes:
    """The bytes of a request. Host is added; Content-Length too, where there is a body and no header says."""
    lines = [f"{method} {target} {version}".encode("latin-1"), b"Host: localhost"]
    names = set()
    for name, value in headers:
        names.add(name.lower())
        lines.append(name.encode() + b": " + (value if isinstance(value, bytes) else value.encode("latin-1")))
    if body and not names & {"content-length", "transfer-encoding"}:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def exchange(port: int, data: bytes, to_head: bool = False, deadline_s: float = 20.0) -> Answer:
    with Connection(port, deadline_s=deadline_s) as connection:
        connection.send(data)
        return connection.answer(to_head=to_head)
