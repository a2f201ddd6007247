"""Views: nothing that users name becomes markup, and what is left without styles still says everything."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from torc.states import JobStatus
from torc.views.bar import counts_html, status_bar
from torc.views.dag import dag_html
from torc.views.failures import failures_html, failures_text
from torc.views.html import table
from torc.views.lists import SHOWN, list_html, list_line, list_text, record_html
from torc.views.picture import picture_svg
from torc.views.plan import demand_line, plan_html, plan_line
from torc.views.rerun import rerun_html, rerun_text
from torc.views.workflow import progress_html, progress_line, status_text, workflow_html, workflow_line

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "</table></div><svg/onload=alert(1)>",
    "</style><script>alert(1)</script>",
    "&lt;b&gt; & <b>",
    "javascript:alert(1)",
    "<!--",
)
_ALLOWED = {
    *("div", "style", "strong", "span", "table", "thead", "tbody", "tr", "th", "td", "details", "summary"),
    *("pre", "svg", "g", "rect", "path", "text", "title", "circle"),
}
_ATTRIBUTES = {"class", "align", "open"}
_DRAWING = {"xmlns", "width", "height", "viewbox", "role", "fill", "stroke", "stroke-width", "opacity", "text-anchor"}
_DRAWING |= {"class", "aria-hidden", "aria-label", "x", "y", "rx", "cx", "cy", "r", "d"}


class Page(HTMLParser):
    """Notes the tags and the text of a page, and refuses what a view has no use for."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.open: list[str] = []
        self.cells: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _ALLOWED
        assert {name for name, _ in attrs} <= (_DRAWING if "svg" in [*self.open, tag] else _ATTRIBUTES)
        self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.text += data
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def status(**changed: Any) -> dict[str, Any]:
    counts = {"ready": 0, "running": 2, "completed": 1200, "failed": 1, "canceled": 0}
    known = {"state": "running", "run_id": 3, "counts": counts, "total": 2000, "done": 1201, "is_complete": False}
    return {**known, "runners": 1, "rate": 3.44, "seconds_left": 75.0, "as_of": 0.0, **changed}


def plan(name: str) -> dict[str, Any]:
    stage = {
        "stage": 1,
        "trigger": {"type": "jobs_complete", "num_jobs": 1, "jobs": [name]},
        "num_jobs": 1,
        "job_groups": [name],
        "scheduler_allocations": [{"scheduler": name, "num_allocations": 2, "scheduler_type": "slurm"}],
    }
    demand = {"num_jobs": 0, "cpu_hours": 0.0, "gpu_hours": 0.0, "longest_chain": 0.0, "node_hours": 0.0}
    return {"workflow_name": name, "total_jobs": 1, "total_stages": 1, "stages": [stage], "demand": demand}


def picture(*labels: str) -> dict[str, Any]:
    """One job behind the other, a join between them."""
    nodes: list[dict[str, Any]] = [
        {"label": label, "jobs": 1 + number, "layer": 2 * number, "row": 0.0} for number, label in enumerate(labels)
    ]
    nodes.append({"label": "", "jobs": 0, "layer": 1, "row": 0.5})
    join = len(labels)
    return {
        "nodes": nodes,
        "edges": [{"source": 0, "target": join, "rows": []}, {"source": 0, "target": join - 1, "rows": [2.0]}],
    }


def group(name: str) -> dict[str, Any]:
    return {"status": "failed", "return_code": 1, "reason": name, "last_lines": [name], "jobs": [name]}


def rerun(name: str, **changed: Any) -> dict[str, Any]:
    known = {"reset_jobs": [name], "reasons": {name: name}, "dry_run": False, "missing_files": [name]}
    return {**known, "missing_user_data": [], **changed}


VIEWS: dict[str, Callable[[str], str]] = {
    "workflow": lambda name: workflow_html(name, 1, status(), note=name),
    "workflow that is not created": lambda name: workflow_html(name, None, None, parts={name: 1}, note=name),
    "jobs": lambda name: list_html(
        "jobs", name, [{"id": 1, "name": name, "status": name, "command": name}], 1, note=name
    ),
    "results": lambda name: list_html("results", name, [{"job_id": 1, "job_name": name, "reason": name}], 1),
    "events": lambda name: list_html("events", name, [{"id": 1, "event_type": name, "data": {name: name}}], 1),
    "record": lambda name: record_html(name, {name: name, "more": [name]}),
    "failures": lambda name: failures_html([group(name)], 1),
    "plan": lambda name: plan_html(plan(name)),
    "dag": lambda name: dag_html(name, 1, 0, [[name]], picture(name, name)),
    "progress": lambda name: progress_html(name, 1, status()),
    "rerun": lambda name: rerun_html(1, rerun(name)),
}


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("view", VIEWS)
def test_names_stay_text(view: str, payload: str) -> None:
    page = Page(VIEWS[view](payload))
    assert payload in page.text


@pytest.mark.parametrize("view", VIEWS)
def test_views_have_no_scripts_and_follow_the_theme(view: str) -> None:
    html = VIEWS[view]("plain")
    html = html.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"<script|\bon\w+=|javascript:|https?://|@import|url\(", html)
    assert "prefers-color-scheme: dark" in html
    assert "var(--jp-ui-font-color1, " in html
    assert html.count("<style>") == 1


def test_without_styles_a_workflow_still_says_everything() -> None:
    page = Page(workflow_html("sweep", 5, status()))
    assert "running, 1,201 of 2,000 done (1 failed), 3.4 jobs/s, about 1m 15s left" in page.text
    assert " 1,200 completed,  1 failed,  2 running" in page.text
    assert "Run 3, 1 runner, as of 1970-01-01 00:00:00 UTC" in page.text


def test_workflow_as_one_line() -> None:
    assert workflow_line("w", None, None, 1) == "<Workflow 'w': 1 job, not created yet>"
    assert workflow_line("w", 5, None) == "<Workflow 5 'w'>"
    done = status(state="complete", is_complete=True, done=2000, rate=9.0, seconds_left=None)
    assert workflow_line("w\n", 5, done) == r"<Workflow 5 'w\n': complete, 2,000 of 2,000 done (1 failed)>"
    assert status_text(status(rate=None, seconds_left=None)) == "running, 1,201 of 2,000 done (1 failed)"


def test_long_list_says_how_many_more_there_are() -> None:
    records = [{"id": number, "name": f"j{number}", "status": "ready", "command": "x" * 500} for number in range(SHOWN)]
    html = list_html("jobs", " of workflow 5", records, 10_000)
    assert "and 9,980 more" in html
    assert len(html) < 10_000
    assert list_line("jobs", " of workflow 5") == "<Jobs of workflow 5>"
    assert "more" not in list_html("jobs", "", records, SHOWN)
    text = list_text("jobs", " of workflow 5", records, 10_000)
    assert text.startswith("Jobs of workflow 5: 10,000\n╭")
    assert text.endswith("╯\nand 9,980 more")


def test_list_in_a_console_is_a_table_that_moves_no_cursor() -> None:
    record = {"id": 7, "name": "a\x1b[2J\nb", "status": "ready", "command": "ls"}
    assert list_text("jobs", "", [record], 1).splitlines() == [
        "Jobs: 1",
        "╭────┬──────┬────────┬─────────╮",
        "│ id │ name │ status │ command │",
        "├────┼──────┼────────┼─────────┤",
        "│ 7  │ a b  │ ready  │ ls      │",
        "╰────┴──────┴────────┴─────────╯",
    ]
    assert list_text("results", " of workflow 5", [], 0) == "Results of workflow 5: 0"
    assert list_text("jobs", "", [], 0, note="no server") == "<Jobs>: no server"


def test_ids_are_names_and_counts_are_numbers() -> None:
    page = Page(list_html("jobs", "", [{"id": 12345, "name": "j", "status": "ready", "command": "c"}], 12345))
    assert "12345" in page.cells
    assert "12,345" in page.text
    assert Page(table(["n"], [[12345], [None]])).cells == ["n", "12,345", ""]


def test_many_failures_are_counted() -> None:
    many = [{**group(f"g{number}"), "jobs": [f"j{number}_{job}" for job in range(12)]} for number in range(12)]
    text = failures_text(many, 144)
    assert "12 jobs failed, return code 1 (g0): j0_0, j0_1" in text
    assert "and 2 more" in text
    assert "and 24 more in 2 groups" in text
    assert "and 24 more in 2 groups" in failures_html(many, 144)
    red = [{**group("a"), "last_lines": ["\x1b[31mValueError\x1b[0m: no"]}]
    assert "    ValueError: no" in failures_text(red, 1)
    assert "<pre>ValueError: no</pre>" in failures_html(red, 1)
    assert failures_text([], 0) == "No job failed."
    assert "No job failed." in failures_html([], 0)


def test_what_a_plan_asks_for_is_one_line() -> None:
    asked = {"num_jobs": 0, "cpu_hours": 0.0, "gpu_hours": 0.0, "longest_chain": 0.0, "node_hours": 0.0}
    assert demand_line(asked) == ""
    asked |= {"num_jobs": 1200, "cpu_hours": 4800.4, "gpu_hours": 2.5, "longest_chain": 5400.0}
    said = "1,200 jobs with resources: 4,800 CPU hours and 2.5 GPU hours at most; longest chain 1h 30m"
    assert demand_line(asked) == said
    assert demand_line(asked | {"node_hours": 24.0}) == f"{said}; allocations of 24 node hours"
    assert said in Page(plan_html(plan("train") | {"demand": asked})).text


def test_plan_is_a_table_of_stages() -> None:
    page = Page(plan_html(plan("train")))
    assert page.cells[-5:] == ["1", "after train", "1", "train", "2 x train"]
    assert plan_line(plan("w")) == "<Plan of 'w': 1 job in 1 stage>"


def test_graph_is_drawn_and_said() -> None:
    html = dag_html("w", 3, 2, [["split"], ["part_{1..2}"]], picture("split", "part_*"))
    page = Page(html)
    assert "3 jobs, 2 edges, 2 stages" in page.text
    assert page.cells == ["stage", "jobs", "1", "split", "2", "part_{1..2}"]
    assert "part_* × 2" in page.text
    # The bend of a line may lie below all boxes.
    assert int(re.findall(r'height="(\d+)"', html)[0]) > 34 * 2.5
    assert "<svg" not in dag_html("empty", 0, 0, [], {"nodes": [], "edges": []})


def test_long_labels_are_shortened_and_told_in_full() -> None:
    page = Page(picture_svg(picture("x" * 100, "y")["nodes"], []))
    assert "x" * 11 + "…" + "x" * 12 in page.text
    assert "x" * 100 in page.text


def test_progress_is_a_bar_with_its_numbers() -> None:
    html = progress_html("sweep", 5, status())
    assert html.count("<rect") == 3
    assert "2 running, as of 1970-01-01 00:00:00 UTC" in Page(html).text
    assert progress_line("w", 5, status(rate=None, seconds_left=None)).startswith(
        "<Progress of workflow 5 'w': running"
    )


def test_a_bar_shows_each_status_in_its_colour_and_one_of_many_is_wide_enough_to_be_seen() -> None:
    bar = status_bar({"running": 0, "failed": 1, "completed": 9_999})
    found = re.findall(r'<rect x="([\d.]+)" y="0" width="([\d.]+)" height="10" fill="(\S+)"', bar)
    parts = [(float(left), float(width), colour) for left, width, colour in found]
    (first, long, good), (second, short, bad) = parts
    assert first == 0
    assert long > 300
    assert second > long
    assert short >= 3
    assert second + short <= 320
    assert good != bad
    assert 'aria-label="9,999 completed, 1 failed"' in bar
    assert Page(bar).text == ""
    assert status_bar({"completed": 0}) == ""


def test_every_status_has_a_look_in_words_and_as_a_shape_of_its_own() -> None:
    shown = counts_html({status.name: 1 for status in JobStatus})
    shapes = re.findall(r'<path d="([^"]+)"', shown)
    assert len(set(shapes)) == len(shapes) == len(JobStatus)
    assert all(f"1 {status.name}" in Page(shown).text for status in JobStatus)
    assert Page(counts_html({})).text == "no jobs"


def test_rerun_says_why() -> None:
    assert rerun_text(5, rerun("a", dry_run=True)) == "Workflow 5: 1 job would run again\n  a: a\n  missing: a"
    assert rerun_text(5, rerun("a", reset_jobs=[], missing_files=[])) == "Workflow 5: nothing has changed"
    many = rerun("a", reset_jobs=[f"j{number}" for number in range(30)], missing_files=[])
    assert "and 10 more" in rerun_text(5, many)
    assert "30 jobs run again" in rerun_html(5, many)
