"""The project's own notebooks in JupyterLab, as somebody sees them who opens and runs them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator, expect

from .conftest import PICTURES, Watched
from .lab import Lab, clean_environment

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
RUN_MILLISECONDS = 240_000
#: So tall that every cell is drawn: JupyterLab leaves out what nobody sees.
TALL = {"width": 1300, "height": 6000}
HAS_RUN = re.compile(r"\[\d+\]")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The JupyterLab of somebody who has no server yet: the first notebook starts it."""
    home = tmp_path_factory.mktemp("home")
    environment = {name: value for name, value in clean_environment().items() if not name.startswith("XDG_")}
    environment |= {"HOME": str(home), "TMPDIR": str(home)}
    started = Lab(tmp_path_factory.mktemp("lab"), environment)
    for path in NOTEBOOKS.glob("*.ipynb"):
        nbformat.write(without_outputs(path), started.root / path.name)
    yield started
    started.close()
    subprocess.run([sys.executable, "-c", "import torc; torc.stop_server()"], env=environment, cwd=home, check=True)


def without_outputs(path: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    return notebook


class Notebook:
    """A notebook in the page."""

    def __init__(self, watched: Watched, lab: Lab, name: str) -> None:
        self.name, self._watched, self._lab = name, watched, lab
        self.page = watched.page
        self.page.set_viewport_size(TALL)  # type: ignore[arg-type]
        self._cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells

    def run(self) -> None:
        """Open it, run all cells, and wait for the last of them."""
        self._watched.run_notebook(f"{self._lab.url}lab/tree/{self.name}.ipynb?reset")
        code = [cell for cell in self._cells if cell.cell_type == "code"]
        prompts = self.page.locator(".jp-CodeCell .jp-InputArea-prompt")
        expect(prompts).to_have_count(len(code))
        failing = [cell for cell in code if "raises-exception" in cell.metadata.get("tags", ())]
        # JupyterLab gives errors the type of what is printed to standard error, and nothing is.
        errors = self.page.locator("[data-mime-type='application/vnd.jupyter.stderr']")
        ended = prompts.last.filter(has_text=HAS_RUN).or_(errors.nth(len(failing)))
        ended.first.wait_for(timeout=RUN_MILLISECONDS)
        assert len(errors.all()) == len(failing), errors.all_inner_texts()

    def output(self, source: str | re.Pattern[str]) -> Locator:
        """Return the output of the one cell with this in its code."""
        return (
            self.page.locator(".jp-CodeCell")
            .filter(has=self.page.locator(".jp-Editor", has_text=source))
            .locator(".jp-Cell-outputArea")
        )

    def look(self) -> None:
        """Keep pictures of it in both themes, for people to look at."""
        if not PICTURES:
            return
        self._watched.shot(f"{self.name}-light")
        self._use("JupyterLab Dark")
        self._watched.shot(f"{self.name}-dark")
        self._use("JupyterLab Light")

    def _use(self, theme: str) -> None:
        self.page.get_by_role("menuitem", name="Settings", exact=True).click()
        self.page.locator(".lm-Menu-item", has_text=re.compile("^Theme")).first.hover()
        self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{theme}$")).click()
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
        # It covers the page while the styles come.
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")


Open = Callable[[str], Notebook]


@pytest.fixture
def ran(watched: Watched, lab: Lab) -> Open:
    def run(name: str) -> Notebook:
        notebook = Notebook(watched, lab, name)
        notebook.run()
        return notebook

    return run


def shows_end(view: Locator, jobs: int) -> None:
    """Wait until a live view has heard from the server that all jobs have ended."""
    expect(view.locator(".jp-Torc-line-live")).to_be_visible()
    expect(view.locator(".jp-Torc-outlook")).to_contain_text(f"{jobs} of {jobs} done")


def test_first_steps(ran: Open) -> None:
    notebook = ran("01_first_steps")
    # The cell had its output when the first job had not ended.
    shows_end(notebook.output("name: hello"), 4)
    shows_end(notebook.output(re.compile("(?<!= )%torc show")), 4)
    expect(notebook.output("--job greet_Ada")).to_contain_text("Hello, Ada!")
    expect(notebook.output("name: wrong")).to_contain_text("did you mean 'command'?")
    notebook.look()


def test_diamond_with_files(ran: Open) -> None:
    notebook = ran("02_diamond_with_files")
    shows_end(notebook.output("wf.run("), 4)
    expect(notebook.output("wf.rerun()")).to_contain_text("september,85")
    expect(notebook.output("dag = wf.dag()")).to_contain_text("('prepare', 'find')")
    notebook.look()


def test_sweep_digits(ran: Open) -> None:
    notebook = ran("03_sweep_digits")
    shows_end(notebook.output("%torc run"), 11)
    expect(notebook.output("imshow").locator("img")).to_be_visible()
    for plot in ("gantt", "memory"):
        expect(notebook.output(f'wf.plot("{plot}")').locator("canvas").first).to_be_visible()
    notebook.look()


def test_map_a_function(ran: Open) -> None:
    notebook = ran("04_map_a_function")
    expect(notebook.output("def collatz")).to_contain_text("143, 327")
    expect(notebook.output("os.abort")).to_contain_text("killed by SIGABRT")
    notebook.look()


def test_debug_and_rerun(ran: Open) -> None:
    notebook = ran("05_debug_and_rerun")
    view = notebook.output("%torc run --wait")
    shows_end(view, 7)
    # The second run is in the view of the first.
    expect(view).to_contain_text("run 2")
    expect(view.locator(".jp-Torc-count")).to_have_text(["Completed7"])
    expect(notebook.output("wf.rerun(dry_run=True)")).to_contain_text("mean_flims")
    notebook.look()


def test_resource_tuning(ran: Open) -> None:
    notebook = ran("06_resource_tuning")
    expect(notebook.output("wf.plot(").locator("canvas").first).to_be_visible()
    expect(notebook.output("check-resource-utilization {wf.id} --all")).to_contain_text("No resource over-utilization")
    notebook.look()


def test_build_with_forms(ran: Open) -> None:
    notebook = ran("07_build_with_forms")
    form = notebook.output("torc.form(\n")
    expect(form.get_by_role("button", name="Create", exact=True)).to_be_enabled()
    shows_end(notebook.output("wf.run(wait=True)"), 5)
    notebook.look()
