"""Values on their way between processes: JSON when they are JSON, else pickles that bear the owner's signature.

An encoded value is a dictionary with one of ``json``, ``pickle`` (base64) and ``file`` (a path, for what is large);
the last two with ``mac``. Everything here is used on both ends, and loads neither client nor runner.
"""

from __future__ import annotations

import base64
import io
import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torc.executor.culprit import describe
from torc.executor.errors import CannotTravel, NotTrusted
from torc.executor.key import sign, verify

#: Larger pickles go to files: a thousand values of this size still fit into one request.
SPILL_ABOVE = 8 * 1024
#: What has more parts or characters is pickled, which is faster than looking at each.
_MOST_PARTS = 300
_MOST_TEXT = 6 * 1024
_LARGEST_INT = 2**63

Encoded = dict[str, Any]
StandIn = Callable[[Any], Any]


def encode(value: Any, kind: str, name: str, spill: Path, stand_in: StandIn | None = None) -> Encoded:
    """Return a value in its encoded form.

    Parameters
    ----------
    kind
        What it is used as: ``function``, ``arguments``, ``argument``, ``result`` or ``exception``; part of the
        signature.
    name
        What messages call the value.
    spill
        The file for what is large; its directory is made when it is needed.
    stand_in
        Returns what stands for an object which does not travel itself, none for all others.

    Raises
    ------
    CannotTravel
        Naming the part that cannot be pickled.
    """
    if is_json(value):
        return {"json": value}
    return seal(dumps(value, name, stand_in), kind, spill)


def dumps(value: Any, name: str, stand_in: StandIn | None = None, files: set[str] | None = None) -> bytes:
    """Return the pickle of a value, by value for what no other process can import; code in it adds to ``files``."""
    from torc.executor.pickler import Pickler

    content = io.BytesIO()
    pickler = Pickler(content, protocol=pickle.HIGHEST_PROTOCOL)
    if stand_in is not None:
        pickler.persistent_id = stand_in
    if files is not None:
        pickler.files = files
    try:
        pickler.dump(value)
    except CannotTravel:
        raise
    except Exception as error:
        message, hint = describe(value, name)
        raise CannotTravel(message, field=name, hint=hint) from error
    return content.getvalue()


def seal(content: bytes, kind: str, spill: Path, *, is_shared: bool = False) -> Encoded:
    """Return a pickle in its encoded form; equal ones that are shared are one file."""
    mac = sign(kind, content)
    if len(content) <= SPILL_ABOVE:
        return {"pickle": base64.b64encode(content).decode("ascii"), "mac": mac}
    if is_shared:
        spill = spill.with_stem(f"{spill.stem}_{mac[:24]}")
    if not (is_shared and spill.exists()):
        _write(content, spill)
    return {"file": str(spill.absolute()), "size": len(content), "mac": mac}


def _write(content: bytes, spill: Path) -> None:
    """Write a file that is complete under its name or not there at all, also when its writer is killed."""
    spill.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = spill.with_name(f"{spill.name}.{os.getpid()}.{threading.get_ident()}")
    fd = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with open(fd, "wb") as file:
            file.write(content)
        temporary.replace(spill)
    except OSError as error:
        temporary.unlink()
        raise OSError(error.errno, error.strerror, str(spill)) from None


def decode(encoded: Any, kind: str, load: Callable[[Any], Any] | None = None) -> Any:
    """Return the value of an encoded form; ``load`` returns what something stands for.

    Raises
    ------
    NotTrusted
        When it is a pickle that the owner has not signed.
    """
    if isinstance(encoded, dict) and "json" in encoded:
        return encoded["json"]
    unpickler = pickle.Unpickler(io.BytesIO(unseal(encoded, kind)))
    if load is not None:
        unpickler.persistent_load = load  # type: ignore[method-assign]
    return unpickler.load()


def unseal(encoded: Any, kind: str) -> bytes:
    """Return the pickle of an encoded form once its signature has been checked."""
    if not isinstance(encoded, dict) or not {"pickle", "file"} & encoded.keys():
        raise NotTrusted(f"this is no encoded {kind}: {str(encoded)[:60]!r}")
    content = Path(encoded["file"]).read_bytes() if "file" in encoded else base64.b64decode(encoded["pickle"])
    verify(kind, content, encoded.get("mac"))
    return content


def is_json(value: Any) -> bool:
    """Say whether a small value comes back from JSON exactly as it was: same types, same numbers."""
    parts, text = [value], 0
    for seen, part in enumerate(parts):
        kind = type(part)
        if kind is str:
            text += len(part)
            if not _is_plain(part):
                return False
        elif kind is int:
            if not -_LARGEST_INT <= part < _LARGEST_INT:
                return False
        elif kind is float:
            if part - part != 0:  # infinite, or no number
                return False
        elif kind is list:
            parts += part
        elif kind is dict:
            if not all(type(key) is str and _is_plain(key) for key in part):
                return False
            text += sum(map(len, part))
            parts += part.values()
        elif part is not None and kind is not bool:
            return False
        if seen > _MOST_PARTS or len(parts) > _MOST_PARTS or text > _MOST_TEXT:
            return False
    return True


def _is_plain(text: str) -> bool:
    """Say whether a text is short and survives every encoding on the way."""
    return len(text) <= _MOST_TEXT and (text.isascii() or text.isprintable()) and "\0" not in text
