"""Python functions as jobs: finding them, checking them, and calling them inside a job.

A mapped job reads its arguments from the user-data record that it consumes, and writes what the function returns to
the one that it produces. This module handles plain dictionaries, so that a job is quick to start.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torc.errors import InvalidInput, NotFound, TorcError

if TYPE_CHECKING:
    from types import ModuleType

    from torc.client.client import Client

RUN_FUNCTION = "pytorc run-function"
RUN_POSTPROCESS = "pytorc run-postprocess"


class FunctionRaised(TorcError):
    """The called function raised ``__cause__``."""


def load_function(module: str, name: str, directory: str | None = None) -> Callable[..., Any]:
    """Return a function of a module, which may lie in ``directory`` or the current one.

    Raises
    ------
    InvalidInput
        When the module cannot be imported or has no such function.
    """
    for field, value in (("module", module), ("func", name)):
        if not isinstance(value, str) or not value:
            hint = "the job imports it by its name"
            raise InvalidInput(f"{field} must be a name, not {value!r}", field=field, hint=hint)
    found = _import(module, directory)
    function: Callable[..., Any] | None = getattr(found, name, None)
    if function is None:
        near = get_close_matches(name, [key for key, value in vars(found).items() if callable(value)], n=1)
        raise InvalidInput(
            f"module '{module}' has no function '{name}'",
            field="func",
            value=name,
            hint=f"did you mean '{near[0]}'?" if near else f"it was read from {getattr(found, '__file__', module)}",
        )
    if not callable(function):
        raise InvalidInput(f"{module}.{name} is not a function but {type(function).__name__}", field="func", value=name)
    if inspect.iscoroutinefunction(function):
        hint = "name a function that calls it with asyncio.run"
        raise InvalidInput(f"{module}.{name} is asynchronous", field="func", value=name, hint=hint)
    return function


def _import(module: str, directory: str | None) -> ModuleType:
    if directory is not None and not Path(directory).is_dir():
        raise InvalidInput(
            f"module_directory '{directory}' is not a directory", field="module_directory", value=directory
        )
    here = str(Path.cwd())
    for place in (here, directory):
        if place is not None and place not in sys.path:
            sys.path.insert(0, place)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not (module == error.name or module.startswith(f"{error.name}.")):
            raise _not_importable(module, str(error)) from error
        raise InvalidInput(
            f"there is no module '{module}' in {directory or here} or in the environment of {sys.executable}",
            field="module",
            value=module,
            hint="name the directory that holds it with module_directory",
        ) from None
    except Exception as error:
        raise _not_importable(module, f"{type(error).__name__}: {error}") from error


def _not_importable(module: str, why: str) -> InvalidInput:
    return InvalidInput(f"module '{module}' cannot be imported: {why}", field="module", value=module)


def check_call(function: Callable[..., Any], arguments: tuple[Any, ...], takes: str) -> None:
    """Refuse a function that cannot be called with these arguments.

    Raises
    ------
    InvalidInput
        Saying what the function must take.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*arguments)
    except TypeError as error:
        name = getattr(function, "__name__", str(function))
        raise InvalidInput(
            f"{name}{signature} cannot be called with ({takes}): {error}",
            field="func",
            value=name,
            hint=f"write def {name}({takes})",
        ) from None


def check_json(value: Any, name: str) -> None:
    """Refuse a value that is not JSON.

    Raises
    ------
    InvalidInput
        Naming the place inside the value.
    """
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        if isinstance(error, RecursionError) or "Circular" in str(error):
            place, said = name, "contains itself, or is nested too deeply"
        else:
            place, part = _culprit(value, name)
            said = _shown(part)
        raise InvalidInput(
            f"{place} {said}",
            field=name,
            hint="use numbers, strings, true, false, null, lists and dictionaries of these, or a pickle as text",
        ) from None


def _culprit(value: Any, place: str, depth: int = 50) -> tuple[str, Any]:
    """Return the innermost part of a value that is not JSON, and where it stands."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, part in parts if depth else ():
        if not isinstance(key, str | int | float | bool | None):
            return f"{place}: the key {key!r}", key
        try:
            json.dumps(part, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            return _culprit(part, f"{place}[{key!r}]", depth - 1)
    return place, value


def _shown(part: Any) -> str:
    text = repr(part)
    return f"cannot be written as JSON: {text if len(text) < 60 else text[:57] + '...'} ({type(part).__name__})"


def run_function(client: Client, environ: Mapping[str, str] = os.environ) -> None:
    """Call the function of the mapped job that this process is, and store what it returns."""
    workflow_id, job_id = _own_job(environ)
    about = _description(_linked(client, workflow_id, consumer_job_id=job_id), f"input_{environ.get('TORC_JOB_NAME')}")
    function = load_function(about["module"], about["func"], about.get("module_directory"))
    arguments = (about.get("job_name") or environ.get("TORC_JOB_NAME"), about.get("params"))
    check_call(function, arguments, "job_name, params")
    _store(client, workflow_id, job_id, about, _result(function, *arguments))


def run_postprocess(client: Client, environ: Mapping[str, str] = os.environ) -> None:
    """Call the function that takes all results of the mapped jobs, in their order, and store what it returns."""
    workflow_id, job_id = _own_job(environ)
    inputs = _linked(client, workflow_id, consumer_job_id=job_id)
    about = _description(inputs, f"input_{environ.get('TORC_JOB_NAME')}")
    function = load_function(about["module"], about["func"], about.get("module_directory"))
    results = [record.get("data") for record in inputs if record.get("data") is not about]
    check_call(function, (results,), "results")
    _store(client, workflow_id, job_id, about, _result(function, results))


def run_call(client: Client, environ: Mapping[str, str] = os.environ) -> str | None:
    """Make the call of the executor's job that this process is, and store its outcome; return why it failed.

    Runners of this package make such calls in warm workers; this is for those that only run commands.
    """
    from torc.executor.perform import perform

    workflow_id, job_id = _own_job(environ)
    inputs = _linked(client, workflow_id, consumer_job_id=job_id)
    spill = Path(environ.get("TORC_OUTPUT_DIR", "output"), "call_values", f"job_wf{workflow_id}_j{job_id}.pickle")
    outcome = perform(inputs, spill)
    for output in _linked(client, workflow_id, producer_job_id=job_id)[:1]:
        client.update_user_data(output["id"], body={"data": outcome.data})
    return outcome.reason


def _result(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except Exception as error:
        # Its own frames are of interest, not this one.
        error.__traceback__ = error.__traceback__.tb_next if error.__traceback__ else None
        raise FunctionRaised(f"{type(error).__name__}: {error}") from error


def _own_job(environ: Mapping[str, str]) -> tuple[int, int]:
    try:
        return int(environ["TORC_WORKFLOW_ID"]), int(environ["TORC_JOB_ID"])
    except (KeyError, ValueError):
        raise InvalidInput(
            "TORC_WORKFLOW_ID and TORC_JOB_ID do not name a job",
            field="TORC_JOB_ID",
            hint="this command is a job's command; run the workflow with torc run",
        ) from None


def _linked(client: Client, workflow_id: int, **job: int) -> list[dict[str, Any]]:
    """Return the user data that a job consumes or produces, in the order of creation."""
    return list(client.pages("list_user_data", workflow_id=workflow_id, sort_by="id", **job))


def _description(inputs: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Return what the record says about the function to call."""
    described = [record for record in inputs if record["name"] == name] or inputs[-1:]
    data = described[0].get("data") if described else None
    if not isinstance(data, dict) or not {"module", "func"} <= data.keys():
        raise InvalidInput(
            "no user data of the job says which function to call",
            field="user_data",
            value=name,
            hint="create such jobs with map_function_to_jobs",
        )
    return data


def _store(client: Client, workflow_id: int, job_id: int, about: dict[str, Any], result: Any) -> None:
    if result is None:
        return
    check_json(result, f"the result of {about['module']}.{about['func']}")
    outputs = _linked(client, workflow_id, producer_job_id=job_id)
    if not outputs:
        raise NotFound(f"job {job_id} has no user data to store its result in", field="user_data", value=job_id)
    client.update_user_data(outputs[0]["id"], body={"data": result})
