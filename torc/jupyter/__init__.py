"""The door of torc in a Jupyter server: pages reach this user's torc server under ``base_url`` + ``torc/``."""

from __future__ import annotations

import os
from typing import Any

from torc.views.live import VARIABLE


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "torc.jupyter"}]


def _load_jupyter_server_extension(app: Any) -> None:
    from torc.jupyter.handlers import handlers

    app.web_app.add_handlers(".*$", handlers(app.web_app.settings["base_url"]))
    # Kernels take it over: their front end is a page that reaches the server by itself.
    os.environ.setdefault(VARIABLE, "page")
    app.log.info("torc: pages reach your workflows below %storc/", app.web_app.settings["base_url"])
