"""A figure as a file: a page that needs nothing else, or JSON for a page that has BokehJS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import bokeh
from bokeh.document import Document
from bokeh.embed import file_html, json_item
from bokeh.models import LayoutDOM
from bokeh.resources import INLINE

from torc.plots.follow import follow
from torc.plots.kinds import ThemeName
from torc.plots.style import INKS, bokeh_theme, page_style

_TEMPLATE = """{% extends base %}
{% block postamble %}
<style>
@style@
</style>
{% endblock %}
"""


def page(figure: LayoutDOM, title: str, theme: ThemeName = "auto") -> str:
    """Return a page with the figure and all that it needs, BokehJS included: it loads nothing."""
    from bokeh.core.templates import FILE
    from jinja2 import Template

    template = Template(_TEMPLATE.replace("@style@", page_style(theme)))
    with _alone(figure, theme):
        return file_html(figure, INLINE, title, template=template, template_variables={"base": FILE}, theme=None)


def version() -> str:
    """Return the version of BokehJS that the items need."""
    return str(bokeh.__version__)


def item(figure: LayoutDOM, theme: ThemeName = "auto") -> str:
    """Return what ``Bokeh.embed.embed_item`` takes, as JSON."""
    with _alone(figure, theme):
        return json.dumps(json_item(figure))


@contextmanager
def _alone(figure: LayoutDOM, theme: ThemeName) -> Iterator[None]:
    """Put the figure into a document of its own for a moment, so that it can be shown again, elsewhere."""
    document = Document()
    document.theme = bokeh_theme(theme)
    document.add_root(figure)
    if theme == "auto":
        document.js_on_event("document_ready", follow(INKS))
    try:
        yield
    finally:
        document.remove_root(figure)
