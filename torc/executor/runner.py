"""The runner of an executor: a process of its own that outlives the program which started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from torc.runner import paths

#: Seconds without a call after which a runner leaves; the next call starts another.
IDLE_SECONDS = 60
#: So often in a row a runner may end before it has made a single call.
MOST_FAILURES = 2
_STOP_SECONDS = 20.0


class RunnerProcess:
    """Starts the runner of a workflow, and another when it has ended too early."""

    def __init__(self, workflow_id: int, output_dir: str, max_cpus: int | None, environment: Mapping[str, str]) -> None:
        self._workflow_id = workflow_id
        self._output_dir = paths.prepare(output_dir)
        self._max_cpus = max_cpus
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[bytes] | None = None
        self._failures = 0

    def is_running(self) -> bool:
        """Say whether the runner lives."""
        return self._process is not None and self._process.poll() is None

    def has_worked(self) -> None:
        """A call has come back."""
        self._failures = 0

    def ensure(self) -> str | None:
        """Start a runner when there is none; return why that is given up."""
        if self.is_running():
            return None
        if self._process is not None and self._process.returncode != 0:
            self._failures += 1
            if self._failures >= MOST_FAILURES:
                return self._last_words()
        self._start()
        return None

    def _start(self) -> None:
        command = [sys.executable, "-m", "torc.runner.main", str(self._workflow_id), "--output-dir", self._output_dir]
        command += ["--wait-for-new-jobs", str(IDLE_SECONDS)]
        if self._max_cpus is not None:
            command += ["--num-cpus", str(self._max_cpus)]
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # An interrupt meant for the program that waits is not meant for the work.
                start_new_session=True,
            )

    @property
    def _log(self) -> Path:
        return Path(paths.runner_output_path(self._output_dir, self._workflow_id))

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        said = lines[-1] if lines else "it said nothing"
        return f"the runner ended with exit code {self._process.returncode if self._process else None}: {said}"

    def stop(self) -> None:
        """Ask the runner to leave and wait until it has, within a bound."""
        if self._process is None:
            return
        if self.is_running():
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
