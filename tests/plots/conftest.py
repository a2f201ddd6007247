"""Databases as runners leave them, and the system's Chromium to look at pages with."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from browser.chromium import MILLISECONDS, chromium
from playwright.sync_api import Browser, Page

from torc.plots.data import Attempt, JobInfo, Metrics, NodeSamples, Samples
from torc.runner.monitor.series import Series

MB = 2**20
START = 1_795_000_000.0


def make_metrics(count: int, samples: int = 20, name: str = "job") -> Metrics:
    """Jobs that begin one second apart; job N uses N times 100 % and N MB at its peak."""
    metrics = Metrics()
    for job_id in range(1, count + 1):
        metrics.jobs[job_id] = JobInfo(job_id, f"{name}{job_id}", 1, 2 * MB)
        begin = START + job_id
        metrics.samples[job_id] = Samples(
            [begin + place for place in range(samples)],
            [100.0 * job_id * (place + 1) / samples for place in range(samples)],
            [MB * job_id * (place + 1) // samples for place in range(samples)],
            [1 + place % 2 for place in range(samples)],
            [1] * samples,
        )
        status, code = ("failed", 3) if job_id % 3 == 0 else ("completed", 0)
        metrics.attempts.append(Attempt(job_id, 1, begin, begin + samples, status, code, MB * job_id, 1.5))
    times = [START + place for place in range(samples)]
    metrics.nodes.append(NodeSamples("node-a", 4096 * MB, times, [50.0] * samples, [1024 * MB] * samples))
    return metrics


@pytest.fixture
def database(tmp_path: Path) -> Callable[..., Path]:
    """Write metrics as a runner does."""

    def write(metrics: Metrics, name: str = "resource_metrics_here_1_1.db") -> Path:
        path = tmp_path / name
        series = Series(str(path), pytest.fail)
        series.add("run_metadata", 1, 1, metrics.nodes[0].hostname if metrics.nodes else "here", 4, 4096 * MB)
        for job in metrics.jobs.values():
            series.add("job_metadata", job.id, job.name, job.num_cpus, job.memory_bytes, 0)
        for job_id, of_job in metrics.samples.items():
            columns = (
                of_job.timestamps,
                of_job.cpu_percent,
                of_job.memory_bytes,
                of_job.num_processes,
                of_job.attempts,
            )
            for row in zip(*columns, strict=True):
                series.add("job_resource_samples", job_id, *row)
        for it in metrics.attempts:
            times = (it.start, it.end, it.status, it.return_code, it.peak_memory_bytes, it.cpu_time_seconds)
            series.add("job_attempts", it.job_id, it.attempt_id, *times)
        for node in metrics.nodes:
            for row in zip(node.timestamps, node.cpu_percent, node.memory_bytes, strict=True):
                series.add("system_resource_samples", *row, node.total_memory_bytes)
        series.flush()
        return path

    return write


@pytest.fixture
def older_database(tmp_path: Path) -> Path:
    """The two tables that every version has, with whole seconds."""
    path = tmp_path / "resource_metrics_1_1.db"
    connection = sqlite3.connect(path)
    connection.executescript("""
        CREATE TABLE job_resource_samples (job_id INTEGER NOT NULL, timestamp INTEGER NOT NULL,
            cpu_percent REAL NOT NULL, memory_bytes INTEGER NOT NULL, num_processes INTEGER NOT NULL,
            PRIMARY KEY (job_id, timestamp));
        CREATE TABLE job_metadata (job_id INTEGER PRIMARY KEY, job_name TEXT NOT NULL);
        INSERT INTO job_metadata VALUES (5, 'train');
        INSERT INTO job_resource_samples VALUES (5, 1795000005, 50.0, 1000, 1), (5, 1795000000, 150.0, 2000, 2);
    """)
    connection.close()
    return path


# Of a module, not of the session: while it lives no other test of the process can run an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@dataclass
class Shown:
    """A page that is open, what it printed and what it asked for."""

    page: Page
    trouble: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def models(self, kind: str) -> int:
        """Return how many models of a kind the page holds."""
        return int(self.page.evaluate(f"[...Bokeh.documents[0]._all_models.values()].filter({kind}).length"))

    def value(self, expression: str) -> Any:
        return self.page.evaluate(expression)


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Shown]]:
    """Open HTML in Chromium and wait until Bokeh has drawn it."""
    opened: list[Page] = []

    def open_page(html: str, prefers: Literal["dark", "light"] = "light") -> Shown:
        path = tmp_path / "shown.html"
        path.write_text(html, encoding="utf-8")
        shown = Shown(browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme=prefers))
        shown.page.set_default_timeout(MILLISECONDS)
        opened.append(shown.page)
        shown.page.on("request", lambda request: shown.requests.append(request.url))
        shown.page.on("pageerror", lambda error: shown.trouble.append(str(error)))
        shown.page.on("dialog", lambda dialog: (shown.trouble.append(dialog.message), dialog.dismiss()))
        shown.page.on(
            "console",
            lambda said: shown.trouble.append(said.text) if said.type in ("error", "warning") else None,
        )
        shown.page.goto(path.as_uri())
        shown.page.wait_for_function("window.Bokeh?.documents.length && Bokeh.documents.every(d => d.is_idle)")
        return shown

    yield open_page
    for page in opened:
        page.close()
