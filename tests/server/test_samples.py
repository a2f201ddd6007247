"""Samples of what running jobs use: kept in memory, told by the stream, shown as plots."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from torc.errors import InvalidInput, NotFound, NotInstalled
from torc.models.job import ExchangeRequest
from torc.plots import script
from torc.runner.monitor.series import Series
from torc.runner.paths import host_name, metrics_path
from torc.server import samples as kept
from torc.server.embedded import host
from torc.server.samples import Samples

from .inside import Torc, Workflow
from .outside import DEADLINE, Http, Refused

MB = 2**20


@pytest.fixture
def torc(tmp_path: Path) -> Iterator[Torc]:
    opened = Torc(tmp_path / "t.db")
    yield opened
    opened.close()


@pytest.fixture
def flow(torc: Torc) -> Workflow:
    made = Workflow(torc, {"a": [], "b": []})
    made.initialize()
    made.claim()
    return made


def sample(job_id: int, timestamp: float, cpu: float = 50.0, memory: int = MB, attempt_id: int = 1) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "attempt_id": attempt_id,
        "timestamp": timestamp,
        "cpu_percent": cpu,
        "memory_bytes": memory,
        "num_processes": 2,
    }


def machine(timestamp: float) -> dict[str, Any]:
    return {"timestamp": timestamp, "cpu_percent": 5.0, "memory_bytes": MB, "total_memory_bytes": 8 * MB}


def node(torc: Any, workflow_id: int, **more: Any) -> int:
    body = {"workflow_id": workflow_id, "hostname": host_name(), "num_cpus": 1, "memory_gb": 1} | more
    return torc("create_compute_node", body=body)["id"]


def send(flow: Workflow, node_id: int, *samples: dict[str, Any], machines: tuple[dict[str, Any], ...] = ()) -> Any:
    body = {"compute_node_id": node_id, "run_id": 1, "samples": list(samples), "node_samples": list(machines)}
    return flow.torc("exchange", flow.id, body=body)


def request(run_id: int = 1, *samples: dict[str, Any]) -> ExchangeRequest:
    return ExchangeRequest.model_validate({"compute_node_id": 9, "run_id": run_id, "samples": list(samples)})


def test_samples_come_with_an_exchange_and_each_is_told_once(flow: Workflow) -> None:
    a, node_id = flow.ids["a"], node(flow.torc, flow.id)
    assert send(flow, node_id, sample(a, 1.0), sample(a, 2.5, cpu=75), machines=(machine(1.0),))["watched"] is False
    reply = flow.torc("get_samples", flow.id)
    assert reply["jobs"] == [
        {
            "job_id": a,
            "attempt_id": [1, 1],
            "timestamp": [1.0, 2.5],
            "cpu_percent": [50.0, 75.0],
            "memory_bytes": [MB, MB],
            "num_processes": [2, 2],
        }
    ]
    assert reply["nodes"][0]["compute_node_id"] == node_id
    send(flow, node_id, sample(a, 3.0), sample(flow.ids["b"], 3.0))
    later = flow.torc("get_samples", flow.id, since=reply["last"])
    assert [(job["job_id"], job["timestamp"]) for job in later["jobs"]] == [(a, [3.0]), (flow.ids["b"], [3.0])]
    assert flow.torc("get_samples", flow.id, since=later["last"])["jobs"] == []
    assert flow.torc("get_samples", flow.id, job_id=a, limit=1)["jobs"][0]["timestamp"] == [3.0]


def test_a_report_that_is_repeated_brings_no_sample_twice(flow: Workflow) -> None:
    a, node_id = flow.ids["a"], node(flow.torc, flow.id)
    for _ in range(2):
        send(flow, node_id, sample(a, 1.0), sample(a, 2.0), machines=(machine(1.0),))
    reply = flow.torc("get_samples", flow.id)
    assert reply["jobs"][0]["timestamp"] == [1.0, 2.0]
    assert reply["nodes"][0]["timestamp"] == [1.0]


def test_of_each_job_only_the_newest_are_kept_and_of_all_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_OF_ONE", 8)
    monkeypatch.setattr(kept, "MOST", 20)
    monkeypatch.setattr(kept, "OF_ITSELF", 0)
    store = Samples(lambda _: None)
    for moment in range(100):
        store.take(1, request(1, sample(5, float(moment))))
    (job,) = store.newer(1, limit=1000)["jobs"]
    assert job["timestamp"][-8:] == [float(moment) for moment in range(92, 100)]
    assert len(job["timestamp"]) == store.kept <= 10
    for number in range(10, 40):
        store.take(1, request(1, sample(number, 1.0)))
    assert store.kept <= 20
    assert [job["job_id"] for job in store.newer(1, limit=1)["jobs"]][-1] == 39


def test_many_jobs_with_few_samples_are_bounded_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 10 * (kept.OF_ITSELF + 1))
    monkeypatch.setattr(kept, "MOST_AT_ONCE", 50)
    store = Samples(lambda _: None)
    store.take(1, request(1, *(sample(number, 1.0) for number in range(1, 100))))
    assert [job["job_id"] for job in store.newer(1, limit=1)["jobs"]] == list(range(90, 100))
    assert store.newer(1, store.last, limit=1)["jobs"] == []


def test_what_one_workflow_sends_pushes_out_nothing_of_those_that_have_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 100 * (kept.OF_ITSELF + 1))
    store = Samples(lambda _: None)
    store.take(1, request(1, *(sample(number, 1.0) for number in range(1, 31))))
    store.take(2, request(1, *(sample(number, 1.0) for number in range(101, 141))))
    for moment in range(1, 4):
        store.take(3, request(1, *(sample(1000 * moment + number, 1.0) for number in range(200))))
    assert [len(store.newer(workflow_id, limit=1)["jobs"]) for workflow_id in (1, 2, 3)] == [30, 37, 33]
    assert [job["job_id"] for job in store.newer(3, limit=1)["jobs"]] == list(range(3167, 3200))
    assert store.kept == 100


def test_a_reply_with_many_samples_is_the_same_as_one_with_few(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Samples(lambda _: None)
    for moment in range(5):
        store.take(1, request(1, sample(5, float(moment)), sample(6, float(moment), attempt_id=2)))
    few = asyncio.run(store.reply(1, store.last - 4, 3, None))
    monkeypatch.setattr(kept, "SMALL", 0)
    many = asyncio.run(store.reply(1, store.last - 4, 3, None))
    assert few == json.loads(many) == store.newer(1, store.last - 4, limit=3)
    assert [job["timestamp"] for job in few["jobs"]] == [[3.0, 4.0], [3.0, 4.0]]


def test_samples_go_with_time_with_another_run_and_with_their_workflow(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Samples(lambda _: None)
    store.take(1, request(1, sample(5, 1.0)))
    store.take(1, request(2, sample(5, 0.5)))
    assert store.newer(1, limit=9)["jobs"][0]["timestamp"] == [0.5]
    store.take(2, request(1, sample(6, 1.0)))
    store.forget(2)
    assert store.newer(2, limit=9)["jobs"] == []
    monkeypatch.setattr(kept, "KEEP_SECONDS", 0.0)
    store.take(3, request(1, sample(7, 1.0)))
    assert store.kept == 0


def test_who_looks_is_told_at_most_once_in_a_while_and_runners_are_released() -> None:
    released: list[int] = []

    async def look() -> list[bool]:
        store, signal = Samples(released.append), asyncio.Event()
        watch = store.watch(1, signal, [4, 5])
        store.watch(1, asyncio.Event(), [6])
        store.take(1, request(1, sample(5, 1.0)))
        told = [watch.fresh]
        watch.fresh = False
        store.take(1, request(1, sample(5, 2.0)))
        store.take(2, request(1, sample(6, 2.0)))
        told.append(watch.fresh)
        signal.clear()
        await asyncio.wait_for(signal.wait(), DEADLINE)
        told.append(watch.fresh)
        return [*told, store.is_watched(1), store.is_watched(2)]

    assert asyncio.run(look()) == [True, False, True, True, False]
    assert released == [4, 5]


def test_only_a_stream_that_asks_for_samples_is_told(tmp_path: Path) -> None:
    with host(tmp_path / "t.db") as (url, token):
        flow = Workflow(Http(url, token), {"a": []})
        flow.initialize()
        flow.claim()
        node_id = node(flow.torc, flow.id)
        asking, other = Http(url, token), Http(url, token)
        lines = stream(asking, f"/workflows/{flow.id}/events/stream?samples=true")
        assert next(lines) == ": connected"
        assert send(flow, node_id, sample(flow.ids["a"], 1.0))["watched"] is True
        seen = [next(line for line in lines if line.startswith(("event", "id"))), next(lines)]
        assert seen[0] == "event: samples"
        assert json.loads(seen[1].removeprefix("data: ")) == {
            "workflow_id": flow.id,
            "last": flow.torc("get_samples", flow.id)["last"],
        }
        flow.torc("delete_workflow", flow.id)
        assert "event: workflow_deleted" in lines
        with pytest.raises(Refused, match="404"):
            other("get_samples", flow.id)


def stream(client: Http, path: str) -> Iterator[str]:
    from torc.contract import PREFIX

    client.connection.request("GET", PREFIX + path, headers=client.headers)
    reply = client.connection.getresponse()
    assert reply.status == 200
    for line in reply:
        yield line.decode().rstrip("\n")


def test_metrics_join_results_files_and_samples_in_memory(torc: Torc, flow: Workflow, tmp_path: Path) -> None:
    a, b = flow.ids["a"], flow.ids["b"]
    node_id = node(torc, flow.id, output_dir=str(tmp_path))
    write_series(tmp_path, flow.id, [(a, 1.0, 10.0, MB, 1, 1), (a, 2.0, 20.0, MB, 1, 1)])
    send(flow, node_id, sample(a, 2.0), sample(a, 3.0))
    flow.finish("a", peak_cpu_percent=30.0, avg_cpu_percent=20.0, peak_memory_bytes=2 * MB, exec_time_minutes=1.0)
    found = torc("get_metrics", flow.id)
    assert [(job["id"], job["name"]) for job in found["jobs"]] == [(a, "a")]
    assert found["samples"][0]["timestamp"] == [1.0, 2.0, 3.0]
    (attempt,) = found["attempts"]
    assert attempt["end"] - attempt["start"] == pytest.approx(60)
    assert (attempt["status"], attempt["peak_cpu_percent"], attempt["avg_cpu_percent"]) == ("completed", 30.0, 20.0)
    assert [job["id"] for job in torc("get_metrics", flow.id, job_id=b)["jobs"]] == [b]
    with pytest.raises(NotFound, match="no job with id 999"):
        torc("get_metrics", flow.id, job_id=999)


def write_series(directory: Path, workflow_id: int, rows: list[tuple[Any, ...]]) -> Path:
    path = metrics_path(str(directory), workflow_id, 1)
    series = Series(path, pytest.fail)
    for row in rows:
        series.add("job_resource_samples", *row)
    series.flush()
    return Path(path)


@pytest.mark.parametrize("trap", ["link", "another host", "relative", "garbage", "endless view", "pipe"])
def test_files_of_others_and_elsewhere_are_not_read(torc: Torc, flow: Workflow, tmp_path: Path, trap: str) -> None:
    place, outside = tmp_path / "output", tmp_path / "outside"
    hostname, directory = host_name(), str(place)
    path = write_series(place, flow.id, [(flow.ids["a"], 1.0, 10.0, MB, 1, 1)])
    if trap == "link":
        path.parent.rename(outside)
        path.parent.symlink_to(outside)
    elif trap == "another host":
        hostname = "elsewhere"
    elif trap == "relative":
        directory = os.path.relpath(place)
    elif trap == "garbage":
        path.write_text("no database")
    elif trap == "endless view":
        path.unlink()
        columns = "x AS job_id, 1.0 AS timestamp, 1 AS cpu_percent, 1 AS memory_bytes, 1 AS num_processes"
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE job_metadata (job_id, job_name)")
            database.execute(
                "CREATE VIEW job_resource_samples AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
                f"SELECT {columns} FROM c"
            )
    else:
        path.unlink()
        os.mkfifo(path)
    node(torc, flow.id, hostname=hostname, output_dir=directory)
    assert torc("get_metrics", flow.id, job_id=flow.ids["a"])["samples"] == []


@pytest.mark.parametrize("kind", ["cpu", "memory", "summary", "gantt", "nodes", "job"])
def test_a_plot_is_a_document_whose_sources_have_names(torc: Torc, flow: Workflow, kind: str) -> None:
    a, node_id = flow.ids["a"], node(torc, flow.id)
    torc("start_job", a, 1, node_id)
    send(flow, node_id, sample(a, 1.0), sample(a, 2.0), machines=(machine(1.0), machine(2.0)))
    query = {"job_id": a} if kind == "job" else {}
    made = torc("get_plot", flow.id, kind, theme="dark", **query)
    assert made["last"] == torc("get_samples", flow.id)["last"]
    text = json.dumps(made["item"])
    source = {"nodes": f"node_cpu:{node_id}", "gantt": "gantt:running", "summary": "bars:cpu", "job": f"processes:{a}"}
    assert f'"{source.get(kind, f"{kind}:{a}")}"' in text


def test_where_nothing_was_watched_the_plot_says_what_to_do(torc: Torc, flow: Workflow) -> None:
    text = json.dumps(torc("get_plot", flow.id, "job", job_id=flow.ids["a"])["item"])
    assert "resource_monitor is off" in text


def test_plots_that_do_not_exist_or_lack_a_job_are_refused(flow: Workflow) -> None:
    with pytest.raises(InvalidInput, match="'pie' is not a plot"):
        flow.torc("get_plot", flow.id, "pie")
    with pytest.raises(InvalidInput, match="needs a job"):
        flow.torc("get_plot", flow.id, "job")


def test_without_bokeh_the_error_names_what_to_install(flow: Workflow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script.util, "find_spec", lambda name: None)
    with pytest.raises(NotInstalled) as caught:
        flow.torc("get_plot", flow.id, "cpu")
    assert caught.value.http_status == 501
    assert caught.value.hint == "pip install 'torc[plots]'"


def test_the_script_is_served_to_those_who_may_come_in(tmp_path: Path) -> None:
    with host(tmp_path / "t.db") as (url, token):
        status, text = Http(url, token).send("GET", "/static/bokeh/bokeh.min.js")
        assert (status, text == script.read_script()) == (200, True)
        assert Http(url).send("GET", "/static/bokeh/bokeh.min.js")[0] == 401
