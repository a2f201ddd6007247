"""Where configuration files are, and what stands in one of them."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from torc.errors import InvalidInput

Place = Literal["system", "user", "local"]
LOCAL_NAME = "torc.toml"
SYSTEM_FILE = Path("/etc/torc/config.toml")
_FILE = Path("torc", "config.toml")
_MOST_BYTES = 1 << 20


class Location(NamedTuple):
    """A place where a configuration file may be."""

    place: Place
    path: Path


def search_path(environ: Mapping[str, str]) -> list[Location]:
    """Return where files are looked for, the most important one last."""
    return [
        Location("system", system_file(environ)),
        Location("user", user_file(environ)),
        Location("local", Path(LOCAL_NAME)),
    ]


def system_file(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Return the path of the administrator's file."""
    if platform == "win32":
        return Path(environ.get("PROGRAMDATA") or r"C:\ProgramData") / _FILE
    return SYSTEM_FILE


def user_file(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Return the path of the user's own file; ``TORC_CONFIG`` names another one."""
    if environ.get("TORC_CONFIG"):
        return Path(environ["TORC_CONFIG"]).expanduser()
    home = Path(environ.get("HOME") or Path.home())
    if platform == "win32":
        return Path(environ.get("APPDATA") or home / "AppData" / "Roaming") / _FILE
    base = environ.get("XDG_CONFIG_HOME", "")
    # A relative path there is to be ignored, says the specification of these directories.
    usual = Path(base) / _FILE if base.startswith("/") else home / ".config" / _FILE
    if platform == "darwin" and not base and not usual.exists():
        return home / "Library" / "Application Support" / _FILE
    return usual


def distrust(location: Location) -> str | None:
    """Return why a project's file must not be read: strangers could have put it there.

    A shared project directory may hold a colleague's file; ``/tmp`` may hold anybody's.
    """
    if location.place != "local" or not hasattr(os, "getuid"):
        return None
    try:
        own = location.path.stat()
        around = location.path.absolute().parent.stat()
    except OSError:
        return None
    if own.st_mode & stat.S_IWOTH:
        return "everybody may write to it"
    if own.st_uid not in (os.getuid(), 0) and around.st_mode & stat.S_IWOTH:
        return "it belongs to another user, in a directory to which everybody may write"
    return None


def read(path: Path) -> tuple[dict[str, Any], str]:
    """Return the tables of a file, and its text.

    Raises
    ------
    InvalidInput
        When it cannot be read or is not TOML; the message names file and line.
    """
    import tomllib

    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror or error}", field=str(path)) from error
    if len(content) > _MOST_BYTES:
        raise InvalidInput(f"{path} is larger than 1 MiB", field=str(path), hint="it is no configuration file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"{path}:{line}: not UTF-8 text", field=str(path)) from None
    try:
        return tomllib.loads(text), text
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidInput(_explain(path, str(error), text), field=str(path), hint="see https://toml.io") from None


def _explain(path: Path, message: str, text: str) -> str:
    place = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    if place:
        return f"{path}:{place[1]}: {message[: place.start()]} (column {place[2]})"
    last = text.count("\n") + 1
    return f"{path}:{last}: {message.removesuffix(' (at end of document)')}"


def line_of(text: str, parts: tuple[str, ...]) -> int | None:
    """Return the line in which a key is written, as far as plain reading tells."""
    header: list[str] = []
    arrays: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        table = re.match(r"\s*(\[\[?)([^\]]+)\]", line)
        pair = re.match(r"\s*([^=\[#]+?)\s*=", line)
        if table:
            header = _split(table[2])
            if table[1] == "[[":
                index = arrays[table[2]] = arrays.get(table[2], -1) + 1
                header[-1] += f"[{index}]"
        here = header if table else [*header, *_split(pair[1])] if pair else None
        if here is not None and tuple(here) == parts:
            return number
    return None


def _split(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]
