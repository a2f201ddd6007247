"""Pages in a real browser: drawn, quiet, and without any request."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest

from torc.plots.bars import summary
from torc.plots.gantt import gantt
from torc.plots.lines import comparison, job_figure, node_figure
from torc.plots.page import page

from .conftest import make_metrics

HOSTILE = "</script><img src=x onerror=alert(1)> $$\\frac{a}{b}$$ @x{safe} <b>"
#: How many pixels of the first plot's canvas differ from its corner.
DRAWN = """() => {
  const canvas = [...document.querySelectorAll('*')].flatMap(deep).find(e => e.tagName === 'CANVAS' && e.width > 300)
  function deep(e) { return e.shadowRoot ? [e, ...[...e.shadowRoot.querySelectorAll('*')].flatMap(deep)] : [e] }
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
  let count = 0
  for (let i = 4; i < data.length; i += 4)
    if (data[i] !== data[0] || data[i + 1] !== data[1] || data[i + 2] !== data[2]) count++
  return count
}"""
first_job = partial(job_figure, job_id=1)
cpu, memory = (partial(comparison, metric=metric) for metric in ("cpu", "memory"))
FIGURE = "Bokeh.documents[0].roots()[0]"


def first_node(metrics):
    return node_figure(metrics.nodes[0])


@pytest.mark.parametrize("make", [first_job, cpu, memory, summary, gantt, first_node])
def test_a_page_is_drawn_without_trouble_and_loads_nothing(show, make):
    shown = show(page(make(make_metrics(30)), "title"))
    assert shown.trouble == []
    assert [url for url in shown.requests if not url.startswith("data:")] == [shown.page.url]
    assert shown.value(DRAWN) > 1000


@pytest.mark.parametrize(("make", "many"), [(first_job, 1), (cpu, 30), (summary, 3), (gantt, 3), (gantt, 80)])
def test_names_of_jobs_are_only_text(show, make, many):
    metrics = make_metrics(many, name=HOSTILE)
    shown = show(page(make(metrics), HOSTILE))
    assert shown.trouble == []
    assert shown.page.title() == HOSTILE
    assert shown.page.locator("img").count() == 0


def test_a_click_in_the_legend_hides_a_line_and_another_shows_it(show):
    shown = show(page(comparison(make_metrics(3), "cpu"), "legend"))
    visible = f"{FIGURE}.renderers.map(r => r.visible)"
    assert shown.value(visible) == [True, True, True]
    entry = shown.page.locator(".bk-Legend .bk-item").first
    entry.click()
    assert shown.value(visible).count(False) == 1
    entry.click()
    assert shown.value(visible) == [True, True, True]


def test_the_mouse_over_a_bar_tells_what_it_is(show):
    shown = show(page(gantt(make_metrics(1)), "hover"))
    box = shown.page.locator(".bk-Canvas").first.bounding_box()
    shown.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.45)
    tip = shown.page.locator(".bk-tooltip-content").first
    tip.wait_for(timeout=5000)
    assert "1 job1" in tip.inner_text()
    assert "completed" in tip.inner_text()


def saved(shown, tool: str) -> tuple[str, bytes]:
    with shown.page.expect_download() as download:
        shown.page.locator(tool).first.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_saving_gives_a_png_and_an_svg(show):
    shown = show(page(comparison(make_metrics(2), "cpu"), "save"))
    name, content = saved(shown, ".bk-tool-icon-save")
    assert name == "CPU_of_all_jobs.png"
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    name, content = saved(shown, "[title='Save as SVG']")
    assert name == "CPU_of_all_jobs.svg"
    root = ElementTree.fromstring(content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = "".join(root.itertext())
    assert "CPU of all jobs" in words
    assert "2 job2" in words
    # Lines as lines; only the swatches of the legend are pictures.
    assert root.findall(".//{*}path")
    assert all(float(picture.get("width")) <= 20 for picture in root.findall(".//{*}image"))


@pytest.mark.parametrize(("theme", "paper"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(33, 33, 33)")])
def test_paper_and_plots_have_the_themes_colour(show, theme, paper):
    shown = show(page(gantt(make_metrics(2)), "theme", theme))
    assert shown.value("getComputedStyle(document.body).backgroundColor") == paper
    red, green, blue = (int(part) for part in paper.removeprefix("rgb(").removesuffix(")").split(","))
    assert shown.value(f"{FIGURE}.background_fill_color") == f"#{red:02x}{green:02x}{blue:02x}"


def test_thousands_of_jobs_are_drawn(show):
    shown = show(page(gantt(make_metrics(5000, samples=1)), "many"))
    assert shown.trouble == []
    assert shown.value(DRAWN) > 1000
