"""Python functions as jobs: what is refused before anything is created, and what a job does."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from torc import map_function_to_jobs
from torc.cli.main import execute
from torc.errors import InvalidInput
from torc.openapi_client import DefaultApi, UserDataModel
from torc.openapi_client.exceptions import UnprocessableEntityException


def run_job(api: DefaultApi, job: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """Do in this process what the job's command does; returns the exit code."""
    api.api_client.close()
    for name, value in (("WORKFLOW_ID", job.workflow_id), ("JOB_ID", job.id), ("JOB_NAME", job.name)):
        monkeypatch.setenv(f"TORC_{name}", str(value))
    return execute(job.command.removeprefix("pytorc ").split())


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch):
    """Map a function, run every job, and return exit codes and all user data."""

    def run(api: DefaultApi, workflow_id: int, module: str, func: str, params: list[Any], **more: Any) -> Any:
        jobs = map_function_to_jobs(api, workflow_id, module, func, params, **more)
        codes = [run_job(api, job, monkeypatch) for job in jobs]
        from torc import make_api

        records = make_api().list_user_data(workflow_id).items
        return codes, {record.name: record.data for record in records}

    return run


def test_results_are_stored_and_handed_on_in_order(api: DefaultApi, workflow_id: int, module: str, stored: Any) -> None:
    codes, data = stored(
        api, workflow_id, module, "double", [{"x": number} for number in range(12)],
        postprocess_func="together", name_prefix="job_", start_index=5,
    )  # fmt: skip
    assert codes == [0] * 13
    assert data["output_job_5"] == {"name": "job_5", "twice": 0}
    assert [result["twice"] for result in data["postprocess_result"]] == list(range(0, 24, 2))


def test_a_function_that_returns_nothing_stores_nothing(
    api: DefaultApi, workflow_id: int, module: str, stored: Any
) -> None:
    codes, data = stored(api, workflow_id, module, "nothing", [1], postprocess_func="together")
    assert codes == [0, 0]
    assert data["output_1"] is None
    assert data["postprocess_result"] == [None]


def test_an_exception_fails_the_job_and_shows_where(
    api: DefaultApi, workflow_id: int, module: str, stored: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    codes, data = stored(api, workflow_id, module, "broken", [1])
    assert (codes, data["output_1"]) == ([1], None)
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback (most recent call last):")
    assert shown.endswith("ArithmeticError: too large\n")
    assert "torc/functions.py" not in shown


def test_a_result_that_is_not_json_names_the_place(
    api: DefaultApi, workflow_id: int, module: str, stored: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    codes, _ = stored(api, workflow_id, module, "strange", [1])
    assert codes == [2]
    assert (
        f"the result of {module}.strange['found'][1] cannot be written as JSON: {{2}} (set)" in capsys.readouterr().err
    )


def test_the_module_may_lie_in_another_directory(
    api: DefaultApi, workflow_id: int, module: str, stored: Any, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    (tmp_path / f"{module}.py").rename(other / f"{module}.py")
    codes, data = stored(api, workflow_id, module, "double", [{"x": 4}], module_directory="elsewhere")
    assert (codes, data["output_1"]["twice"]) == ([0], 8)
    assert data["input_1"]["module_directory"] == str(other)


circle: list[Any] = []
circle.append(circle)


@pytest.mark.parametrize(
    ("arguments", "options", "says"),
    [
        (("missing_module", "double", [1]), {}, "there is no module 'missing_module'"),
        (("json.missing", "double", [1]), {}, "there is no module 'json.missing'"),
        (("MODULE", "doubel", [1]), {}, "did you mean 'double'?"),
        (("MODULE", "NUMBER", [1]), {}, "is not a function but int"),
        (("MODULE", "later", [1]), {}, "is asynchronous"),
        (("MODULE", print, [1]), {}, "func must be a name, not <built-in function print>"),
        (("", "double", [1]), {}, "module must be a name, not ''"),
        (("MODULE", "no_arguments", [1]), {}, "cannot be called with (job_name, params)"),
        (("MODULE", "together", [1]), {}, "write def together(job_name, params)"),
        (("MODULE", "double", {"x": 1}), {}, "must be a list with one item for each job, not dict"),
        (("MODULE", "double", [1, {"x": {2}}]), {}, "params[1]['x'] cannot be written as JSON: {2} (set)"),
        (("MODULE", "double", [{(1, 2): 3}]), {}, "params[0]: the key (1, 2)"),
        (("MODULE", "double", [{"x": math.nan}]), {}, "params[0]['x'] cannot be written as JSON: nan"),
        (("MODULE", "double", [circle]), {}, "contains itself"),
        (("MODULE", "double", [1]), {"postprocess_func": "double"}, "cannot be called with (results)"),
        (("MODULE", "double", [1]), {"module_directory": "nowhere"}, "'nowhere' is not a directory"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_refused_before_anything_is_created(
    api: DefaultApi, workflow_id: int, module: str, arguments: tuple[Any, ...], options: dict[str, Any], says: str
) -> None:
    name, *rest = arguments
    with pytest.raises(InvalidInput) as refused:
        map_function_to_jobs(api, workflow_id, name.replace("MODULE", module), *rest, **options)
    assert says in str(refused.value)
    assert api.list_user_data(workflow_id).items == []


@pytest.mark.parametrize("content", ["import nowhere_to_be_found", "1 / 0", "def f(:"])
def test_a_module_that_cannot_be_imported_says_why(
    api: DefaultApi, workflow_id: int, module: str, content: str, tmp_path: Path
) -> None:
    (tmp_path / f"{module}.py").write_text(content)
    with pytest.raises(InvalidInput, match=f"module '{module}' cannot be imported: .*(nowhere|division|SyntaxError)"):
        map_function_to_jobs(api, workflow_id, module, "double", [1])


def test_nothing_is_left_when_the_jobs_are_refused(api: DefaultApi, workflow_id: int, module: str) -> None:
    map_function_to_jobs(api, workflow_id, module, "double", [1])
    api.create_user_data(UserDataModel(workflow_id=workflow_id, name="mine"))
    before = [record.name for record in api.list_user_data(workflow_id).items]
    with pytest.raises(UnprocessableEntityException):
        map_function_to_jobs(api, workflow_id, module, "double", [2], start_index=1)
    with pytest.raises(UnprocessableEntityException):
        map_function_to_jobs(api, workflow_id, module, "double", [2], start_index=2, depends_on_job_ids=[10**9])
    assert [record.name for record in api.list_user_data(workflow_id).items] == before
    assert len(api.list_jobs(workflow_id).items) == 1


def test_names_that_are_taken_are_told_by_the_argument_that_makes_them(
    api: DefaultApi, workflow_id: int, module: str
) -> None:
    map_function_to_jobs(api, workflow_id, module, "double", [1], postprocess_func="together", name_prefix="a_")
    with pytest.raises(UnprocessableEntityException, match=r"'input_a_1' already \(.* another name_prefix or start"):
        map_function_to_jobs(api, workflow_id, module, "double", [2], name_prefix="a_")
    with pytest.raises(UnprocessableEntityException, match=r"already \(a workflow takes one postprocess_func"):
        map_function_to_jobs(api, workflow_id, module, "double", [2], postprocess_func="together", name_prefix="b_")


def test_no_parameters_make_no_jobs(api: DefaultApi, workflow_id: int, module: str) -> None:
    assert map_function_to_jobs(api, workflow_id, module, "double", []) == []


def test_outside_of_a_job_the_commands_say_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["run-function"]) == 2
    assert "TORC_WORKFLOW_ID and TORC_JOB_ID do not name a job" in capsys.readouterr().err


def test_a_job_that_nobody_mapped_is_told_so(
    api: DefaultApi, workflow_id: int, module: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from torc.openapi_client import JobModel

    job = api.create_job(JobModel(workflow_id=workflow_id, name="alone", command="pytorc run-postprocess"))
    assert run_job(api, job, monkeypatch) == 2
    assert "create such jobs with map_function_to_jobs" in capsys.readouterr().err
