"""Plots of a workflow's jobs in Python: shown, saved, and a table where nothing draws."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import torc
from torc.errors import InvalidInput, NotInstalled, TorcError
from torc.plots import script
from torc.plots.script import PLOTS_MIME


@pytest.fixture(scope="module")
def ended(home: Path) -> Iterator[torc.Workflow]:
    """A workflow whose one job had a name that is a program."""
    wf = torc.Workflow("plotted")
    wf.job("<script>alert(1)</script>", "sleep 0.4", cpus=1, memory="64m")
    yield wf.run(wait=True, output_dir=home / "output")


@pytest.mark.parametrize("kind", ["summary", "gantt", "cpu", "memory", "nodes"])
def test_each_plot_says_what_it_is(ended, kind):
    plot = ended.plot(kind)
    assert repr(plot) == f"<Plot {plot.title!r}: 1 job>"


def test_a_display_has_a_picture_and_a_table_and_what_bokehjs_draws_but_no_script(ended):
    shown = ended.plot("gantt")._repr_mimebundle_()
    html, plots = shown["text/html"], shown[PLOTS_MIME]
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "1 CPU, 64" in html
    picture = base64.b64decode(re.search(r'src="data:image/svg\+xml;base64,([^"]*)"', html)[1]).decode()
    # Long names keep their ends.
    assert "&lt;script" in picture
    assert "<script" not in picture
    assert (plots["version"], len(plots["items"])) == (1, 1)
    assert len(html) + len(json.dumps(plots)) < 60_000


def test_a_plot_of_one_job_is_found_by_its_name(ended):
    name = "<script>alert(1)</script>"
    assert ended.plot(job=name).title == ended.plot(job=ended.job(name).id).title == f"Job {ended.job(name).id} {name}"


def test_a_plot_is_saved_as_a_page_or_as_json(ended, place):
    page = ended.plot("gantt").save(place / "deep" / "jobs.html")
    assert page.read_text().startswith("<!DOCTYPE html>")
    document = json.loads(ended.plot("gantt", theme="dark").save("jobs.json").read_text())
    assert "#212121" in json.dumps(document["doc"])
    (place / "file").touch()
    with pytest.raises(TorcError, match="cannot write"):
        ended.plot("gantt").save(place / "file" / "jobs.html")


def test_what_is_not_there_is_named(ended, monkeypatch):
    with pytest.raises(InvalidInput, match="'pie' is not a kind"):
        ended.plot("pie")
    with pytest.raises(InvalidInput, match="needs a job"):
        ended.plot("job")
    with pytest.raises(InvalidInput, match="'pink' is not a theme"):
        ended.plot(theme="pink")
    monkeypatch.setattr(script.util, "find_spec", lambda name: None)
    with pytest.raises(NotInstalled, match="torc\\[plots\\]"):
        ended.plot()
