"""Values of parameters: ranges, lists, and how several parameters combine.

Nothing is made before it is counted: ranges stay ranges until the items are expanded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Any

from torc.errors import InvalidInput
from torc.spec.model import PARAMETER_NAME, Parameterized
from torc.spec.problems import Path, Problems, did_you_mean

Scalar = int | float | str
Values = Sequence[Scalar]

_INT = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[+-]?0[0-9]")
_ITEM = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,'"\[\]]+?))\s*(?:,|$)""")
_MAX_DIGITS = 40
_MAX_COUNT = 2**53


class FloatRange(Sequence[Scalar]):
    """Evenly spaced decimals without drift: 0.1, 0.2, 0.3 and not 0.30000000000000004."""

    def __init__(self, start: Decimal, step: Decimal, count: int) -> None:
        self.start = start
        self.step = step
        self.length = count

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: Any) -> Any:
        if not 0 <= index < self.length:
            raise IndexError(index)
        return float(self.start + self.step * index)

    def __iter__(self) -> Iterator[Scalar]:
        return (float(self.start + self.step * index) for index in range(self.length))


def parse_values(value: Any) -> Values:
    """Return the values that a parameter stands for.

    Parameters
    ----------
    value
        A range ``start:stop`` or ``start:stop:step`` with both ends included, a list as text or as a real
        list, or one number.

    Raises
    ------
    InvalidInput
        When it is none of them, or holds no value.
    """
    if isinstance(value, bool) or value is None or isinstance(value, dict):
        raise InvalidInput(f"'{value}' is not a range or a list", hint="write '1:10', '0:1:0.1' or '[1, 2, 3]'")
    if isinstance(value, list):
        values: Values = [_scalar(item) for item in value]
    elif isinstance(value, (int, float)):
        values = [value]
    else:
        values = _parse_text(str(value).strip())
    if not len(values):
        raise InvalidInput(f"'{value}' holds no value", hint="the first number of a range is the smaller one")
    return values


def longest_of(values: Values) -> int:
    """Return how many characters the longest of these values has, at most."""
    ends = values if isinstance(values, list) else (values[0], values[len(values) - 1])
    return max(max(25, len(f"{end:f}")) if isinstance(end, float) else len(str(end)) for end in ends)


def _scalar(item: Any) -> Scalar:
    if isinstance(item, bool):
        raise InvalidInput(
            f"a list of parameter values cannot hold {str(item).lower()}", hint="put quotes around it to use it as text"
        )
    if not isinstance(item, (int, float, str)):
        raise InvalidInput("a list of parameter values holds numbers and texts only", hint="put quotes around texts")
    if isinstance(item, str) and "\x00" in item:
        raise InvalidInput("the NUL character is not allowed")
    return item


def _parse_text(text: str) -> Values:
    if text.startswith("["):
        if not text.endswith("]"):
            raise InvalidInput(f"'{text}' has no closing bracket")
        return _parse_list(text[1:-1], text)
    parts = [part.strip() for part in text.split(":")]
    if len(parts) in (2, 3) and all(_NUMBER.fullmatch(part) for part in parts):
        return _parse_range(parts, text)
    if "," in text:
        return _parse_list(text, text)
    if _NUMBER.fullmatch(text):
        return [_number(text)]
    raise InvalidInput(f"'{text}' is not a range or a list of values", hint="write '1:10', '0:1:0.1' or \"['a', 'b']\"")


def _parse_list(body: str, text: str) -> list[Scalar]:
    values: list[Scalar] = []
    at = 0
    if not body.strip():
        return values
    while at < len(body):
        match = _ITEM.match(body, at)
        if not match:
            raise InvalidInput(f"'{text}' is not a list of values", hint="write \"[1, 2]\" or \"['a', 'b']\"")
        if match[3] is not None:
            values.append(_number(match[3]))
        else:
            quoted = match[1] if match[1] is not None else match[2]
            values.append(re.sub(r"\\(.)", r"\1", quoted))
        at = match.end()
    return values


def _number(text: str) -> Scalar:
    if _INT.fullmatch(text) and len(text) <= _MAX_DIGITS:
        return int(text)
    if _NUMBER.fullmatch(text) and not _LEADING_ZERO.match(text):
        number = float(text)
        if math.isinf(number):
            raise InvalidInput(f"'{text}' is beyond the range of numbers")
        return number
    return text


def _parse_range(parts: list[str], text: str) -> Values:
    if any(len(part) > _MAX_DIGITS for part in parts):
        raise InvalidInput(f"'{text}' has numbers of more than {_MAX_DIGITS} digits")
    if all(re.fullmatch(r"[+-]?[0-9]+", part) for part in parts):
        start, stop, step = (int(part) for part in (*parts, "1")[:3])
        _check_step(step, text)
        _check_count((stop - start) // step, text)
        return range(start, stop + (1 if step > 0 else -1), step)
    try:
        first, last, distance = (Decimal(part) for part in (*parts, "1")[:3])
        _check_step(distance, text)
        count = int((last - first) / distance) + 1 if (last - first) * distance >= 0 else 0
    except (InvalidOperation, OverflowError):
        raise InvalidInput(f"'{text}' is not a range that can be counted") from None
    if abs(first.adjusted()) > 300 or abs(last.adjusted()) > 300 or abs(distance.adjusted()) > 300:
        raise InvalidInput(f"'{text}' is beyond the range of numbers")
    _check_count(count, text)
    return FloatRange(first, distance, count)


def _check_step(step: int | Decimal, text: str) -> None:
    if not step:
        raise InvalidInput(f"the step of '{text}' is 0", hint="the third number is the distance between two values")


def _check_count(count: int, text: str) -> None:
    if count > _MAX_COUNT:
        raise InvalidInput(f"the range '{text}' has too many values", hint="use a larger step")


class ParameterSet:
    """The parameters of one item, in their order, and how they combine."""

    def __init__(self, values: Mapping[str, Values], *, zipped: bool = False) -> None:
        self.values = dict(values)
        self.zipped = zipped

    def __bool__(self) -> bool:
        return bool(self.values)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def expanded_by(self, names: set[str]) -> list[str]:
        """Return the parameters that an item with these in its name expands over; zipped ones go together."""
        if self.zipped:
            return list(self.values) if names else []
        return [name for name in self.values if name in names]

    def count(self, names: Sequence[str]) -> int:
        """Return how many rows these parameters make."""
        if self.zipped:
            return len(next(iter(self.values.values()))) if names else 1
        return math.prod(len(self.values[name]) for name in names)

    def rows(self, names: Sequence[str]) -> Iterator[tuple[Scalar, ...]]:
        """Return the rows of values, the last parameter changing fastest."""
        lists = [self.values[name] for name in names]
        if not lists:
            return iter([()])
        return zip(*lists, strict=True) if self.zipped else product(*lists)


class SharedParameters:
    """The parameters of the workflow, parsed once, that items take by ``use_parameters``."""

    def __init__(self, parameters: Mapping[str, Any], problems: Problems) -> None:
        self.problems = problems
        self.parsed: dict[str, Values | None] = {
            name: self._parse(name, value, ("parameters", name)) for name, value in parameters.items()
        }
        self.cache: dict[str, Values] = {}

    def _parse(self, name: str, value: Any, path: Path) -> Values | None:
        if not PARAMETER_NAME.fullmatch(name):
            self.problems.add(path, f"'{name}' cannot be the name of a parameter", "use letters, digits and _")
            return None
        try:
            return parse_values(value)
        except InvalidInput as error:
            self.problems.add(path, f"parameter '{name}': {error.message}", error.hint)
            return None

    def of(self, item: Parameterized, path: Path) -> ParameterSet | None:
        """Return the parameters of an item, None when they cannot be used."""
        if not item.use_parameters and not item.parameters:
            return _NONE
        values: dict[str, Values | None] = {}
        for index, name in enumerate(item.use_parameters):
            if name in self.parsed:
                values[name] = self.parsed[name]
            elif not item.parameters or name not in item.parameters:
                self.problems.add(
                    (*path, "use_parameters", index),
                    f"the workflow has no parameter '{name}'",
                    did_you_mean(name, self.parsed) or "define it under 'parameters' of the workflow",
                )
                return None
        for name, value in (item.parameters or {}).items():
            values[name] = self._parse_cached(name, value, (*path, "parameters", name))
        known = {name: found for name, found in values.items() if found is not None}
        if len(known) < len(values):
            return None
        zipped = item.parameter_mode == "zip"
        return ParameterSet(known, zipped=zipped) if not zipped or self._same_length(known, path) else None

    def _parse_cached(self, name: str, value: Any, path: Path) -> Values | None:
        key = f"{name}={value}" if isinstance(value, str) else None
        if key is not None and key in self.cache:
            return self.cache[key]
        parsed = self._parse(name, value, path)
        if key is not None and parsed is not None:
            self.cache[key] = parsed
        return parsed

    def _same_length(self, values: Mapping[str, Values], path: Path) -> bool:
        names = list(values)
        for name in names[1:]:
            if len(values[name]) != len(values[names[0]]):
                self.problems.add(
                    (*path, "parameters") if path else path,
                    "All parameters must have the same number of values when using 'zip' mode. "
                    f"Parameter '{names[0]}' has {len(values[names[0]])} values, "
                    f"but '{name}' has {len(values[name])} values.",
                )
                return False
        return True


_NONE = ParameterSet({})
