"""Workflows in real kernels: what they display, while they wait, and that work outlives them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from workflow.home import own_database

import torc
from torc.views.live import VIEW_MIME, WIDGET_MIME

from .kernel import Kernel, Message, of_type

SECONDS = 60.0
GATED = """
import torc
wf = torc.Workflow("gated <script>")
wf.job("<script>wait", "while [ ! -e {gate} ]; do sleep 0.02; done")
wf.run(cpus=1)
"""

Start = Callable[..., Kernel]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A database whose server in the background ends with the module."""
    place = tmp_path_factory.mktemp("home")
    with own_database(place, IPYTHONDIR=str(place / "ipython")):
        yield place


@pytest.fixture
def start(home: Path, tmp_path: Path) -> Iterator[Start]:
    """Start a kernel that ends with the test."""
    kernels: list[Kernel] = []

    def call(**environment: str) -> Kernel:
        kernels.append(Kernel(tmp_path, **environment))
        return kernels[-1]

    yield call
    for kernel in kernels:
        kernel.kill()


def html(message: Message) -> str:
    return str(message["content"]["data"]["text/html"])


@pytest.mark.parametrize(
    ("environment", "has_widget"),
    [({}, False), ({"TORC_VIEWS": "page"}, False), ({"VSCODE_PID": "1"}, True)],
    ids=["unknown client", "jupyter", "vscode"],
)
def test_workflow_displays_as_text_snapshot_and_live_view(
    start: Start, tmp_path: Path, environment: dict[str, str], has_widget: bool
) -> None:
    kernel = start(**environment)
    said = kernel.run("import torc\nwf = torc.Workflow('shown')\nwf.job('<b>j', 'true')\nwf.create()")
    (shown,) = of_type(said, "execute_result")
    data: dict[str, Any] = shown["content"]["data"]
    view = data[VIEW_MIME]
    assert view["server"] == torc.server_status().url
    assert {name: view[name] for name in ("version", "name", "mode")} == {
        "version": 1,
        "name": "shown",
        "mode": "workflow",
    }
    assert data["text/plain"] == f"<Workflow {view['workflow_id']} 'shown': uninitialized, 0 of 1 done>"
    assert "0 of 1 done" in data["text/html"]
    assert (WIDGET_MIME in data) is has_widget
    assert bool(of_type(said, "comm_open")) is has_widget
    (graph,) = of_type(kernel.run("wf.dag()"), "execute_result")
    assert graph["content"]["data"][VIEW_MIME]["mode"] == "dag"
    assert "&lt;b&gt;j</text>" in html(graph)


@pytest.mark.parametrize("environment", [{}, {"TORC_VIEWS": "page"}], ids=["unknown client", "jupyter"])
def test_waiting_shows_progress_and_leaves_the_final_counts(
    start: Start, tmp_path: Path, environment: dict[str, str]
) -> None:
    kernel = start(**environment)
    kernel.run(GATED.format(gate=tmp_path / "gate"))
    cell = kernel.begin("wf.wait()")
    messages = kernel.messages(cell)
    begun = next(message for message in messages if message["msg_type"] == "display_data")
    assert begun["content"]["data"][VIEW_MIME]["mode"] == "progress"
    assert "0 of 1 done" in html(begun)
    kernel.manager.interrupt_kernel()
    said = list(messages)
    (stopped,) = of_type(said, "update_display_data")[-1:]
    assert stopped["content"]["transient"] == begun["content"]["transient"]
    assert "0 of 1 done" in html(stopped)
    (error,) = of_type(said, "error")
    assert error["content"]["ename"] == "KeyboardInterrupt"
    assert error["content"]["traceback"] == [
        f"KeyboardInterrupt: stopped waiting; the work goes on, torc.attach({kernel.value('wf.id')}) leads back to it"
    ]

    cell = kernel.begin("status = wf.wait()")
    messages = kernel.messages(cell)
    begun = next(message for message in messages if message["msg_type"] == "display_data")
    (tmp_path / "gate").touch()
    ended = of_type(list(messages), "update_display_data")[-1]
    assert "complete, 1 of 1 done" in html(ended)
    assert "1 completed" in html(ended)
    assert "<script" not in html(ended)


def test_cell_that_waits_shows_one_live_view(start: Start, tmp_path: Path) -> None:
    kernel = start(TORC_VIEWS="page")
    for name, cell in (("run", "wf.run(cpus=1, wait=True)"), ("await", "wf.run(cpus=1)\nawait wf\nwf")):
        gate = tmp_path / name
        kernel.run(GATED.replace("wf.run(cpus=1)", "").format(gate=gate))
        messages = kernel.messages(kernel.begin(cell))
        begun = next(message for message in messages if message["msg_type"] == "display_data")
        gate.touch()
        (value,) = of_type(list(messages), "execute_result")
        assert begun["content"]["data"][VIEW_MIME]["mode"] == "progress"
        assert VIEW_MIME not in value["content"]["data"]
        assert "complete, 1 of 1 done" in html(value)
    (later,) = of_type(kernel.run("wf"), "execute_result")
    assert later["content"]["data"][VIEW_MIME]["created"].endswith("Z")


def test_two_kernels_share_one_server_and_one_finishes_what_the_other_began(start: Start, tmp_path: Path) -> None:
    torc.stop_server()
    kernels = [start(), start()]
    cells = [kernel.begin("import torc; torc.connect().url") for kernel in kernels]
    said = [of_type(list(kernel.messages(cell)), "execute_result") for kernel, cell in zip(kernels, cells, strict=True)]
    addresses = {result["content"]["data"]["text/plain"] for (result,) in said}
    assert addresses == {repr(torc.server_status().url)}

    first, second = kernels
    first.run(GATED.format(gate=tmp_path / "gate"))
    number = json.loads(first.value("wf.id"))
    first.kill()
    second.run(f"wf = torc.attach({number})")
    assert "0 of 1 done" in second.value("wf.status")
    (tmp_path / "gate").touch()
    assert second.value("wf.wait()") == "<complete, 1 of 1 done>"
