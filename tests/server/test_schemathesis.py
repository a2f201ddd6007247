"""Generated requests to every operation of the OpenAPI document.

No reply is a failure of the server, has a status that the document does not name, or another shape than it says.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .inside import Workflow
from .outside import Http, Server

_CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance,unsupported_method,allow_header_conformance"
)
#: Requests to each operation; with a number from the environment this is a search that takes its time.
EXAMPLES = os.environ.get("TORC_TEST_SCHEMA_EXAMPLES", "10")
PHASES = "coverage,fuzzing,stateful" if "TORC_TEST_SCHEMA_EXAMPLES" in os.environ else "fuzzing,stateful"
#: Streams do not end by themselves.
_LEFT_OUT = ("stream_events", "stream_events_of_workflows")


def fill(http: Http) -> None:
    """Make a few records of every noun."""
    rules = '[{"match_all_exit_codes": true}]'
    for _ in range(3):
        workflow = Workflow(
            http,
            {
                "a": {"output_files": [0], "output_user_data": [0]},
                "b": {"after": ["a"], "input_files": [0], "input_user_data": [0]},
                "c": [],
            },
            files=[{"name": "f", "path": "f"}],
            user_data=[{"name": "u", "data": {"x": 1}}],
            slurm_schedulers=[{"name": "s", "account": "a"}],
            failure_handlers=[{"name": "h", "rules": rules}],
        )
        workflow.action("on_workflow_start")
        workflow.initialize()
        node = workflow.node()
        workflow.claim(1, compute_node_id=node)
        http("start_job", workflow.ids["a"], 1, node)
        own: dict[str, Any] = {"workflow_id": workflow.id}
        scheduler = http("list_slurm_schedulers", **own)["items"][0]["id"]
        http("create_local_scheduler", body=own)
        http("create_scheduled_compute_node", body={**own, "scheduler_id": 1, "scheduler_config_id": scheduler})
        http("create_slurm_stats", body={**own, "job_id": workflow.ids["a"], "run_id": 1, "attempt_id": 1})
        http("create_remote_workers", workflow.id, body=["host"])
        http("create_ro_crate_entity", body={**own, "entity_id": "f", "entity_type": "File", "metadata": {}})
        http("create_result", body={"job_id": workflow.ids["c"], "return_code": 0})
        http("initialize_jobs", Workflow(http, {"a": []}).id, **{"async": True})


@pytest.fixture
def filled(tmp_path: Path) -> Any:
    server = Server(tmp_path / "t.db")
    http = Http(server.url)
    fill(http)
    http.close()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.errors


def test_every_reply_is_as_the_document_says(filled: Server, tmp_path: Path) -> None:
    arguments = [
        "--phases", PHASES, "--max-examples", EXAMPLES, "--workers", "2", "--seed", "20", "--checks", _CHECKS,
        "--request-timeout", "60", "--suppress-health-check", "all", "--generation-database", "none",
        "--continue-on-failure", "--warnings", "off",
    ]  # fmt: skip
    for name in _LEFT_OUT:
        arguments += ["--exclude-operation-id", name]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(Path(__file__).parent)}
    ended = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"{filled.url}/openapi.json", *arguments],
        capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=1800,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-20_000:] + ended.stderr[-2_000:]
