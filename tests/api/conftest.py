from __future__ import annotations

from pathlib import Path

import pytest

from torc import make_api
from torc.openapi_client import DefaultApi, WorkflowModel


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TORC_API_URL", "TORC_API_TOKEN", "TORC_USERNAME", "TORC_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TORC_DATABASE", str(tmp_path / "torc.db"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def api() -> DefaultApi:
    """The API on a database of the test's own, without a server."""
    made = make_api()
    yield made
    made.api_client.close()


@pytest.fixture
def workflow_id(api: DefaultApi) -> int:
    return api.create_workflow(WorkflowModel(name="w", user="u")).id


@pytest.fixture
def module(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The name of a module in the current directory that no other test has imported."""
    name = "".join(letter if letter.isalnum() else "_" for letter in f"made_for_{request.node.name}")
    (tmp_path / f"{name}.py").write_text(FUNCTIONS)
    return name


FUNCTIONS = """
NUMBER = 3

def double(job_name, params):
    return {"name": job_name, "twice": 2 * params["x"]}

def nothing(job_name, params):
    pass

def strange(job_name, params):
    return {"found": [1, {2}]}

def broken(job_name, params):
    raise ArithmeticError("too large")

def together(results):
    return results

def no_arguments():
    pass

async def later(job_name, params):
    pass
"""
