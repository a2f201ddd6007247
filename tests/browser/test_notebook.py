from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from torc.client.client import Client

from .conftest import Watched
from .lab import Lab, Runner, TorcServer

CELL = "from torc.kernel_ext.widget import WorkflowView\nWorkflowView({workflow_id})"


def plan(name: str, jobs: list[dict[str, Any]], sets: list[list[int]]) -> dict[str, Any]:
    return {"workflow": {"name": name, "user": "tester"}, "jobs": jobs, "dependency_sets": sets}


def job(name: str, command: str, *needed: int) -> dict[str, Any]:
    return {"name": name, "command": command, "dependency_sets": list(needed)}


@pytest.fixture
def flow(client: Client, tmp_path: Path) -> dict[str, Any]:
    """A sweep that waits for files of this test before it goes on."""
    wait = f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done"
    jobs = [
        job("prepare", "echo ready"),
        *(job(f"train_{n:02}", f"echo epoch 1; {wait}; echo end", 0) for n in range(6)),
    ]
    jobs += [
        job("broken", "echo trying; echo 'ValueError: no such thing' >&2; exit 3", 0),
        job("collect", "echo all", 1),
    ]
    created = client.create_workflow_from_plan(plan("sweep of rates", jobs, [[0], [*range(1, 7)]]))
    client.initialize_workflow(created["id"], body={})
    return {"id": created["id"], "go": tmp_path / "go"}


@pytest.fixture
def runner(server: TorcServer, flow: dict[str, Any], tmp_path: Path) -> Iterator[Runner]:
    started = Runner.start(server, flow["id"], tmp_path, "--num-cpus", "8")
    yield started
    flow["go"].touch()
    started.close()


def text_of(page: Page, name: str) -> str:
    return page.locator(".jp-Torc-rows .jp-Torc-row", has_text=name).inner_text()


def test_the_view_follows_a_running_workflow_and_shows_its_logs(
    watched: Watched, lab: Lab, flow: dict[str, Any], runner: Runner
) -> None:
    page = watched.page
    watched.run_notebook(lab.notebook("live.ipynb", CELL.format(workflow_id=flow["id"])))
    view = page.locator(".jp-Torc")
    expect(view.get_by_role("heading", name="sweep of rates")).to_be_visible()
    expect(view.locator(".jp-Torc-line-live")).to_be_visible()
    rows = view.locator(".jp-Torc-rows .jp-Torc-row")
    expect(rows).to_have_count(9)
    running = rows.filter(has_text="train_00")
    expect(running).to_contain_text("Running")
    expect(rows.filter(has_text="broken")).to_contain_text("Failed")
    running.click()
    expect(view.locator(".jp-Torc-output")).to_contain_text("epoch 1")
    watched.shot("live-running")
    flow["go"].touch()
    expect(running).to_contain_text("Completed")
    expect(rows.filter(has_text="collect")).to_contain_text("Completed")
    expect(view.locator(".jp-Torc-output")).to_contain_text("end")
    rows.filter(has_text="broken").click()
    view.get_by_role("button", name="stderr").click()
    view.get_by_role("button", name="Next error").click()
    expect(view.locator("mark[data-current]")).to_have_text("ValueError: no such thing")
    watched.shot("live-ended")
    view.get_by_role("tab", name="Graph").click()
    expect(view.locator(".jp-Torc-node")).to_have_count(9)
    watched.shot("live-graph")
    view.get_by_role("tab", name="Events").click()
    expect(view.locator(".jp-Torc-events li").filter(has_text="completed")).not_to_have_count(0)
    watched.shot("live-events")


def test_ten_thousand_jobs_are_painted_at_once_filtered_at_once_and_few_are_in_the_page(
    watched: Watched, lab: Lab, client: Client, tmp_path: Path
) -> None:
    jobs = [job(f"prepare_{n:04}", "true") for n in range(5000)]
    jobs += [job(f"score_{n:04}", "true", 0) for n in range(5000)]
    created = client.create_workflow_from_plan(plan("ten thousand", jobs, [[*range(5000)]]))["id"]
    client.initialize_workflow(created, body={})
    page = watched.page
    watched.run_notebook(lab.notebook("many.ipynb", CELL.format(workflow_id=created)))
    expect(page.locator(".jp-Torc-found")).to_have_text("10,000 jobs")
    assert page.locator(".jp-Torc-row").count() <= 500
    page.locator(".jp-Torc-search").fill("score_4242")
    expect(page.locator(".jp-Torc-found")).to_have_text("1 of 10,000 jobs")
    page.locator(".jp-Torc-search").fill("")
    page.get_by_role("columnheader", name="Name").click()
    page.get_by_role("grid").press("End")
    expect(page.locator(".jp-Torc-current")).to_contain_text("score_4999")
    watched.shot("many-jobs")
    client.claim_next_jobs(created, limit=1)
    page.locator(".jp-Torc-count", has_text="Starting").wait_for()
    page.get_by_role("tab", name="Graph").click()
    expect(page.locator(".jp-Torc-node")).to_have_count(2)
    watched.shot("many-graph")
    page.locator(".jp-Torc-node", has_text="score_").click()
    expect(page.locator(".jp-Torc-found")).to_have_text("5,000 of 10,000 jobs")


HOSTILE = (
    "<img src=x onerror=\"document.title='owned'\">",
    "<script>document.title='owned'</script>",
    "\"><svg onload=document.title='owned'>",
    "javascript:document.title='owned'",
    "{{constructor.constructor('document.title=1')()}}",
)


def test_names_commands_and_logs_that_are_programs_stay_text(
    watched: Watched, lab: Lab, client: Client, server: TorcServer, tmp_path: Path
) -> None:
    red = "\x1b[31m"
    jobs = [job(name, f"printf '%s\\n' {shlex.quote(name)} {shlex.quote(red + name)}") for name in HOSTILE]
    created = client.create_workflow_from_plan(plan(HOSTILE[0], jobs, []))["id"]
    client.initialize_workflow(created, body={})
    runner = Runner.start(server, created, tmp_path)
    assert runner.process.wait(60) == 0
    lab.use_theme("JupyterLab Dark")
    page = watched.page
    watched.run_notebook(lab.notebook("hostile.ipynb", CELL.format(workflow_id=created)))
    view = page.locator(".jp-Torc")
    expect(view.get_by_role("heading", name=HOSTILE[0])).to_be_visible()
    for name in HOSTILE:
        view.locator(".jp-Torc-rows .jp-Torc-row", has_text=name).click()
        expect(view.locator(".jp-Torc-output")).to_have_text(f"{name}\n{name}\n")
    watched.shot("hostile-dark")
    view.get_by_role("tab", name="Graph").click()
    expect(view.locator(".jp-Torc-node")).to_have_count(len(HOSTILE))
    watched.shot("hostile-dark-graph")
    view.get_by_role("tab", name="Events").click()
    expect(view.locator(".jp-Torc-events li")).not_to_have_count(0)
    watched.shot("hostile-dark-events")
    assert "owned" not in page.title()
    assert view.locator("img, script, iframe").count() == 0
    lab.use_theme("JupyterLab Light")


BUSY = """
import os
os.environ["TORC_API_URL"] = "{url}"
from torc.kernel_ext.widget import WorkflowView
display(WorkflowView({workflow_id}))
"""
WAIT = """
with open("{path}") as gate:
    gate.readline()
"""


def test_without_the_door_the_kernel_passes_events_on_even_while_a_cell_runs(
    watched: Watched, lab: Lab, server: TorcServer, flow: dict[str, Any], runner: Runner, tmp_path: Path
) -> None:
    # The same server under another name is another server for the door.
    url = server.url.replace("127.0.0.1", "localhost")
    last = tmp_path / "end-of-cell"
    os.mkfifo(last)
    cells = BUSY.format(url=url, workflow_id=flow["id"]), "None", WAIT.format(path=last)
    page = watched.page
    watched.run_notebook(lab.notebook("busy.ipynb", cells[0]))
    view = page.locator(".jp-Torc")
    rows = view.locator(".jp-Torc-rows .jp-Torc-row")
    expect(view.locator(".jp-Torc-line-live")).to_be_visible()
    expect(rows.filter(has_text="train_00")).to_contain_text("Running")
    page.keyboard.press("Escape")
    page.locator(".jp-Notebook-footer").click()
    page.keyboard.type(cells[2])
    page.keyboard.press("Control+Enter")
    expect(page.locator(".jp-InputPrompt", has_text="[*]")).to_be_visible()
    flow["go"].touch()
    expect(rows.filter(has_text="collect")).to_contain_text("Completed")
    last.write_text("end\n")
    rows.filter(has_text="train_00").click()
    expect(view.locator(".jp-Torc-output")).to_contain_text("epoch 1")
