"""The script that draws plots, where no torc server is."""

from __future__ import annotations

from pathlib import Path

from browser.lab import clean_environment
from server.outside import free_port

from torc.contract import BOKEH_PATH
from torc.plots.script import read_script

from .jupyter import Jupyter


def test_saved_plots_have_their_script_without_a_torc_server(tmp_path: Path) -> None:
    nobody = {**clean_environment(), "TORC_API_URL": f"http://127.0.0.1:{free_port()}/torc-service/v1"}
    jupyter = Jupyter(tmp_path, nobody)
    try:
        jupyter.log_in()
        reply = jupyter.ask("GET", f"torc/torc-service/v1/{BOKEH_PATH}")
        assert (reply.status, reply.body) == (200, read_script())
        assert reply.headers["content-type"].startswith("text/javascript")
        assert jupyter.ask("GET", "torc/torc-service/v1/workflows").status == 503
        jupyter.cookies.clear()
        assert jupyter.ask("GET", f"torc/torc-service/v1/{BOKEH_PATH}").status in (302, 401, 403)
    finally:
        jupyter.close()
