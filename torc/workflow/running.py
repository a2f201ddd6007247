"""A runner as a process of its own: it works on when the program or the notebook that started it has ended."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from torc.client.client import Client
from torc.errors import InvalidInput, TorcError
from torc.runner import paths
from torc.runner.environment import home_of
from torc.units import parse_duration, parse_memory
from torc.views.live import VARIABLE

_REGISTER_SECONDS = 60.0
_END_SECONDS = 5.0
_PAUSE = 0.05
_JOBS_FAILED = 1
#: What a notebook's kernel has in its environment for itself alone, and what is said anew.
_NOT_INHERITED = (
    "JPY_PARENT_PID",
    "JPY_SESSION_NAME",
    "PYDEVD_USE_FRAME_EVAL",
    "TORC_API_URL",
    "TORC_DATABASE",
    VARIABLE,
)


def runner_arguments(
    *,
    cpus: int | None = None,
    memory: str | None = None,
    gpus: int | None = None,
    max_parallel_jobs: int | None = None,
    time_limit: str | timedelta | None = None,
) -> list[str]:
    """Return the options of ``torc-job-runner`` for what it may use.

    Raises
    ------
    InvalidInput
        That names the parameter.
    """
    given: list[str] = []
    for option, name, value, least in (
        ("--num-cpus", "cpus", cpus, 1),
        ("--num-gpus", "gpus", gpus, 0),
        ("--max-parallel-jobs", "max_parallel_jobs", max_parallel_jobs, 1),
    ):
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise InvalidInput(f"{name}: {value!r} is not a whole number from {least} on", field=name, value=value)
        given += [option, str(value)]
    if memory is not None:
        given += ["--memory-gb", str(parse_memory(str(memory)) / 2**30)]
    if time_limit is not None:
        seconds = time_limit.total_seconds() if isinstance(time_limit, timedelta) else _seconds(time_limit)
        given += ["--time-limit", f"PT{seconds:.3f}S"]
    return given


def _seconds(text: str) -> float:
    return parse_duration(str(text), field="time_limit")


class Launched:
    """A runner that was started from here."""

    def __init__(self, process: subprocess.Popen[bytes], log: str) -> None:
        self.pid = process.pid
        self._process = process
        self._log = log
        self._logged = _size(log)
        # Waits for the process, so that nothing of it is left in the table when it ends.
        threading.Thread(target=process.wait, name="torc-runner-wait", daemon=True).start()

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.returncode is not None

    def has_failed(self) -> bool:
        """Say whether it ended with an error; one whose node is gone is about to end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(_END_SECONDS)
            # Without a word that is how a runner ends whose jobs have failed.
            return code not in (0, _JOBS_FAILED) or (code == _JOBS_FAILED and bool(self._said()))
        return False

    def wait_until_at_work(self, client: Client, workflow_id: int) -> None:
        """Return when the server knows of the runner.

        Raises
        ------
        TorcError
            When the runner ends before it has begun.
        """
        deadline = time.monotonic() + _REGISTER_SECONDS
        while time.monotonic() < deadline:
            nodes = client.pages("list_compute_nodes", workflow_id=workflow_id, hostname=None)
            if any(node.get("pid") == self.pid for node in nodes):
                return
            if self.has_ended:
                raise self.problem()
            time.sleep(_PAUSE)
        raise TorcError(f"the runner, process {self.pid}, has not begun after {_REGISTER_SECONDS:.0f} seconds")

    def problem(self) -> TorcError:
        """Return what it said when it ended."""
        said = self._said()
        last = said.splitlines()[-1].removeprefix("error: ") if said else "it said nothing"
        return TorcError(f"the runner ended with exit code {self._process.returncode}: {last}", hint=f"see {self._log}")

    def _said(self) -> str:
        with contextlib.suppress(OSError), open(self._log, encoding="utf-8", errors="replace") as file:
            file.seek(self._logged)
            return file.read().strip()
        return ""


def prepare_directory(output_dir: str | os.PathLike[str]) -> str:
    """Make the directory for logs and output and return its absolute path.

    Raises
    ------
    InvalidInput
        When it cannot be written.
    """
    directory = os.path.abspath(output_dir)  # noqa: PTH100 - links stay as the user wrote them
    with _writing_to(directory):
        return paths.prepare(directory)


@contextlib.contextmanager
def _writing_to(directory: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidInput(
            f"cannot write to the output directory {directory}: {error.strerror or error}",
            field="output_dir",
            value=directory,
            hint="give another output_dir",
        ) from error


def launch(
    workflow: Mapping[str, Any], directory: str, arguments: list[str], environment: Mapping[str, str]
) -> Launched:
    """Start a runner for a workflow.

    Raises
    ------
    InvalidInput
        When its log cannot be written.
    """
    log = paths.launch_log_path(directory, workflow["id"])
    with _writing_to(directory):
        stream = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    command = [sys.executable, "-P", "-m", "torc.runner.main", str(workflow["id"]), "--output-dir", directory]
    try:
        process = subprocess.Popen(
            [*command, *arguments],
            cwd=home_of(workflow),
            env=_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    finally:
        os.close(stream)
    return Launched(process, log)


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    if kept.get("MPLBACKEND", "").startswith("module://"):
        # A kernel's way to draw, which jobs cannot import.
        del kept["MPLBACKEND"]
    return kept | dict(given)


def _size(path: str) -> int:
    return Path(path).stat().st_size
