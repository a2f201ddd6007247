"""What jobs use, in a real page while they run: figures in the table, plots that grow, files that are saved."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from torc.client.client import Client

from .conftest import Watched
from .lab import Lab, Runner, TorcServer

CELL = "from torc.kernel_ext.widget import WorkflowView\nWorkflowView({workflow_id}, mode='{mode}')"
WIDGET = """
from torc.kernel_ext.widget import PlotsView
from torc.plots.script import PLOTS_MIME
PlotsView(wf.plot("gantt")._repr_mimebundle_()[PLOTS_MIME])
"""
#: Takes more memory again and again, with some work, until it may go.
GROWING = """
import select, sys
held, gate = [], open(sys.argv[1])
while not select.select([gate], [], [], 0.05)[0]:
    held.append(bytearray(b"x") * (2 << 20))
    sum(range(200_000))
"""
#: Points of a line, wherever in the page its plot is.
POINTS = """
(name) => {
  for (const document of globalThis.Bokeh?.documents ?? []) {
    const source = document.get_model_by_name(name);
    if (source) return source.data.x.length;
  }
  return 0;
}
"""
#: When the bars of jobs that run end.
REACH = "() => Bokeh.documents.map((d) => d.get_model_by_name('gantt:running')?.data.right[0]).find(Boolean)"
#: What is in sight of a job's plot of CPU.
SIGHT = """
(name) => {
  const shown = Bokeh.documents.filter((one) => one.get_model_by_name(name)).at(-1);
  const {x_range, y_range} = shown.roots()[0].children[0];
  return [x_range.start, x_range.end, y_range.start, y_range.end];
}
"""
#: The colours behind the plots that are in the page.
PAPERS = """
() => Bokeh.documents.flatMap((one) => one.roots()).flatMap((root) => root.children ?? [root])
  .map((figure) => figure.background_fill_color)
"""


@dataclass
class Flow:
    """Two jobs that grow until they may go, and that may have less than they take."""

    id: int
    jobs: dict[str, int]
    gate: int

    def let_go(self) -> None:
        # Nobody reads it, so that both see it.
        os.write(self.gate, b"go")


@pytest.fixture
def flow(client: Client, tmp_path: Path) -> Iterator[Flow]:
    script = tmp_path / "growing.py"
    script.write_text(GROWING)
    need = {"name": "small", "num_cpus": 1, "memory": "16m", "runtime": "PT5M"}
    plan = {
        "workflow": {
            "name": "growing",
            "user": "tester",
            "resource_monitor_config": {
                "enabled": True,
                "granularity": "time_series",
                "sample_interval_seconds": 1,
                "flush_interval_seconds": 1,
            },
        },
        "resource_requirements": [need],
        "jobs": [
            {
                "name": f"grow_{number}",
                "command": f"exec {sys.executable} -I -S {script} {tmp_path}/gate",
                "resource_requirements": 0,
                "dependency_sets": [],
            }
            for number in (1, 2)
        ],
        "dependency_sets": [],
    }
    created = client.create_workflow_from_plan(plan)["id"]
    client.initialize_workflow(created, body={})
    ids = {job["name"]: job["id"] for job in client.list_jobs(workflow_id=created)["items"]}
    os.mkfifo(tmp_path / "gate")
    gate = os.open(tmp_path / "gate", os.O_RDWR)
    yield Flow(created, ids, gate)
    os.close(gate)


@pytest.fixture
def runner(server: TorcServer, flow: Flow, tmp_path: Path) -> Iterator[Runner]:
    started = Runner.start(server, flow.id, tmp_path, "--num-cpus", "2", "--memory-gb", "4")
    yield started
    flow.let_go()
    started.close()


def grows(page: Page, name: str, more: int = 2) -> None:
    """Wait until a line has more points than now."""
    page.wait_for_function(f"(name) => ({POINTS})(name) > 0", arg=name)
    seen = page.evaluate(POINTS, name)
    page.wait_for_function(f"([name, least]) => ({POINTS})(name) >= least", arg=[name, seen + more])


def zoom(page: Page, canvas: Locator) -> None:
    """Draw a box in a plot."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.6 * box["height"], steps=4)
    page.mouse.up()


def choose_theme(page: Page, name: str) -> None:
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.locator(".lm-Menu-item", has_text="Theme").first.hover()
    page.get_by_role("menuitem", name=name, exact=True).click()


def saved(page: Page, tool: Locator) -> bytes:
    with page.expect_download() as download:
        tool.click()
    return Path(download.value.path()).read_bytes()


def test_plots_grow_while_jobs_run_and_stay_when_they_have_ended(
    watched: Watched, lab: Lab, client: Client, flow: Flow, runner: Runner
) -> None:
    page, first = watched.page, flow.jobs["grow_1"]
    watched.run_notebook(lab.notebook("plots.ipynb", CELL.format(workflow_id=flow.id, mode="workflow")))
    view = page.locator(".jp-Torc")
    row = view.locator(".jp-Torc-rows .jp-Torc-row", has_text="grow_1")
    expect(row.locator(".jp-Torc-column-cpu")).to_contain_text("% / 100 %")
    expect(row.locator(".jp-Torc-column-memory .jp-Torc-over")).to_contain_text("MiB")
    expect(row.locator(".jp-Torc-column-memory")).to_contain_text("/ 16 MiB")
    watched.shot("resources-table")
    view.get_by_role("tab", name="Resources").click()
    grows(page, f"cpu:{first}")
    watched.shot("resources-cpu")
    view.get_by_role("button", name="Memory", exact=True).click()
    grows(page, f"memory:{first}")
    view.get_by_role("button", name="Summary").click()
    expect(view.get_by_role("figure", name="Summary")).to_be_visible()
    watched.shot("resources-summary")
    view.get_by_role("button", name="Timeline").click()
    page.wait_for_function(f"({REACH})() > 0")
    reach = page.evaluate(REACH)
    page.wait_for_function(f"(before) => ({REACH})() > before", arg=reach)
    watched.shot("resources-timeline")
    view.get_by_role("tab", name="Jobs").click()
    row.click()
    view.get_by_role("tab", name="Resources").click()
    expect(view.get_by_role("figure", name="grow_1")).to_be_visible()
    grows(page, f"processes:{first}")
    page.evaluate("scrollTo(0, 0)")
    watched.shot("resources-job")
    zoom(page, view.locator(".bk-Canvas").first)
    sight = page.evaluate(SIGHT, f"cpu:{first}")
    page.locator(".jp-Torc-plot").first.evaluate("(plot) => { plot.dataset.before = 'yes' }")
    flow.let_go()
    assert runner.process.wait(60) == 0
    expect(page.locator(".jp-Torc-plot[data-before]")).to_have_count(0)
    grew = page.evaluate(POINTS, f"cpu:{first}")
    assert grew > 0
    assert page.evaluate(SIGHT, f"cpu:{first}") == pytest.approx(sight)
    watched.shot("resources-zoomed")
    view.get_by_role("button", name="Timeline").click()
    expect(view.get_by_role("figure", name="Jobs over time")).to_be_visible()
    page.wait_for_function("Bokeh.documents.some((d) => d.get_model_by_name('gantt:completed'))")
    view.get_by_role("button", name="CPU", exact=True).click()
    page.wait_for_function(f"(name) => ({POINTS})(name) > 5", arg=f"cpu:{first}")
    view.get_by_role("tab", name="Jobs").click()
    expect(row).to_contain_text("Completed")
    expect(row.locator(".jp-Torc-column-cpu")).to_contain_text("% / 100 %")


def test_plots_of_cells_are_drawn_and_drawn_again_where_the_notebook_was_saved(
    watched: Watched, lab: Lab, flow: Flow, runner: Runner
) -> None:
    page = watched.page
    flow.let_go()
    assert runner.process.wait(60) == 0
    begin = f"import torc\nwf = torc.attach({flow.id})\n"
    watched.run_notebook(lab.notebook("cells.ipynb", f"{begin}wf.plot('gantt')", "wf.plot('summary')", WIDGET))
    drawn = page.locator(".jp-OutputArea-output")
    for at, entry in enumerate(("completed (2)", "requested", "completed (2)")):
        expect(drawn.nth(at).locator(".bk-Legend", has_text=entry).first).to_be_visible()
        expect(drawn.nth(at).locator("img[alt]")).to_be_visible(visible=False)
    watched.shot("plot-cells")
    choose_theme(page, "JupyterLab Dark")
    page.wait_for_function(f"({PAPERS})().every((colour) => colour === 'rgb(17, 17, 17)')")
    watched.shot("plot-cells-dark")
    choose_theme(page, "JupyterLab Light")
    page.wait_for_function(f"({PAPERS})().every((colour) => colour === 'rgb(255, 255, 255)')")
    page.locator(".jp-CodeCell").first.click()
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    page.locator(".lm-Menu").get_by_text("Clear Cell Output", exact=True).click()
    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    page.goto(f"{lab.url}lab/tree/cells.ipynb")
    page.reload()
    expect(drawn.first.locator(".bk-Legend", has_text="requested").first).to_be_visible()


def test_plots_of_a_notebook_that_is_not_trusted_are_pictures(
    watched: Watched, lab: Lab, flow: Flow, runner: Runner
) -> None:
    flow.let_go()
    assert runner.process.wait(60) == 0
    page, address = watched.page, lab.notebook("others.ipynb", f"import torc\ntorc.attach({flow.id}).plot('gantt')")
    watched.run_notebook(address)
    output = page.locator(".jp-OutputArea-output").first
    expect(output.locator(".bk-Legend").first).to_be_visible()
    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    notebook = nbformat.read(lab.root / "others.ipynb", as_version=4)
    notebook.cells[0].outputs[0].data["text/plain"] = "of somebody else"
    nbformat.write(notebook, lab.root / "untrusted.ipynb")
    page.goto(f"{lab.url}lab/tree/untrusted.ipynb?reset")
    picture = output.get_by_role("img", name="Jobs over time")
    expect(picture).to_be_visible()
    page.wait_for_function("(image) => image.naturalWidth > 100", arg=picture.element_handle())
    output.get_by_text("Table", exact=True).click()
    expect(output.locator("table")).to_contain_text("grow_1")
    expect(output.locator("canvas")).to_have_count(0)
    watched.shot("plot-untrusted")


def test_plots_of_the_live_view_have_the_theme_of_the_page_and_are_saved_as_png_and_svg(
    watched: Watched, lab: Lab, flow: Flow, runner: Runner
) -> None:
    page = watched.page
    lab.use_theme("JupyterLab Dark")
    watched.run_notebook(lab.notebook("follow.ipynb", CELL.format(workflow_id=flow.id, mode="resources")))
    grows(page, f"cpu:{flow.jobs['grow_1']}", 4)
    watched.shot("resources-dark")
    assert set(page.evaluate(PAPERS)) == {"#212121"}
    assert saved(page, page.locator(".bk-tool-icon-save").first).startswith(b"\x89PNG\r\n\x1a\n")
    drawing = saved(page, page.locator("[title='Save as SVG']").first)
    assert drawing.startswith(b"<svg")
    assert b"grow_1" in drawing
    choose_theme(page, "JupyterLab Light")
    page.wait_for_function(f"({PAPERS})().length && ({PAPERS})().every((colour) => colour === '#ffffff')")
    watched.shot("resources-turned-light")
