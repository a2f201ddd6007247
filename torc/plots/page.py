"""A figure as a file: a page that needs nothing else, or JSON for a page that has BokehJS."""

from __future__ import annotations

import json

import bokeh
from bokeh.embed import file_html, json_item
from bokeh.model import Model
from bokeh.models import LayoutDOM
from bokeh.resources import INLINE

from torc.plots.style import ThemeName, bokeh_theme, ink, paper

_TEMPLATE = """{% extends base %}
{% block postamble %}
<style>
  body { background: @paper@; color: @ink@; font-family: Helvetica, Arial, sans-serif; padding: 12px 16px; }
</style>
{% endblock %}
"""


def page(figure: LayoutDOM, title: str, theme: ThemeName = "light") -> str:
    """Return a page with the figure and all that it needs, BokehJS included: it loads nothing."""
    from bokeh.core.templates import FILE
    from jinja2 import Template

    template = Template(_TEMPLATE.replace("@paper@", paper(theme)).replace("@ink@", ink(theme)))
    html = file_html(
        figure, INLINE, title, template=template, template_variables={"base": FILE}, theme=bokeh_theme(theme)
    )
    _let_go(figure)
    return html


def version() -> str:
    """Return the version of BokehJS that the items need."""
    return str(bokeh.__version__)


def item(figure: LayoutDOM, theme: ThemeName = "light") -> str:
    """Return what ``Bokeh.embed.embed_item`` takes, as JSON."""
    text = json.dumps(json_item(figure, theme=bokeh_theme(theme)))
    _let_go(figure)
    return text


def _let_go(figure: Model) -> None:
    """Take the figure out of the document it was put into, so that it can be shown again, elsewhere."""
    document = figure.document
    if document is not None:
        document.remove_root(figure)
