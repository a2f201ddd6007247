"""Memory sizes and durations, as text and as numbers. Pure; no I/O.

Memory suffixes are binary (``1g`` is 2**30 bytes), as batch systems count.
Durations are ISO 8601 (``PT30M``, ``P1DT12H``) with the short form ``1h30m``
accepted beside them.
"""

from __future__ import annotations

import re

from torc.errors import InvalidInput

_MEMORY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)i?b?\s*", re.IGNORECASE)
_FACTORS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}
_ISO = re.compile(
    r"P(?:(?P<weeks>\d+(?:\.\d+)?)W)?(?:(?P<days>\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?",
    re.IGNORECASE,
)
_SHORT = re.compile(
    r"(?:(?P<days>\d+)d)?\s*(?:(?P<hours>\d+)h)?\s*(?:(?P<minutes>\d+)m)?\s*(?:(?P<seconds>\d+)s)?",
    re.IGNORECASE,
)
#: As sbatch's ``--time``: minutes, MM:SS, HH:MM:SS, D-HH, D-HH:MM or D-HH:MM:SS.
_WALLTIME = re.compile(r"(?:\d{1,9}-)?\d{1,9}(?::\d{1,9}){0,2}", re.ASCII)
_SECONDS = {"weeks": 604800, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
_MAX_BYTES = 2**62
_MAX_SECONDS = 100 * 366 * 86400


def parse_memory(text: str, *, field: str = "memory") -> int:
    """Return the bytes meant by ``512k``, ``16g`` or a plain number of bytes.

    Raises
    ------
    InvalidInput
        When the text is not a size, or is beyond 2**62 bytes.
    """
    match = _MEMORY.fullmatch(text)
    if not match:
        raise InvalidInput(
            f"'{text}' is not a memory size", field=field, value=text, hint="write for example 512m or 16g"
        )
    size = float(match[1]) * _FACTORS[match[2].lower()]
    if size > _MAX_BYTES:
        raise InvalidInput(f"memory of '{text}' is beyond the limit of 4096p", field=field, value=text)
    return int(size)


def needed_memory(text: str, *, field: str = "memory") -> int:
    """Return the bytes that a job asks for: as :func:`parse_memory`, but no job does without any.

    Raises
    ------
    InvalidInput
    """
    size = parse_memory(text, field=field)
    if size == 0:
        raise InvalidInput(
            f"memory of '{text}' is none at all", field=field, value=text, hint="write for example 512m or 16g"
        )
    return size


def format_bytes(size: float) -> str:
    """Return a size for people, one decimal, binary units: ``73.8MB``."""
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024 or unit == "TB":
            return f"{int(size)}B" if unit == "B" else f"{size:.1f}{unit}"
        size /= 1024
    raise AssertionError("unreachable")


def parse_duration(text: str, *, field: str = "runtime") -> float:
    """Return the seconds meant by an ISO 8601 duration or a form like ``1h30m``.

    Raises
    ------
    InvalidInput
        When the text is not a duration, or is beyond a hundred years.
    """
    stripped = text.strip()
    match = _ISO.fullmatch(stripped) or (_SHORT.fullmatch(stripped) if stripped else None)
    parts = {unit: value for unit, value in match.groupdict().items() if value} if match else {}
    if not parts:
        raise InvalidInput(
            f"'{text}' is not a duration",
            field=field,
            value=text,
            hint="write ISO 8601, for example PT30M, PT4H or P1DT12H",
        )
    seconds = sum(float(value) * _SECONDS[unit] for unit, value in parts.items())
    if seconds > _MAX_SECONDS:
        raise InvalidInput(f"duration '{text}' is beyond the limit of 100 years", field=field, value=text)
    return seconds


def needed_duration(text: str, *, field: str = "runtime") -> float:
    """Return the seconds that a job asks for: as :func:`parse_duration`, but no job ends before it begins.

    Raises
    ------
    InvalidInput
    """
    seconds = parse_duration(text, field=field)
    if seconds == 0:
        raise InvalidInput(
            f"a run time of '{text}' is none at all", field=field, value=text, hint="write for example PT30M or PT4H"
        )
    return seconds


def format_duration(seconds: float) -> str:
    """Return a duration for people: ``450ms``, ``12.3s``, ``4m 05s``, ``2h 13m``, ``3d 4h``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02d}m" if hours < 24 else f"{hours // 24}d {hours % 24}h"


def parse_walltime(text: str, *, field: str = "walltime") -> float:
    """Return the seconds meant by a time limit of Slurm, such as ``04:00:00``, ``1-12`` or ``30`` (minutes).

    Raises
    ------
    InvalidInput
        When the text is no such limit.
    """
    if not _WALLTIME.fullmatch(text):
        raise InvalidInput(f"'{text}' is not a wall time", field=field, value=text, hint="write HH:MM:SS or D-HH:MM:SS")
    days, has_days, rest = text.rpartition("-")
    numbers = [int(number) for number in rest.split(":")]
    if not has_days and len(numbers) < 3:
        numbers = [0, *numbers]  # one number is minutes, two are minutes and seconds
    hours, minutes, seconds = (*numbers, 0, 0)[:3]
    return float((int(days or 0) * 24 + hours) * 3600 + minutes * 60 + seconds)


def to_iso_duration(seconds: float) -> str:
    """Return whole seconds as ISO 8601: ``PT90S`` for 90."""
    return f"PT{max(0, int(seconds))}S"
