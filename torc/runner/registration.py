"""What a runner tells the server about itself, and what its jobs are told about runner and server."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

from torc.runner import detect, paths, results
from torc.runner.capacity import Capacity
from torc.runner.environment import shared_environment
from torc.runner.options import RunnerOptions
from torc.runner.server import Server
from torc.runner.token import JobToken


def capacity_of(options: RunnerOptions) -> Capacity:
    """Return what a runner may give to jobs: as told, else all that this machine has for it."""
    cpus = options.num_cpus if options.num_cpus is not None else detect.cpus()
    memory = int(options.memory_gb * 2**30) if options.memory_gb is not None else detect.memory_bytes()
    devices = detect.gpus() if options.num_gpus != 0 else []
    if options.num_gpus is not None:
        spare = [str(number) for number in range(options.num_gpus) if str(number) not in devices]
        devices = (devices + spare)[: options.num_gpus]
    return Capacity(cpus, memory, devices, max(1, options.num_nodes))


class Registration:
    """One runner as a compute node, and the surroundings of its jobs that follow from that."""

    def __init__(self, server: Server, workflow: dict[str, Any], options: RunnerOptions, output_dir: str) -> None:
        self.capacity = capacity_of(options)
        self.token = JobToken(server, workflow["id"])
        self._server = server
        self._workflow = workflow
        self._options = options
        self._output_dir = output_dir
        self._endpoint = self._present_endpoint()
        # Kept, as the directory may be gone when it is wanted again.
        self._cwd = str(Path.cwd())

    @property
    def address(self) -> str:
        """Where jobs find the server."""
        return self._endpoint[0]

    def register(self) -> int:
        """Become a compute node, with a token for its jobs, and return its id.

        Raises
        ------
        TorcError
        """
        node_id = int(self._server.call("create_compute_node", body=self._node())["id"])
        # A node's token ends with it.
        self.token.ask(node_id, has_credentials=self._endpoint[1] is not None)
        return node_id

    def has_moved(self) -> bool:
        """Return whether the server is elsewhere by now, or wants other credentials."""
        before, self._endpoint = self._endpoint, self._present_endpoint()
        return before != self._endpoint

    def environment(self) -> dict[str, str]:
        """Return what all jobs have in common."""
        return shared_environment(
            os.environ,
            self._workflow,
            run_id=self._workflow["run_id"],
            output_dir=self._output_dir,
            api_url=self.address,
            api_token=self.token.secret,
        )

    def guardian_settings(self, node_id: int, env: dict[str, str]) -> dict[str, Any]:
        """Return what a guardian needs to start jobs, and to write down whose they are."""
        bash = shutil.which("bash", path=env.get("PATH", os.defpath)) or "/bin/bash"
        workflow_id, host = self._workflow["id"], paths.host_name()
        identity = {
            "workflow_id": workflow_id,
            "run_id": self._workflow["run_id"],
            "compute_node_id": node_id,
            "host": host,
            "boot_id": detect.boot_id(),
            "cwd": self._cwd,
        }
        exit_file = paths.exit_file_path(self._output_dir, workflow_id, host, os.getpid())
        return {"env": env, "bash": bash, "exit_file": exit_file, "policy": self._options.policy, "identity": identity}

    def _present_endpoint(self) -> tuple[str, str | None]:
        return self._options.endpoint() if self._options.endpoint else ("", None)

    def _node(self) -> dict[str, Any]:
        total, options = self.capacity.total, self._options
        body = {
            "workflow_id": self._workflow["id"],
            "hostname": paths.host_name(),
            "pid": os.getpid(),
            "start_time": results.utc(time.time()),
            "num_cpus": total.cpus,
            "memory_gb": total.memory / 2**30,
            "num_gpus": total.gpus,
            "num_nodes": total.nodes,
            "time_limit": f"PT{int(options.time_limit)}S" if options.time_limit is not None else None,
            "scheduler_config_id": options.scheduler_config_id,
            "compute_node_type": options.compute_node_type,
            "scheduler": options.scheduler,
            "output_dir": self._output_dir,
            "lease_seconds": options.lease_seconds or None,
        }
        return {name: value for name, value in body.items() if value is not None}
