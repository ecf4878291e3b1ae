"""A server that takes TLS off and hands the rest on, as a load balancer before the gateway does."""
import contextlib
import socket
import ssl
import subprocess
import threading


def certificate(folder):
    """(certificate, key) of localhost, which nobody has signed."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert], check=True,
                   capture_output=True, timeout=60)
    return cert, key


def _copy(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _serve(listener, context, port):
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_pass_on, args=(plain, context, port), daemon=True).start()


def _pass_on(plain, context, port):
    with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as client, \
            socket.create_connection(("127.0.0.1", port), timeout=30) as gateway:
        back = threading.Thread(target=_copy, args=(gateway, client), daemon=True)
        back.start()
        _copy(client, gateway)
        back.join(30)


@contextlib.contextmanager
def tls_front(cert, key, port):
    """The port at which it listens."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, context, port), daemon=True).start()
        yield listener.getsockname()[1]
