"""A Python function, called by one job for each set of parameters."""

from __future__ import annotations

import os
from typing import Any

from torc import functions
from torc.api.requests import create_jobs
from torc.errors import InvalidInput
from torc.openapi_client import JobModel, UserDataListModel, UserDataModel
from torc.openapi_client.api import DefaultApi
from torc.openapi_client.exceptions import UnprocessableEntityException

#: User data of the job that waits for all others: what it is told, and what it returns.
_POSTPROCESS = ("input_postprocess", "postprocess_result")


def map_function_to_jobs(
    api: DefaultApi,
    workflow_id: int,
    module: str,
    func: str,
    params: list[dict[str, Any]],
    postprocess_func: str | None = None,
    module_directory: str | None = None,
    resource_requirements_id: int | None = None,
    scheduler_id: int | None = None,
    start_index: int = 1,
    name_prefix: str = "",
    depends_on_job_ids: list[int] | None = None,
) -> list[Any]:
    """Add a job for each item of ``params`` that calls a function with it, and return the jobs.

    The function is called as ``func(job_name, item)``. What it returns is stored as user data
    ``output_<job name>``; an exception makes the job fail. Functions, parameters and signatures are checked
    here, before anything is created.

    Parameters
    ----------
    workflow_id
        The workflow to add the jobs to.
    module, func
        The function. The module must lie in the current directory, in the environment, or in
        ``module_directory``, here and where the jobs run.
    params
        One item for each job; anything that can be written as JSON.
    postprocess_func
        A function of the same module that is called with the list of all results, in the order of ``params``,
        when all jobs have completed. Its job comes last; what it returns is stored as ``postprocess_result``.
    module_directory
        The directory of the module.
    resource_requirements_id, scheduler_id
        Given to every job.
    start_index, name_prefix
        Jobs are called ``<prefix><index>``.
    depends_on_job_ids
        Jobs that must end before the first of these begins.

    Raises
    ------
    InvalidInput
        When a function cannot be found or called so, or an item is not JSON.
    ApiException
        When the server refuses; then nothing is left behind.
    """
    _check(module, func, params, postprocess_func, module_directory)
    target = {"module": module}
    if module_directory is not None:
        target["module_directory"] = os.path.abspath(module_directory)  # noqa: PTH100 - jobs run elsewhere
    names = [f"{name_prefix}{index}" for index in range(start_index, start_index + len(params))]
    records: list[tuple[str, Any]] = [
        (f"input_{name}", {**target, "func": func, "params": item, "job_name": name})
        for name, item in zip(names, params, strict=True)
    ]
    records += [(f"output_{name}", None) for name in names]
    if postprocess_func:
        records += zip(_POSTPROCESS, [{**target, "func": postprocess_func}, None], strict=True)
    ids = _create_user_data(api, workflow_id, records)
    shared = {
        "workflow_id": workflow_id,
        "resource_requirements_id": resource_requirements_id,
        "scheduler_id": scheduler_id,
    }
    jobs = _jobs(names, ids, {**shared, "depends_on_job_ids": depends_on_job_ids})
    if postprocess_func:
        jobs.append(_postprocess(ids, shared))
    try:
        return create_jobs(api, jobs)
    except BaseException:
        for record_id in ids:
            api.delete_user_data(record_id)
        raise


def _jobs(names: list[str], ids: list[int], shared: dict[str, Any]) -> list[Any]:
    """Return one job for each name; ``ids`` begin with the inputs, then come the outputs."""
    inputs, outputs = ids[: len(names)], ids[len(names) : 2 * len(names)]
    return [
        JobModel(
            name=name,
            command=functions.RUN_FUNCTION,
            input_user_data_ids=[given],
            output_user_data_ids=[made],
            **shared,
        )
        for name, given, made in zip(names, inputs, outputs, strict=True)
    ]


def _postprocess(ids: list[int], shared: dict[str, Any]) -> Any:
    """Return the job that waits for all outputs."""
    *mapped, about, result = ids
    return JobModel(
        name="postprocess",
        command=functions.RUN_POSTPROCESS,
        input_user_data_ids=[*mapped[len(mapped) // 2 :], about],
        output_user_data_ids=[result],
        **shared,
    )


def _check(module: str, func: str, params: Any, postprocess_func: str | None, directory: str | None) -> None:
    function = functions.load_function(module, func, directory)
    if not isinstance(params, list | tuple):
        raise InvalidInput(
            f"params must be a list with one item for each job, not {type(params).__name__}", field="params"
        )
    for index, item in enumerate(params):
        functions.check_json(item, f"params[{index}]")
        functions.check_call(function, ("name", item), "job_name, params")
    if postprocess_func:
        functions.check_call(functions.load_function(module, postprocess_func, directory), ([],), "results")


def _create_user_data(api: DefaultApi, workflow_id: int, records: list[tuple[str, Any]]) -> list[int]:
    if not records:
        return []
    models = [
        UserDataModel(workflow_id=workflow_id, name=name, **({} if data is None else {"data": data}))
        for name, data in records
    ]
    try:
        return [record.id for record in api.create_user_data_list(UserDataListModel(user_data=models)).user_data]
    except UnprocessableEntityException as error:
        _explain_name(error)
        raise


def _explain_name(error: UnprocessableEntityException) -> None:
    """Say what to do about a name that is taken: it was made here, so nobody can choose another one."""
    refused = error.data.get("error", {}) if isinstance(error.data, dict) else {}
    if refused.get("field") != "name":
        return
    if refused.get("value") in _POSTPROCESS:
        refused["hint"] = "a workflow takes one postprocess_func; this call can do without"
    else:
        refused["hint"] = "jobs of these names were mapped before: give another name_prefix or start_index"
