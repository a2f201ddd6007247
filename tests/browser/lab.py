"""Real Jupyter servers as people meet them on a cluster, with a password and below a path; and a real torc server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupyter_server.auth import passwd
from server.outside import DEADLINE, Server, free_port, until

from torc.client.client import Client
from torc.client.transport import HttpTransport

BIN = Path(sys.executable).parent
PASSWORD = "a password of nobody"


class TorcServer(Server):
    """A torc server with a token, and clients of it."""

    token = "a-token-that-only-this-test-knows-0123"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory / "torc.db", "--token", self.token)

    @property
    def environment(self) -> dict[str, str]:
        return {**clean_environment(), "TORC_API_URL": self.url, "TORC_API_TOKEN": self.token}

    @contextmanager
    def client(self) -> Iterator[Client]:
        with Client(HttpTransport(self.url, self.token)) as opened:
            yield opened


class JupyterServer:
    """A Jupyter server in a process of its own, with all of its directories in ``state``."""

    module = "jupyter_server"
    options: Mapping[str, str] = {}

    def __init__(self, state: Path, environment: Mapping[str, str]) -> None:
        self.root = state / "notebooks"
        self.root.mkdir(parents=True)
        self.port = free_port()
        self.base = f"/node/cn1.example.org/{self.port}/"
        self.url = f"http://127.0.0.1:{self.port}{self.base}"
        self.log = state / "jupyter.log"
        options = {
            "ServerApp.port": self.port,
            "ServerApp.port_retries": 0,
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.base_url": self.base,
            "ServerApp.root_dir": self.root,
            "PasswordIdentityProvider.hashed_password": passwd(PASSWORD, "sha1"),
            **self.options,
        }
        command = [sys.executable, "-m", self.module, "--no-browser", "--allow-root"]
        command += [f"--{name}={value}" for name, value in options.items()]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**environment, **jupyter_environment(state)},
                start_new_session=True,
            )
        until(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with suppress(OSError), urllib.request.urlopen(f"{self.url}login", timeout=2):
            return True
        return False

    def close(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Lab(JupyterServer):
    """JupyterLab."""

    module = "jupyterlab"
    options: Mapping[str, str] = {"LabApp.extension_manager": "readonly"}

    def __init__(self, state: Path, environment: Mapping[str, str], *, has_door: bool = True) -> None:
        self.state = state
        _settings(state, "notification", {"fetchNews": "false", "checkForUpdates": False})
        if not has_door:
            (state / "config").mkdir()
            off = {"ServerApp": {"jpserver_extensions": {"torc.jupyter": False}}}
            (state / "config" / "jupyter_server_config.json").write_text(json.dumps(off))
        super().__init__(state, environment)

    def notebook(self, name: str, *cells: str) -> str:
        """Write a notebook and return the address that opens it."""
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        written = nbformat.v4.new_notebook(metadata=metadata)
        written.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(written, self.root / name)
        return f"{self.url}lab/tree/{name}?reset"

    def use_theme(self, name: str) -> None:
        """Let pages that are opened from now on have this theme."""
        _settings(self.state, "themes", {"theme": name})


def jupyter_environment(state: Path) -> dict[str, str]:
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    return {name: str(state / place) for name, place in places.items()} | {"JUPYTER_PREFER_ENV_PATH": "1"}


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("TORC_", "JUPYTER"))}


def _settings(state: Path, plugin: str, values: dict[str, Any]) -> None:
    place = state / "settings" / "@jupyterlab" / "apputils-extension"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{plugin}.jupyterlab-settings").write_text(json.dumps(values))


@dataclass
class Runner:
    """A runner at work on a workflow, in a process of its own."""

    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, server: TorcServer, workflow_id: int, directory: Path, *options: str) -> Runner:
        command = [str(BIN / "torc-job-runner"), str(workflow_id), "--output-dir", str(directory / "output"), *options]
        log = (directory / "runner.log").open("wb")
        with log:
            return cls(subprocess.Popen(command, stdout=log, stderr=log, env=server.environment, cwd=directory))

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(DEADLINE)
