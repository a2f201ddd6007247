"""Samples that reach the server while jobs run: with what the runner says anyway, or at once when somebody looks."""

from __future__ import annotations

from typing import Any

import pytest
from server.outside import until

from ..conftest import background, make_runner  # noqa: F401  (fixtures)
from ..reference import Reference

OFTEN = {"enabled": True, "sample_interval_seconds": 0.1}


class Watched(Reference):
    """A server at which somebody looks at samples, or nobody."""

    watched = False

    def _reply(self, *args: Any) -> dict[str, Any]:
        return super()._reply(*args) | {"watched": self.watched}


@pytest.fixture
def server() -> Watched:
    return Watched(resource_monitor_config=OFTEN)


def told(server: Reference, kind: str = "samples") -> list[dict[str, Any]]:
    return [sample for body in server.exchanges for sample in body.get(kind, [])]


def test_samples_ride_on_the_heartbeat(server, background, tmp_path):  # noqa: F811
    job = server.add(f"while [ ! -e {tmp_path}/stop ]; do sleep 0.01; done")
    going = background(heartbeat_seconds=0.5)
    server.wait_for(lambda: len([body for body in server.exchanges if body.get("samples")]) >= 3)
    # At several samples to a heartbeat, an exchange brings several.
    server.wait_for(lambda: max(len(body.get("samples", [])) for body in server.exchanges) > 1)
    (tmp_path / "stop").touch()
    going.finish()
    samples = told(server)
    assert {sample["job_id"] for sample in samples} == {job.id}
    moments = [sample["timestamp"] for sample in samples]
    assert moments == sorted(set(moments))
    assert all(sample["memory_bytes"] > 0 and sample["num_processes"] >= 1 for sample in samples)
    assert all(0 < sample["memory_bytes"] < sample["total_memory_bytes"] for sample in told(server, "node_samples"))


def test_nobody_looks_so_nothing_is_said_before_its_time(server, background, tmp_path):  # noqa: F811
    job = server.add(f"while [ ! -e {tmp_path}/stop ]; do sleep 0.01; done")
    going = background(heartbeat_seconds=30.0)
    server.wait_for(lambda: job.status == "running" and bool(server.exchanges[-1].get("wait_seconds")))
    said = len(server.exchanges)
    taken = going.runner.monitor.samples
    until(lambda: going.runner.monitor.samples >= taken + 5)
    assert len(server.exchanges) <= said + 1
    (tmp_path / "stop").touch()
    going.finish()


def test_who_looks_has_samples_within_a_second_or_so(server, background, tmp_path):  # noqa: F811
    server.watched = True
    server.add(f"while [ ! -e {tmp_path}/stop ]; do sleep 0.01; done")
    going = background(heartbeat_seconds=30.0)
    server.wait_for(lambda: len([body for body in server.exchanges if body.get("samples")]) >= 3)
    (tmp_path / "stop").touch()
    going.finish()


def test_a_runner_without_jobs_sends_no_samples(server, background):  # noqa: F811
    going = background(heartbeat_seconds=0.2, lease_seconds=0.6, wait_for_new_jobs=30.0)
    server.wait_for(lambda: server.calls["exchange"] >= 1)
    going.finish()
    assert told(server) == told(server, "node_samples") == []
