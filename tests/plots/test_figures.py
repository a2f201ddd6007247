"""What the figures hold, without a browser."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from bokeh.models import Legend, MultiLine, Plot
from bokeh.models.annotations import Label, Span, Title
from bokeh.models.glyphs import HBar, Line
from hypothesis import given
from hypothesis import strategies as st

from torc.plots import bars, lines
from torc.plots.bars import summary
from torc.plots.data import Attempt, JobInfo, Metrics, Samples
from torc.plots.gantt import gantt, lanes
from torc.plots.lines import comparison, job_figure, node_figure
from torc.plots.page import item, page
from torc.plots.style import plain
from torc.plots.thinning import columns, kept

from .conftest import MB, START, make_metrics


def titles(figure) -> str:
    return " ".join(title.text for title in figure.select({"type": Title}))


def labels(figure) -> list[str]:
    return [label.text for label in figure.select({"type": Label})]


def entries(figure) -> list[str]:
    parts = getattr(figure, "children", [figure])
    return [entry.label.value for part in parts for legend in part.legend for entry in legend.items]


def test_a_job_is_shown_with_what_it_asked_for():
    figure = job_figure(make_metrics(2), 2)
    assert "Job 2 job2" in titles(figure)
    assert entries(figure) == ["CPU", "requested CPUs", "memory", "requested memory", "processes"]
    assert {span.location for span in figure.select({"type": Span})} == {100.0, 2 * MB}
    assert all(legend.click_policy == "hide" for legend in figure.select({"type": Legend}))


def test_a_request_just_above_the_use_is_in_view_and_a_far_one_does_not_flatten_the_curve():
    metrics = make_metrics(1)
    metrics.jobs[1].num_cpus, metrics.jobs[1].memory_bytes = 2, 1000 * MB
    cpu, memory, _ = job_figure(metrics, 1).children
    limits = [next(one for one in part.renderers if one.glyph.line_dash) for part in (cpu, memory)]
    assert limits[0].data_source.data["y"][0] > 200
    assert math.isnan(limits[1].data_source.data["y"][0])


def test_memory_that_a_job_never_asked_for_is_no_limit():
    metrics = make_metrics(1)
    metrics.jobs[1].memory_bytes = MB
    assert "requested memory" not in entries(job_figure(metrics, 1))
    _, memory, _ = summary(metrics).children
    assert np.isnan(memory.renderers[0].data_source.data["requested"]).all()


def test_a_job_without_known_request_has_no_line_for_it(older_database):
    from torc.plots.data import read_metrics

    assert entries(job_figure(read_metrics([older_database]), 5)) == ["CPU", "memory", "processes"]


def test_attempts_are_separated_by_a_gap():
    x, y = columns([1.0, 2.0, 10.0, 11.0], [5.0, 6.0, 7.0, 8.0], [1, 1, 2, 2], 100)
    assert x.tolist() == [1000.0, 2000.0, 10000.0, 10000.0, 11000.0]
    assert np.array_equal(y, [5.0, 6.0, math.nan, 7.0, 8.0], equal_nan=True)


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=400), st.integers(4, 50))
def test_thinning_keeps_ends_peaks_and_order(values, most):
    places = kept(values, most).tolist()
    assert places == sorted(set(places))
    assert (places[0], places[-1]) == (0, len(values) - 1)
    assert len(places) <= most + 3
    chosen = [values[place] for place in places]
    assert (min(chosen), max(chosen)) == (min(values), max(values))


def test_a_comparison_names_the_highest_and_shows_the_others_grey(monkeypatch):
    monkeypatch.setattr(lines, "MOST_LINES", 30)
    figure = comparison(make_metrics(40, samples=3), "memory")
    assert entries(figure) == ["other jobs", *(f"{job_id} job{job_id}" for job_id in range(40, 20, -1))]
    assert "20 highest of 40 jobs in colour, the next 10 grey" in titles(figure)
    (grey,) = [renderer for renderer in figure.renderers if isinstance(renderer.glyph, MultiLine)]
    assert grey.data_source.data["job"] == [f"{job_id} job{job_id}" for job_id in range(20, 10, -1)]


def test_few_jobs_are_compared_without_a_note():
    figure = comparison(make_metrics(3), "cpu")
    assert titles(figure).strip() == "CPU of all jobs"
    assert sum(isinstance(renderer.glyph, Line) for renderer in figure.renderers) == 3


def test_the_summary_has_peak_and_average_of_the_highest(monkeypatch):
    monkeypatch.setattr(bars, "MOST_BARS", 2)
    cpu, memory, _ = summary(make_metrics(3, samples=2)).children
    assert cpu.y_range.factors == ["2 job2", "3 job3"]
    data = cpu.renderers[0].data_source.data
    assert (data["peak"], data["average"], data["requested"]) == ([200.0, 300.0], [150.0, 225.0], [100.0, 100.0])
    assert "the 2 highest of 3 jobs" in titles(cpu)
    assert memory.renderers[0].data_source.data["peak"] == [2 * MB, 3 * MB]


def test_a_peak_between_samples_counts():
    metrics = make_metrics(1)
    metrics.attempts[0].peak_memory_bytes = 9 * MB
    memory = summary(metrics).children[1]
    assert memory.renderers[0].data_source.data["peak"] == [9 * MB]


def test_few_jobs_have_a_row_each_with_their_name():
    figure = gantt(make_metrics(4))
    assert figure.yaxis[0].major_label_overrides == {row: f"{row + 1} job{row + 1}" for row in range(4)}
    assert entries(figure) == ["completed (3)", "failed (1)"]
    done = figure.renderers[0]
    assert isinstance(done.glyph, HBar)
    assert done.data_source.data["left"] == [(START + job) * 1000 for job in (1, 2, 4)]
    assert done.data_source.data["took"] == ["20.0s"] * 3


def test_a_job_that_still_runs_reaches_to_the_last_known_moment():
    metrics = make_metrics(2)
    metrics.attempts[1].end, metrics.attempts[1].status = None, "running"
    running = gantt(metrics).renderers[1]
    assert running.data_source.data["right"] == [(START + 21) * 1000]


def test_many_jobs_share_rows():
    figure = gantt(make_metrics(300, samples=4))
    rows = {row for renderer in figure.renderers for row in renderer.data_source.data["row"]}
    assert rows == {0, 1, 2, 3}
    assert figure.yaxis[0].axis_label == "Jobs at a time"


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 20)), max_size=60))
def test_bars_in_a_row_never_overlap_and_rows_are_as_few_as_can_be(spans):
    attempts = [Attempt(1, 1, start, start + took, "completed") for start, took in sorted(spans)]
    rows = lanes(attempts, 0.0)
    ends: dict[int, float] = {}
    for attempt, row in zip(attempts, rows, strict=True):
        assert ends.get(row, attempt.start) <= attempt.start
        ends[row] = attempt.end
    most = max(
        (sum(other.start <= it.start < other.end or other is it for other in attempts) for it in attempts), default=0
    )
    assert len(set(rows)) <= most + sum(it.start == it.end for it in attempts)


def test_a_machine_is_shown_with_all_its_memory():
    figure = node_figure(make_metrics(1).nodes[0])
    assert "Compute node node-a" in titles(figure)
    assert [span.location for span in figure.select({"type": Span})] == [4096 * MB]


@pytest.mark.parametrize(
    "make",
    [
        lambda metrics: job_figure(metrics, 1),
        lambda metrics: comparison(metrics, "cpu"),
        lambda metrics: comparison(metrics, "memory"),
        summary,
        gantt,
    ],
)
def test_without_samples_the_figure_says_so(make):
    empty = Metrics(jobs=make_metrics(1).jobs, samples={1: Samples()})
    figure = make(empty)
    assert any("No samples" in text or "No job has run" in text for text in labels(figure))
    assert all(plot.height < 130 for plot in figure.select({"type": Plot}))
    assert page(figure, "empty")


def test_a_figure_can_be_shown_twice_in_either_theme():
    figure = comparison(make_metrics(2), "cpu")
    light, dark = json.loads(item(figure)), json.loads(item(figure, "dark"))
    assert light["version"] == dark["version"]
    assert "#212121" in json.dumps(dark)
    assert "#15191f" not in json.dumps(light)
    assert "#212121" in page(figure, "dark", "dark")


def test_names_that_look_like_formulas_stay_text():
    assert "$$" not in plain("$$x$$")
    assert plain(r"\(x\)").startswith("\\\u200b(")
    assert plain("costs $5") == "costs $5"


def test_why_a_plot_is_empty_is_told_in_short_lines():
    metrics = Metrics({2: JobInfo(2, "idle")}, hint="set 'granularity: time_series' to keep the samples of jobs")
    told = labels(job_figure(metrics, 2))
    assert len(told) == 1
    assert max(map(len, told[0].splitlines())) <= 60
