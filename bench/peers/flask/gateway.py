"""The gateway: NGINX with its usual settings, a spare of users-commands as its backup."""
import os
import pwd
from pathlib import Path

TEMPLATE = """daemon off;
{user}pid {folder}/nginx.pid;
error_log {logs}/gateway.error.log;
worker_processes auto;
worker_rlimit_nofile 16384;

events {{
  worker_connections 4096;
}}

http {{
  access_log {logs}/gateway.access.log;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  scgi_temp_path {folder}/scgi;
  uwsgi_temp_path {folder}/uwsgi;
  keepalive_timeout 65;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header Host $host;

{upstreams}
  server {{
    listen {host}:{port} backlog=4096;
    location = /health {{
      proxy_pass http://users-commands/ping;
    }}
{routes}
  }}
}}
"""


def upstream(name: str, port: int, spare_port: int = 0) -> str:
    backup = f"    server 127.0.0.1:{spare_port} backup;\n" if spare_port else ""
    return f"  upstream {name} {{\n    server 127.0.0.1:{port};\n{backup}  }}\n"


def route(name: str) -> str:
    service, side = name.split("-")
    return f"    location /api-{side}/{service} {{\n      proxy_pass http://{name};\n    }}\n"


def write(file: Path, host: str, port: int, ports: dict, spare_port: int):
    """`ports` of the services by their names; as root the workers stay who they are, to whom the data belongs."""
    folder = file.parent
    user = f"user {pwd.getpwuid(0).pw_name};\n" if os.geteuid() == 0 else ""
    upstreams = "".join(upstream(name, ports[name], spare_port if name == "users-commands" else 0) for name in ports)
    file.write_text(TEMPLATE.format(user=user, folder=folder, logs=folder.parent / "logs", host=host, port=port,
                                    upstreams=upstreams, routes="".join(map(route, ports))))
