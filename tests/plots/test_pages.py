"""Pages in a real browser: drawn, quiet, and without any request."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest

from torc.plots.bars import summary
from torc.plots.gantt import gantt
from torc.plots.lines import comparison, job_figure, node_figure
from torc.plots.page import item, page
from torc.plots.script import read_script

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
    shown.page.wait_for_function(f"{visible}.filter(shown => !shown).length === 1")
    entry.click()
    shown.page.wait_for_function(f"{visible}.every(Boolean)")


def test_the_mouse_over_a_bar_tells_what_it_is(show):
    shown = show(page(gantt(make_metrics(1)), "hover"))
    box = shown.page.locator(".bk-Canvas").first.bounding_box()
    shown.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.45)
    tip = shown.page.locator(".bk-tooltip-content").first
    tip.wait_for()
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


PAPER = f"{FIGURE}.background_fill_color"


@pytest.mark.parametrize(("theme", "paper"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(33, 33, 33)")])
def test_paper_and_plots_have_the_themes_colour_whatever_the_reader_prefers(show, theme, paper):
    shown = show(page(gantt(make_metrics(2)), "theme", theme), "dark" if theme == "light" else "light")
    assert shown.value("getComputedStyle(document.body).backgroundColor") == paper
    red, green, blue = (int(part) for part in paper.removeprefix("rgb(").removesuffix(")").split(","))
    assert shown.value(PAPER) == f"#{red:02x}{green:02x}{blue:02x}"


@pytest.mark.parametrize("make", [first_job, cpu, summary])
def test_a_page_has_the_colours_that_the_readers_browser_prefers(show, make):
    colours = """() => [...new Set([...Bokeh.documents[0].all_models].flatMap((model) => [...model])
        .filter((property) => property.attr.endsWith("_color")).map((property) => property.get_value())
        .map((value) => value?.value ?? value))]"""
    shown = show(page(make(make_metrics(30)), "theme"), "dark")
    in_the_dark = shown.value(colours)
    assert {"rgb(33, 33, 33)", "#e6e6e6", "#454a50"}.issubset(in_the_dark)
    assert not {"#ffffff", "#24292f", "#d8dee4"}.intersection(in_the_dark)
    shown.page.emulate_media(color_scheme="light")
    shown.page.wait_for_function(f"({colours})().includes('rgb(255, 255, 255)')")
    in_the_light = shown.value(colours)
    assert {"rgb(255, 255, 255)", "#24292f", "#d8dee4"}.issubset(in_the_light)
    assert not {"rgb(33, 33, 33)", "#e6e6e6", "#454a50"}.intersection(in_the_light)
    assert shown.trouble == []


def embedded(*plots) -> str:
    """Return a dark page of somebody else with plots in it."""
    drawn = [item(plot).replace("</", "<\\/") for plot in plots]
    places = "".join(f"<div id=place-{number}></div>" for number in range(len(drawn)))
    calls = "".join(f"Bokeh.embed.embed_item({one}, 'place-{number}');" for number, one in enumerate(drawn))
    return (
        "<!DOCTYPE html><style>[data-dark] { background: #111 } div { background: rgba(0, 0, 0, 0) }</style>"
        f"<body data-dark>{places}<script>{read_script().decode()}</script><script>{calls}</script>"
    )


def test_a_plot_in_a_page_takes_what_is_behind_it_also_when_that_changes(show):
    shown = show(embedded(gantt(make_metrics(2))))
    assert shown.value(PAPER) == "rgb(17, 17, 17)"
    shown.page.evaluate("document.body.removeAttribute('data-dark')")
    shown.page.wait_for_function(f"{PAPER} === 'rgb(255, 255, 255)'")
    assert json.loads(item(gantt(make_metrics(2)), "light"))["doc"].get("callbacks") is None


def test_the_axis_of_run_times_has_the_unit_that_fits(show):
    ticks = {
        0.0042: ["0 ms", "1 ms", "2 ms", "3 ms", "4 ms"],
        0.4: ["0 ms", "100 ms", "200 ms", "300 ms", "400 ms"],
        40: ["0 s", "10 s", "20 s", "30 s", "40 s"],
        400: ["0:00:00", "0:01:00", "0:02:00", "0:03:00", "0:04:00", "0:05:00", "0:06:00", "0:07:00"],
        9000: ["0:00:00", "0:30:00", "1:00:00", "1:30:00", "2:00:00", "2:30:00"],
    }
    plots = []
    for seconds in ticks:
        metrics = make_metrics(1)
        metrics.attempts[0].end = metrics.attempts[0].start + seconds
        plots.append(summary(metrics))
    shown = show(embedded(*plots))
    shown.page.wait_for_function(f"Bokeh.documents.length === {len(plots)} && Bokeh.documents.every(d => d.is_idle)")
    labels = """() => Bokeh.documents.map((one) => {
      const axis = Bokeh.index.find_one(one.roots()[0].children[2].below[0])
      return axis.compute_labels(axis.tick_coords.major[0]).items.map((label) => label.text)
    })"""
    assert shown.value(labels) == list(ticks.values())


def test_thousands_of_jobs_are_drawn(show):
    shown = show(page(gantt(make_metrics(5000, samples=1)), "many"))
    assert shown.trouble == []
    assert shown.value(DRAWN) > 1000
