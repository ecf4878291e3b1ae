"""What nothing on this machine can be faster than: SQLite making rows durable, NGINX answering a constant."""
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from instance import ROOT, free_port, get

SQLITE_FLOOR = ROOT / "build" / "release" / "bin" / "sqlite_floor"
BATCHES = ("1", "16", "64", "256")
CONSTANT = '{"id":1,"username":"ana"}'

CONFIGURATION = """
worker_processes auto;
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} reuseport;
    location / {{ default_type application/json; return 200 '{constant}'; }}
  }}
}}
"""


def sqlite(folder: Path, seconds: int) -> list:
    done = subprocess.run([SQLITE_FLOOR, folder, str(seconds), *BATCHES], capture_output=True, text=True,
                          timeout=60 + 2 * seconds * len(BATCHES))
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    for file in folder.glob("floor-*"):
        file.unlink()
    return json.loads(done.stdout)


class ConstantNginx:
    def __init__(self, folder: Path):
        self._folder = folder / "nginx"
        self._folder.mkdir()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/"
        self._configuration = self._folder / "nginx.conf"
        self._configuration.write_text(
            CONFIGURATION.format(folder=self._folder, port=port, constant=CONSTANT))

    def __enter__(self):
        with open(self._folder / "error.log", "w") as log:
            self._process = subprocess.Popen(
                ["nginx", "-p", self._folder, "-c", self._configuration], stdout=log, stderr=log,
                env=dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin"))
        until = time.monotonic() + 10
        while True:
            try:
                get(self.url, within_s=2)
                return self
            except OSError as failed:
                if self._process.poll() is not None or time.monotonic() > until:
                    self.__exit__()
                    said = (self._folder / "error.log").read_text().strip()
                    raise RuntimeError(f"the constant NGINX does not start: {said or failed}") from failed
                time.sleep(0.05)

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
