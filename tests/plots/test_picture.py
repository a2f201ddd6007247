"""Plots as pictures without a script."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from torc.plots.data import Attempt, JobInfo, Metrics, Samples
from torc.plots.drawing import durations, image, moments, percents, sizes
from torc.plots.picture import picture

from .conftest import START, make_metrics

KINDS = [("cpu", None), ("memory", None), ("summary", None), ("gantt", None), ("nodes", None), ("job", 2)]


def texts(svg: str) -> list[str]:
    return ["".join(element.itertext()) for element in ElementTree.fromstring(svg) if element.tag.endswith("text")]


@pytest.mark.parametrize(("kind", "job_id"), KINDS, ids=[kind for kind, _ in KINDS])
def test_each_plot_is_a_small_picture_that_keeps_names_as_text(kind, job_id):
    metrics = make_metrics(400, samples=500, name="<script>&")
    svg = picture(metrics, kind, job_id)
    assert texts(svg)
    assert "<script" not in svg
    assert len(svg) < 80_000


@pytest.mark.parametrize(("kind", "job_id"), KINDS, ids=[kind for kind, _ in KINDS])
def test_of_nothing_there_is_no_picture(kind, job_id):
    assert picture(Metrics({2: JobInfo(2, "idle")}), kind, job_id) == ""


def test_what_a_job_asked_for_is_a_dashed_line_where_it_is_near_and_told_where_it_is_far():
    metrics = make_metrics(1)
    near = picture(metrics, "job", 1)
    assert near.count("stroke-dasharray") == 2
    metrics.jobs[1].num_cpus, metrics.jobs[1].memory_bytes = 64, 2**40
    far = picture(metrics, "job", 1)
    assert "stroke-dasharray" not in far
    assert {"requested: 6400 %", "requested: 1.0TB"} <= set(texts(far))


def test_one_sample_is_a_dot_and_a_moment_has_a_time():
    metrics = Metrics({1: JobInfo(1, "short")}, {1: Samples([START], [50.0], [2**20], [1], [1])})
    metrics.attempts.append(Attempt(1, 1, START, START + 0.02, "completed"))
    assert picture(metrics, "job", 1).count("<circle") == 3
    assert any(re.fullmatch(r"\d\d:\d\d:\d\d\.020", text) for text in texts(picture(metrics, "gantt")))


def test_a_gap_between_attempts_is_a_gap_in_the_line():
    metrics = make_metrics(1)
    metrics.samples[1].attempts[10:] = [2] * 10
    paths = re.findall(r'<path d="([^"]*)"', picture(metrics, "cpu"))
    assert [path.count("M") for path in paths] == [2]


@given(st.floats(min_value=1e-3, max_value=1e15))
def test_axes_have_a_few_marks(high):
    for marks in (percents, sizes, durations):
        values = list(marks(high))
        assert 1 <= len(values) <= 9
        assert values[0] == 0
        assert values[-1] <= high


@given(st.floats(min_value=0, max_value=2e9), st.floats(min_value=0, max_value=1e8))
@example(5e-324, 8.0)
def test_time_has_a_few_marks(low, span):
    shown = list(moments(low, low + span))
    assert len(shown) <= 9
    assert all(low <= moment <= low + span for moment in shown)


def test_an_image_says_what_it_shows():
    shown = image("<svg/>", 'a "job"')
    assert 'alt="a &quot;job&quot;"' in shown
    assert base64.b64decode(re.search('base64,([^"]*)', shown)[1]) == b"<svg/>"
