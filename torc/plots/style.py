"""What all plots have in common: tools, axes, colours, themes, and what is shown when there is nothing to show."""

from __future__ import annotations

import re
import textwrap
from base64 import b64encode
from typing import Any, Literal

from bokeh.models import (
    AdaptiveTicker,
    BoxZoomTool,
    CrosshairTool,
    CustomJSTickFormatter,
    NumeralTickFormatter,
    PanTool,
    PrintfTickFormatter,
    ResetTool,
    SaveTool,
    WheelZoomTool,
)
from bokeh.models.annotations import Label, Title
from bokeh.models.callbacks import CustomJS
from bokeh.models.tools import CustomAction
from bokeh.palettes import Category20
from bokeh.plotting import figure
from bokeh.themes import Theme

from torc.plots.follow import UNPAINTED
from torc.plots.kinds import ThemeName

#: Neighbours differ: first the strong colours, then the pale ones.
LINE_COLOURS = (*Category20[20][::2], *Category20[20][1::2])
MAIN, SECOND, LIMIT, REST = "#1f77b4", "#8fbbd9", "#d62728", "#8a8a8a"
STATUS_COLOURS = {
    "completed": "#2ca02c",
    "failed": "#d62728",
    "terminated": "#ff7f0e",
    "canceled": "#8a8a8a",
    "running": "#1f77b4",
}

#: Characters of a line of text in an empty plot, and how high it is with none of them.
_FOLD, _LINE, _FRAME = 60, 17, 46

INKS = {
    "light": {"paper": "#ffffff", "ink": "#24292f", "faint": "#d8dee4"},
    "dark": {"paper": "#212121", "ink": "#e6e6e6", "faint": "#454a50"},
}


def page_style(theme: ThemeName) -> str:
    """Return the style sheet of a page with nothing but plots."""
    style = f"body {{ font-family: Helvetica, Arial, sans-serif; padding: 12px 16px; }}\n{_body(_inks(theme))}"
    return style + f"\n@media (prefers-color-scheme: dark) {{ {_body(INKS['dark'])} }}" if theme == "auto" else style


def _body(colours: dict[str, str]) -> str:
    return f"body {{ background: {colours['paper']}; color: {colours['ink']}; }}"


def _inks(theme: ThemeName) -> dict[str, str]:
    return INKS["dark" if theme == "dark" else "light"]


def bokeh_theme(theme: ThemeName) -> Theme:
    """Return Bokeh's form of a theme; figures themselves know none."""
    colours = _inks(theme) | ({"paper": UNPAINTED} if theme == "auto" else {})
    text = {"text_color": colours["ink"]}
    return Theme(
        json={
            "attrs": {
                "Plot": {
                    "background_fill_color": colours["paper"],
                    "border_fill_color": colours["paper"],
                    "outline_line_color": colours["faint"],
                },
                "Grid": {"grid_line_color": colours["faint"], "grid_line_alpha": 0.7},
                "Axis": {
                    "major_label_text_color": colours["ink"],
                    "axis_label_text_color": colours["ink"],
                    "axis_label_text_font_style": "normal",
                    "axis_line_color": colours["faint"],
                    "major_tick_line_color": colours["faint"],
                    "minor_tick_line_color": None,
                },
                "Title": text,
                "Label": text,
                "Legend": {
                    "background_fill_color": colours["paper"],
                    "border_line_color": colours["faint"],
                    "label_text_color": colours["ink"],
                    "background_fill_alpha": 0.85,
                },
            }
        }
    )


def plain(text: str) -> str:
    """Return text that Bokeh draws as it is: two dollar signs would begin a formula."""
    return text.replace("$$", "$\u200b$").replace("\\(", "\\\u200b(").replace("\\[", "\\\u200b[")


def new_figure(title: str, *, height: int = 260, note: str = "", **settings: Any) -> figure:
    """Return an empty figure with the tools that every plot has: pan, zoom, reset, and saving as PNG or SVG."""
    pan, zoom, wheel = PanTool(), BoxZoomTool(), WheelZoomTool()
    # With a name of its own the browser does not ask for one.
    name = re.sub(r"[^\w.-]+", "_", title)[:100].strip("_")
    saving = SaveTool(filename=name, description="Save as PNG")
    plot = figure(
        height=height,
        sizing_mode="stretch_width",
        min_border_left=80,
        # Beside a low plot not all tools would have room.
        toolbar_location="above",
        tools=[pan, zoom, wheel, CrosshairTool(dimensions="height"), ResetTool(), saving],
        active_drag=zoom,
        active_scroll=None,
        **settings,
    )
    plot.toolbar.logo = None
    plot.add_tools(_svg_tool(plot, name))
    if note:
        plot.add_layout(Title(text=plain(note), text_font_style="italic", text_font_size="11px"), "above")
    plot.add_layout(Title(text=plain(title), text_font_size="14px"), "above")
    return plot


_SVG_ICON = """
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="#7f8893">
<path d="M11 3h2v8h3l-4 4.5L8 11h3z"/>
<text x="12" y="23" font-family="sans-serif" font-size="8.5" font-weight="bold" text-anchor="middle">SVG</text>
</svg>
"""
#: The plot is painted once more, onto a surface of vectors.
_SAVE_SVG = """
const blob = await cb_context.index.find_one(plot).export("svg").to_blob();
const link = document.createElement("a");
link.href = URL.createObjectURL(blob);
link.download = name + ".svg";
link.click();
setTimeout(() => URL.revokeObjectURL(link.href), 60000);
"""


def _svg_tool(plot: figure, name: str) -> CustomAction:
    icon = "data:image/svg+xml;base64," + b64encode(_SVG_ICON.strip().encode()).decode()
    callback = CustomJS(args={"plot": plot, "name": name}, code=f"(async () => {{{_SAVE_SVG}}})()")
    return CustomAction(icon=icon, description="Save as SVG", callback=callback)


def percent_axis(axis: Any, label: str = "CPU (one core = 100 %)") -> None:
    """Make an axis show percent."""
    axis.axis_label = label
    axis.formatter = PrintfTickFormatter(format="%g %%")


def bytes_axis(axis: Any, label: str = "Memory") -> None:
    """Make an axis show bytes in binary units."""
    axis.axis_label = label
    axis.ticker = AdaptiveTicker(base=1024, mantissas=[1, 2, 4, 8, 16, 32, 64, 128, 256, 512], desired_num_ticks=5)
    axis.formatter = NumeralTickFormatter(format="0.[0] ib")


#: In the unit that fits the axis: milliseconds, seconds, or hours, minutes and seconds.
_DURATION_TICK = """
const longest = Math.max(...ticks.map(Math.abs));
if (longest < 1) return `${Number((tick * 1000).toPrecision(6))} ms`;
if (longest < 120) return `${Number(tick.toPrecision(6))} s`;
const two = (number) => String(number).padStart(2, "0");
const whole = Math.round(tick);
return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
"""


def duration_axis(axis: Any, label: str, longest: float) -> None:
    """Make an axis of up to ``longest`` seconds show durations."""
    axis.axis_label = label
    if longest >= 120:
        axis.ticker = AdaptiveTicker(base=60, mantissas=[1, 2, 5, 10, 15, 20, 30], min_interval=1)
    axis.formatter = CustomJSTickFormatter(code=_DURATION_TICK)


def show_empty(plot: figure, text: str, hint: str = "") -> None:
    """Make a figure a remark: why there is nothing in it, and what can be done about it."""
    plot.x_range.update(start=0, end=1)
    plot.y_range.update(start=0, end=1)
    plot.axis.visible = False
    plot.grid.visible = False
    # Without a renderer Bokeh warns in the browser's console.
    plot.scatter([0.5], [0.5], alpha=0)
    # What is drawn does not fold itself.
    lines = [line for part in (text, hint) for line in textwrap.wrap(part, _FOLD)]
    remark = Label(x=0, y=0, x_units="screen", y_units="screen", text=plain("\n".join(lines)), text_font_size="13px")
    plot.add_layout(remark)
    plot.update(height=_FRAME + _LINE * len(lines), min_border_left=0, toolbar_location=None, outline_line_alpha=0.0)


def finish_legend(plot: figure, place: Literal["above", "right"] = "right") -> None:
    """Put the legend beside the plot, where it covers nothing; a click on an entry hides what it stands for."""
    legend = plot.legend[0]
    legend.click_policy = "hide"
    legend.label_text_font_size = "11px"
    legend.spacing = 0
    if place == "above":
        legend.update(orientation="horizontal", spacing=12, padding=0, margin=2, border_line_alpha=0)
    plot.add_layout(legend, place)
