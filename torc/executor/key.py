"""The owner's key: a file that only its user can read. What it has not signed is not unpickled."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from functools import cache
from pathlib import Path

from torc.errors import InvalidInput
from torc.executor.errors import NotTrusted

#: Names another file, for workers that do not see the owner's home directory.
VARIABLE = "TORC_CALL_KEY_FILE"
_LENGTH = 32


def key_file() -> Path:
    """Return where this user's key is."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    data_home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data_home) / "torc" / "call.key"


def sign(kind: str, content: bytes) -> str:
    """Return the signature of a pickle that is used as ``kind``."""
    return _digest(_key(key_file()), kind, content)


def verify(kind: str, content: bytes, signature: object) -> None:
    """Refuse a pickle without the owner's signature.

    Raises
    ------
    NotTrusted
    """
    path = key_file()
    if not isinstance(signature, str) or not hmac.compare_digest(_digest(_key(path), kind, content), signature):
        raise NotTrusted(
            f"the pickled {kind} is not signed with the key in {path}: it is not loaded",
            hint=f"only what the same user has submitted can be loaded; {VARIABLE} names the key of another place",
        )


def _digest(key: bytes, kind: str, content: bytes) -> str:
    mac = hmac.new(key, kind.encode() + b"\0", hashlib.sha256)
    mac.update(content)
    return mac.hexdigest()


@cache
def _key(path: Path) -> bytes:
    """Return the key, made when there is none yet."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _create(path)
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(fd, "rb") as file:
        status = os.fstat(fd)
        if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
            raise InvalidInput(
                f"{path} can be read or written by others", field=VARIABLE, hint=f"chmod 600 {path}, or remove it"
            )
        key = file.read()
    if len(key) < _LENGTH:
        raise InvalidInput(f"{path} holds no key", field=VARIABLE, hint="remove it: a new one is made")
    return key


def _create(path: Path) -> None:
    """Write a new key; of several programs that do so at once, the first one's stays."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    fd = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(fd, "wb") as file:
        file.write(secrets.token_bytes(_LENGTH))
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
