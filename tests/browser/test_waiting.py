"""A cell that waits in JupyterLab: the bar below it moves while the cell runs, and the saved output has the end."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import nbformat
from nbformat.reader import NotJSONError
from playwright.sync_api import expect
from server.outside import until

from .conftest import Watched
from .lab import Lab

CELL = """import torc
wf = torc.Workflow("waited for")
wf.job("job_{{i}}", "while [ ! -e {gate}_{{i}} ]; do sleep 0.02; done", params={{"i": range(2)}})
status = wf.run(wait=True, cpus=2, memory="1g").status"""


def _saved_outputs(path: Path) -> list[nbformat.NotebookNode]:
    # It is empty for a moment while Jupyter writes it.
    with suppress(NotJSONError):
        return list(nbformat.read(path, as_version=4).cells[0].outputs)
    return []


def test_bar_of_a_cell_moves_while_it_runs_and_its_end_is_saved(watched: Watched, lab: Lab, tmp_path: Path) -> None:
    page = watched.page
    watched.run_notebook(lab.notebook("waiting.ipynb", CELL.format(gate=tmp_path / "gate")))
    bar = page.locator(".jp-TorcOutput .jp-Torc-compact:visible")
    bar.wait_for()
    expect(bar).to_contain_text("0 of 2")
    (tmp_path / "gate_0").touch()
    expect(bar).to_contain_text("1 of 2")
    expect(page.locator(".jp-InputPrompt").first).to_have_text("[*]:")
    watched.shot("waiting")
    (tmp_path / "gate_1").touch()
    expect(page.locator(".jp-InputPrompt").first).to_have_text("[1]:")
    expect(bar).to_contain_text("2 of 2")
    page.keyboard.press("Control+s")
    (output,) = until(lambda: _saved_outputs(lab.root / "waiting.ipynb"))
    assert "complete, 2 of 2 done" in output["data"]["text/html"]
    assert output["data"]["text/plain"].endswith("complete, 2 of 2 done>")
