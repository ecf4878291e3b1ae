"""What whoever has an instance's key shows its processes, as src/net/http/authorization.cpp derives it."""
import hashlib
from pathlib import Path


def credential(key_file: Path) -> str:
    """For what is below /internal, and /metrics: the header Sportapp-Key."""
    return _derived(key_file, b"sportapp internal routes")


def metrics_token(key_file: Path) -> str:
    """For /metrics alone: the header Authorization."""
    return _derived(key_file, b"sportapp metrics")


def _derived(key_file: Path, context: bytes) -> str:
    key = bytes.fromhex(Path(key_file).read_text().strip())
    return hashlib.blake2b(context, key=key, digest_size=32).hexdigest()
