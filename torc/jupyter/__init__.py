"""The door of torc in a Jupyter server: pages reach this user's torc server under ``base_url`` + ``torc/``."""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "torc.jupyter"}]


def _load_jupyter_server_extension(app: Any) -> None:
    from torc.jupyter.handlers import handlers

    app.web_app.add_handlers(".*$", handlers(app.web_app.settings["base_url"]))
    app.log.info("torc: pages reach your workflows below %storc/", app.web_app.settings["base_url"])
