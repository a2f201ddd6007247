"""Which front end is there, and what it is given."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import IPython
import pytest

from torc import jupyter
from torc.views.display import Displayed
from torc.views.live import VIEW_MIME, WIDGET_MIME, View, bundle, front_end


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The shell of a kernel whose front end has not said who it is."""
    for name in ("TORC_VIEWS", "VSCODE_PID"):
        monkeypatch.delenv(name, raising=False)
    made = SimpleNamespace(kernel=object(), user_ns={})
    monkeypatch.setattr(IPython, "get_ipython", lambda: made)
    return made


def test_front_end_is_told_by_the_environment(shell: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert front_end() == "static"
    shell.user_ns["__vsc_ipynb_file__"] = "/a.ipynb"
    assert front_end() == "widget"
    monkeypatch.setenv("VSCODE_PID", "1")
    shell.user_ns.clear()
    assert front_end() == "widget"
    for chosen in ("page", "widget", "static"):
        monkeypatch.setenv("TORC_VIEWS", chosen)
        assert front_end() == chosen
    monkeypatch.setenv("TORC_VIEWS", "nonsense")
    assert front_end() == "widget"


def test_terminals_have_no_front_end(shell: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORC_VIEWS", "page")
    del shell.kernel
    assert front_end() is None
    monkeypatch.setattr(IPython, "get_ipython", lambda: None)
    assert front_end() is None


def test_widget_is_made_only_where_it_is_shown(shell: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Widget:
        def _repr_mimebundle_(self) -> tuple[dict[str, Any], dict[str, Any]]:
            made.append("made")
            return {"text/plain": "a widget", WIDGET_MIME: {"model_id": "m"}}, {}

    view = View(5, "w", "http://127.0.0.1:1", "dag", Widget)
    shown = bundle("text", "<b>", view)
    assert shown == {"text/plain": "text", "text/html": "<b>", VIEW_MIME: view.data()}
    assert view.data() == {"version": 1, "workflow_id": 5, "name": "w", "mode": "dag", "server": "http://127.0.0.1:1"}
    assert View(5, "w", "", created="2026-11-21T10:00:00.000Z").data()["created"] == "2026-11-21T10:00:00.000Z"
    assert not made
    monkeypatch.setenv("TORC_VIEWS", "widget")
    assert bundle("text", "<b>", view) == {**shown, WIDGET_MIME: {"model_id": "m"}}


def test_without_anywidget_the_snapshot_remains(shell: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Any:
        raise ImportError("anywidget")

    monkeypatch.setenv("TORC_VIEWS", "widget")
    assert WIDGET_MIME not in bundle("text", "<b>", View(5, "w", "", widget=missing))


def test_display_without_a_live_view_has_text_and_snapshot() -> None:
    class Thing(Displayed):
        def _html(self) -> str:
            return "<p>thing</p>"

        def __repr__(self) -> str:
            return "<thing>"

    assert Thing()._repr_mimebundle_() == {"text/plain": "<thing>", "text/html": "<p>thing</p>"}
    with pytest.raises(TypeError, match="abstract"):
        Displayed()  # type: ignore[abstract]


def test_asking_for_the_front_end_loads_nothing() -> None:
    program = "import sys, torc.views.live as live; live.front_end(); print('IPython' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"


def test_jupyter_tells_its_kernels_that_its_pages_show_views(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORC_VIEWS", "")
    monkeypatch.delenv("TORC_VIEWS")
    added: list[Any] = []
    app = SimpleNamespace(
        web_app=SimpleNamespace(settings={"base_url": "/"}, add_handlers=lambda *given: added.append(given)),
        log=SimpleNamespace(info=lambda *_: None),
    )
    jupyter._load_jupyter_server_extension(app)
    assert added
    assert os.environ["TORC_VIEWS"] == "page"
