"""Workflow actions of type ``run_commands``: claimed, carried out one after the other, reported."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torc.errors import Conflict, TorcError
from torc.runner.server import Server

Say = Callable[..., None]

AT_START = ("on_workflow_start", "on_worker_start")
WHILE_RUNNING = ("on_workflow_start", "on_jobs_ready", "on_jobs_complete")
AT_COMPLETION = ("on_workflow_start", "on_jobs_ready", "on_jobs_complete", "on_workflow_complete")
AT_END = ("on_worker_complete",)


class Actions:
    """Carries out the actions that are due. Runs on a thread of its own; :meth:`abort` may be called from another."""

    def __init__(
        self, server: Server, workflow_id: int, compute_node_id: int, cwd: str, env: Mapping[str, str], log_fd: int
    ) -> None:
        self.compute_node_id = compute_node_id
        self._server = server
        self._workflow_id = workflow_id
        self._cwd = cwd
        self.env = dict(env)
        self._log_fd = log_fd
        self._process: subprocess.Popen[bytes] | None = None
        self._aborted = False
        self._interrupted = False
        self.told: list[tuple[str, str, dict[str, Any]]] = []
        #: When the request began that is under way, on the monotonic clock; infinite between requests.
        self.asking_since = math.inf

    def carry_out(self, triggers: Sequence[str]) -> list[tuple[str, str, dict[str, Any]]]:
        """Claim and run what is due for these triggers, in their order; return lines for the log."""
        self.told = []
        self._interrupted = False
        try:
            due = self._ask("get_pending_actions", id=self._workflow_id, compute_node_id=self.compute_node_id)
        except TorcError as error:
            self._tell("warning", f"cannot list actions: {error}")
            return self.told
        order = {trigger: place for place, trigger in enumerate(triggers)}
        due = [action for action in due if action["trigger_type"] in order]
        for action in sorted(due, key=lambda item: (order[item["trigger_type"]], item["id"])):
            if action["action_type"] == "run_commands" and not self._stopped:
                self._perform(action)
        return self.told

    def interrupt(self) -> None:
        """Ask the command that runs to end, and start none of those that were to follow."""
        self._interrupted = True
        self._signal(signal.SIGTERM)

    def abort(self) -> None:
        """End the command that runs, and start no more."""
        self._aborted = True
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)

    def _ask(self, operation: str, **arguments: Any) -> Any:
        self.asking_since = time.monotonic()
        try:
            return self._server.call(operation, **arguments)
        finally:
            self.asking_since = math.inf

    @property
    def _stopped(self) -> bool:
        return self._aborted or self._interrupted

    def _perform(self, action: dict[str, Any]) -> None:
        place = {"id": self._workflow_id, "action_id": action["id"]}
        try:
            self._ask("claim_action", **place, body={"compute_node_id": self.compute_node_id})
        except Conflict:
            return  # another runner has it
        except TorcError as error:
            self._tell("warning", f"cannot claim action: {error}", action_id=action["id"])
            return
        problem = self._run(action)
        done = {"compute_node_id": self.compute_node_id, "success": problem is None, "message": problem}
        try:
            self._ask("report_action", **place, body=done)
        except TorcError as error:
            self._tell("warning", f"cannot report action: {error}", action_id=action["id"])

    def _run(self, action: dict[str, Any]) -> str | None:
        """Run an action's commands; return what went wrong."""
        trigger = action["trigger_type"]
        for number, command in enumerate(action["action_config"]["commands"], 1):
            code = 130 if self._stopped else self._command(command)
            pairs = {"action_id": action["id"], "trigger": trigger, "return_code": code}
            if code != 0:
                problem = f"command {number} of the {trigger} action failed with return code {code}"
                self._tell("error", problem, **pairs)
                return problem
            self._tell("info", f"command {number} of an action done", **pairs)
        return None

    def _command(self, command: str) -> int:
        output = self._log_fd if self._log_fd >= 0 else subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(
                ["bash", "-c", command],
                cwd=self._cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except OSError as error:
            self._tell("error", f"cannot start bash: {error}")
            return 127
        code = self._process.wait()
        self._process = None
        return code if code >= 0 else 128 - code

    def _tell(self, level: str, message: str, **pairs: Any) -> None:
        self.told.append((level, message, pairs))
