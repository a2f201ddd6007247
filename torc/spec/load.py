"""Reads a specification: which format, how large, and what data it holds."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Literal

from torc.errors import Problem, SpecError, TooLarge
from torc.spec import kdl
from torc.spec.limits import DEFAULT_LIMITS, Limits
from torc.spec.readers import Places, ReadError, json, yaml
from torc.spec.text import decode

Format = Literal["yaml", "json", "json5", "kdl"]

READERS: dict[str, Callable[[str, Limits, Places | None], Any]] = {
    "yaml": yaml.read,
    "json": json.read,
    "json5": json.read,
    "kdl": kdl.read,
}
EXTENSIONS: dict[str, Format] = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".json5": "json5", ".kdl": "kdl"}
_COMMENT = re.compile(r"^[ \t]*//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/", re.MULTILINE)
_KDL_LIKE = re.compile(r'^\s*(?:[a-z_]+[ \t]+(?:"|\w+=)|[a-z_]+[ \t]*\{[ \t]*$)', re.MULTILINE)


@dataclass(slots=True)
class LoadedSpec:
    """Data of a specification as written, with its text for finding positions."""

    data: dict[str, Any]
    text: str
    format: Format
    source: str
    limits: Limits = field(default=DEFAULT_LIMITS)


def load_spec(path: str | FilePath, *, format: Format | None = None, limits: Limits = DEFAULT_LIMITS) -> LoadedSpec:
    """Read a file.

    Raises
    ------
    SpecError
        When the file cannot be read or does not follow its format.
    TooLarge
        When it is larger than the limit.
    """
    file = FilePath(path)
    source = str(path)
    try:
        size = file.stat().st_size
        _check_size(size, source, limits)
        raw = file.read_bytes()
    except OSError as error:
        raise SpecError([Problem(f"cannot be read: {error.strerror or error}")], source) from None
    return parse_spec(raw, format=format or EXTENSIONS.get(file.suffix.lower()), source=source, limits=limits)


def parse_spec(
    content: str | bytes,
    *,
    format: Format | None = None,
    source: str = "<stdin>",
    limits: Limits = DEFAULT_LIMITS,
) -> LoadedSpec:
    """Read text; without ``format`` the content tells it.

    Raises
    ------
    SpecError
        With line and column when the text does not follow its format.
    TooLarge
        When it is larger than the limit.
    """
    _check_size(len(content), source, limits)
    text = None
    try:
        text = decode(content) if isinstance(content, bytes) else content.removeprefix("\ufeff")
        chosen = format or _recognise(text)
        with without_collector():
            data = READERS[chosen](text, limits, None)
        if data is None or data == {}:
            raise ReadError("the specification is empty", 1, 1)
        if not isinstance(data, dict):
            raise ReadError(_not_a_mapping(chosen, data), 1, 1, hint="begin with 'name' and 'jobs'")
    except ReadError as error:
        problem = Problem(error.message, error.path, error.hint, error.line, error.column)
        raise SpecError([problem], source, text) from None
    return LoadedSpec(data, text, chosen, source, limits)


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the garbage collector off: it would walk again and again over a hundred thousand dicts without cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _check_size(size: int, source: str, limits: Limits) -> None:
    if size > limits.bytes:
        raise TooLarge(
            f"{source} has {size:,} bytes, more than the limit of {limits.bytes:,}",
            hint="describe repeated jobs with parameters",
        )


def _not_a_mapping(format: str, data: Any) -> str:
    kind = "a list" if isinstance(data, list) else "a text" if isinstance(data, str) else "a single value"
    return f"a specification in {format.upper()} is a mapping of keys to values, not {kind}"


def _recognise(text: str) -> Format:
    """Return the format that the text looks like."""
    if text.lstrip().startswith(("{", "[")):
        return "json5"
    body = _COMMENT.sub("", text)
    if body != text and body.lstrip().startswith(("{", "[")):
        return "json5"
    first = next((line for line in body.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    return "kdl" if _KDL_LIKE.match(first) else "yaml"
