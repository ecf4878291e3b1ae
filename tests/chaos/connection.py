"""A client's connection to the gateway, for loads that go on through faults."""
import http.client
import json

REQUEST_TIMEOUT_S = 40.0  # above every bound of the gateway: an answer must come first
RETRY_EVERY_S = 0.05


class Connection:
    """Keeps a connection to the gateway, and makes a new one after trouble."""

    def __init__(self, port: int):
        self._port = port
        self._connection = None

    def post(self, path: str, key: str, body: dict):
        """Status, headers by lower-case name, and text; what breaks the connection comes through."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=REQUEST_TIMEOUT_S)
        try:
            self._connection.request("POST", path, json.dumps(body),
                                     {"Content-Type": "application/json", "Idempotency-Key": key})
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None
