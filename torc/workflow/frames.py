"""Records to a pandas DataFrame, with pandas loaded only when asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from torc.contract import OPERATIONS
from torc.errors import TorcError
from torc.models import lookup
from torc.states import JobStatus

_MOMENTS = ("completion_time", "start_time", "timestamp")


def fields_of(operation: str) -> list[str]:
    """Return the fields of the records that an operation lists, none of one that is not there."""
    route = OPERATIONS.get(operation)
    return list(lookup(route.reply).model_fields) if route and route.reply else []


def frame(records: Iterable[Mapping[str, Any]], index: str | None = None, columns: Sequence[str] = ()) -> Any:
    """Return a DataFrame with a row for each record, and without any with these columns.

    Moments are UTC, ``exec_time_minutes`` stands as the duration ``exec_time``, statuses are categories in the
    order of a job's life.
    """
    try:
        import pandas  # type: ignore[import-untyped]
    except ImportError:
        raise TorcError("data frames need pandas, which is not installed", hint="pip install 'torc[frames]'") from None
    rows = [dict(record) for record in records]
    made = pandas.DataFrame(rows, columns=None if rows else list(columns))
    for name in _MOMENTS:
        if name in made:
            unit = "ms" if name == "timestamp" and pandas.api.types.is_numeric_dtype(made[name]) else None
            made[name] = pandas.to_datetime(made[name], unit=unit, utc=True, format=None if unit else "ISO8601")
    if "exec_time_minutes" in made:
        made["exec_time"] = pandas.to_timedelta(made.pop("exec_time_minutes"), unit="min")
    if "status" in made:
        made["status"] = pandas.Categorical(made["status"], list(JobStatus.__members__), ordered=True)
    return made.set_index(index) if index is not None and index in made else made
