from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from torc.client.client import Client

from .jupyter import Jupyter, Reply


@dataclass
class Ended:
    """A job that has run here as far as the server knows; its log is for the test to write."""

    jupyter: Jupyter
    workflow_id: int
    job_id: int
    stdout: Path

    def ask(self, query: str = "", workflow_id: int | None = None) -> Reply:
        path = f"torc/logs/{workflow_id or self.workflow_id}/{self.job_id}"
        return self.jupyter.ask("GET", f"{path}?{query}", headers=self.jupyter.xsrf)


@pytest.fixture
def ended(jupyter: Jupyter, client: Client, tmp_path: Path) -> Iterator[Ended]:
    plan = {"workflow": {"name": "w", "user": "u"}, "jobs": [{"name": "j", "command": "true"}], "dependency_sets": []}
    flow = client.create_workflow_from_plan(plan)["id"]
    client.initialize_workflow(flow, body={})
    node = client.create_compute_node(
        body={
            "workflow_id": flow,
            "hostname": "here",
            "pid": 1,
            "start_time": "2025-01-01T00:00:00Z",
            "is_active": True,
            "num_cpus": 1,
            "memory_gb": 1,
            "num_gpus": 0,
            "num_nodes": 1,
            "compute_node_type": "local",
            "output_dir": str(tmp_path / "output"),
        }
    )["id"]
    (job,) = client.claim_next_jobs(flow, limit=1)["jobs"]
    result = {
        "job_id": job["id"],
        "workflow_id": flow,
        "run_id": 1,
        "attempt_id": 1,
        "compute_node_id": node,
        "return_code": 0,
        "status": "completed",
        "completion_time": "2025-01-01T00:00:01Z",
    }
    client.complete_job(job["id"], "completed", 1, body=result)
    stdout = tmp_path / "output" / "job_stdio" / f"job_wf{flow}_j{job['id']}_r1_a1.o"
    stdout.parent.mkdir(parents=True)
    yield Ended(jupyter, flow, job["id"], stdout)


def place(reply: Reply) -> tuple[int, int, int]:
    return tuple(int(reply.headers[f"torc-log-{name}"]) for name in ("start", "end", "size"))  # type: ignore[return-value]


def test_a_log_is_plain_text_whatever_is_in_it(ended: Ended) -> None:
    ended.stdout.write_text("<script>1</script>\n")
    reply = ended.ask()
    assert (reply.status, reply.body) == (200, b"<script>1</script>\n")
    assert reply.headers["content-type"].startswith("text/plain")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert place(reply) == (0, 19, 19)


def test_the_end_begins_with_a_line_and_what_follows_joins_on(ended: Ended) -> None:
    ended.stdout.write_text("first\nsecond\nthird\n")
    reply = ended.ask("kind=stdout&tail=10")
    assert (reply.body, place(reply)) == (b"third\n", (13, 19, 19))
    with ended.stdout.open("a") as file:
        file.write("fourth\n")
    more = ended.ask("offset=19")
    assert (more.body, place(more)) == (b"fourth\n", (19, 26, 26))
    assert ended.ask("offset=6&limit=6").body == b"second"
    assert ended.ask("offset=1000").body == b""


def test_no_character_is_cut_between_two_pieces(ended: Ended) -> None:
    text = "aé€😀z"
    ended.stdout.write_text(text)
    found, offset = b"", 0
    while offset < len(text.encode()):
        reply = ended.ask(f"offset={offset}&limit=5")
        found += reply.body
        reply.body.decode()
        offset = place(reply)[1]
    assert found.decode() == text


def test_a_piece_has_a_largest_size(ended: Ended) -> None:
    ended.stdout.write_bytes(b"x" * (2**20 + 5))
    assert len(ended.ask("limit=999999999").body) == 2**20
    assert len(ended.ask("tail=999999999").body) <= 2**20


@pytest.mark.parametrize("kind", ["link", "pipe", "directory", "device", "nothing"])
def test_only_regular_files_are_read_and_the_others_are_not_there(ended: Ended, kind: str) -> None:
    secret = ended.stdout.parent.parent / "secret"
    secret.write_text("secret")
    if kind == "link":
        ended.stdout.symlink_to(secret)
    elif kind == "pipe":
        os.mkfifo(ended.stdout)
    elif kind == "directory":
        ended.stdout.mkdir()
    elif kind == "device":
        ended.stdout.symlink_to("/dev/zero")
    reply = ended.ask()
    assert (reply.status, reply.json["error"]["type"]) == (404, "NotFound")
    assert b"secret" not in reply.body


def test_a_directory_that_became_a_link_is_not_followed(ended: Ended, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    ended.stdout.parent.rename(elsewhere)
    (elsewhere / ended.stdout.name).write_text("secret")
    ended.stdout.parent.symlink_to(elsewhere)
    assert ended.ask().status == 404


def test_a_job_of_another_workflow_and_a_wrong_question_are_refused(ended: Ended) -> None:
    ended.stdout.write_text("x")
    assert ended.ask(workflow_id=ended.workflow_id + 1).status == 404
    for query in ("kind=passwd", "offset=-1", "tail=1e9", "limit=%00"):
        assert ended.ask(query).status == 422, query
    for path in ("torc/logs/1/..%2f..%2fetc", "torc/logs/1/1/../../x", "torc/logs//etc/passwd"):
        assert ended.jupyter.ask("GET", path, headers=ended.jupyter.xsrf).status in (403, 404), path
