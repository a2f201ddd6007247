"""From what the server tells of a job to the end of a future."""

from __future__ import annotations

import contextlib
from concurrent.futures import InvalidStateError
from typing import Any

from torc.executor.encoding import decode
from torc.executor.errors import CallLost, DependencyFailed, NotTrusted, RemoteError, RemoteTraceback
from torc.executor.future import Future


def settle(future: Future, outcome: dict[str, Any]) -> None:
    """Let a future know what has become of its call."""
    status = outcome["status"]
    if status == "running":
        future.begin()
    elif status == "completed":
        _complete(future, outcome)
    elif status == "failed":
        fail(future, _exception(future, outcome))
    elif status in ("canceled", "terminated", "disabled"):
        _stopped(future, outcome)


def version_differences(outcome: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Return which packages the worker has in other versions, if the call has told that."""
    data = _data(outcome)
    found = data.get("versions") if isinstance(data, dict) else None
    return {str(name): (str(pair[0]), pair[1]) for name, pair in found.items()} if isinstance(found, dict) else {}


def is_lost(outcome: dict[str, Any]) -> bool:
    """Say whether a job failed without word from the call itself."""
    return outcome["status"] == "failed" and _error(outcome) is None


def fail(future: Future, error: BaseException) -> None:
    """End a future with an exception, unless it was canceled."""
    if future.begin():
        with contextlib.suppress(InvalidStateError):  # another thread was faster
            future.set_exception(error)


def _complete(future: Future, outcome: dict[str, Any]) -> None:
    if not future.begin():
        return
    try:
        value = decode(_data(outcome), "result")
    except NotTrusted as error:
        fail(future, error)
    except BaseException as error:  # loading a pickle runs code of the result's class
        failure = CallLost(f"{future.name}: its result cannot be loaded here: {type(error).__name__}: {error}")
        failure.__cause__ = error
        fail(future, failure)
    else:
        with contextlib.suppress(InvalidStateError):  # given up meanwhile
            future.set_result(value)


def _data(outcome: dict[str, Any]) -> Any:
    """Return what the call has made, none when it has told nothing."""
    return outcome["outputs"][0]["data"] if outcome["outputs"] else None


def _error(outcome: dict[str, Any]) -> dict[str, Any] | None:
    data = _data(outcome)
    found = data.get("error") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else None


def _exception(future: Future, outcome: dict[str, Any]) -> BaseException:
    told = _error(outcome)
    if told is None:
        reason = outcome.get("reason") or f"return code {outcome.get('return_code')}"
        return CallLost(f"{future.name} (job {future.job_id}) has ended without a result: {reason}")
    error: BaseException
    try:
        loaded = decode(told["exception"], "exception")
        error = loaded if isinstance(loaded, BaseException) else RemoteError(f"{told['type']}: {told['message']}")
    except BaseException:  # not sent, not signed, or of a class that is not here or does what it likes
        error = RemoteError(f"{told.get('type')}: {told.get('message')}")
    error.__cause__ = RemoteTraceback(str(told.get("traceback", "")))
    return error


def _stopped(future: Future, outcome: dict[str, Any]) -> None:
    for argument in future.arguments:
        if argument.done() and (argument.cancelled() or argument.exception() is not None):
            failure = DependencyFailed(f"{future.name} was not called: it takes the result of {argument.name}")
            failure.__cause__ = None if argument.cancelled() else argument.exception()
            fail(future, failure)
            return
    if not future.running() and future.give_up():
        return
    reason = outcome.get("reason") or outcome["status"]
    fail(future, CallLost(f"{future.name} (job {future.job_id}) has ended without a result: {reason}"))
