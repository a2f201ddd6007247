"""What a runner is told before it starts, and what it tells when it has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal


@dataclass
class RunnerOptions:
    """Options of a runner; none means detect, or take the workflow's setting.

    ``poll_interval`` is an upper bound on waiting, not what latency depends on. ``policy`` says what the
    guardian does with jobs when the runner dies.
    """

    num_cpus: int | None = None
    memory_gb: float | None = None
    num_gpus: int | None = None
    num_nodes: int = 1
    max_parallel_jobs: int | None = None
    poll_interval: float = 5.0
    output_dir: str = "output"
    time_limit: float | None = None  #: seconds
    policy: Literal["end", "keep"] = "end"
    lease_seconds: float = 60.0
    heartbeat_seconds: float = 15.0
    grace_seconds: float = 30.0
    scheduler_config_id: int | None = None
    strict_scheduler_match: bool = False
    wait_for_new_jobs: float | None = None
    wait_for_server: float | None = None  #: seconds without a server before giving up
    log_level: str = "info"
    #: Returns the server's address and what this runner shows to be let in, if anything; both may change during a run.
    endpoint: Callable[[], tuple[str, str | None]] | None = None
    compute_node_type: str = "local"
    scheduler: dict[str, object] | None = None
    ahead_limit: int = 1000
    handle_signals: bool = True

    def silence_seconds(self, *, is_idle: bool) -> float:
        """Return how long the runner may say nothing; with no job to lose, half the lease."""
        return max(self.heartbeat_seconds, self.lease_seconds / 2) if is_idle else self.heartbeat_seconds


@dataclass
class Progress:
    """A runner's own view of how far it is."""

    run_id: int = 0
    running: int = 0
    waiting: int = 0  #: claimed, not started
    completed: int = 0
    failed: int = 0
    canceled: int = 0
    terminated: int = 0
    connected: bool = True
    note: str | None = None  #: something to tell the user once


ProgressCallback = Callable[[Progress], None]

EndReason = Literal["complete", "canceled", "idle", "unfit", "time_limit", "signal", "server", "error"]


@dataclass
class Outcome:
    """Why the runner left, and with what exit code.

    ``jobs_by_status`` is the server's count at the end, empty when it could not be asked.
    """

    reason: EndReason
    exit_code: int
    message: str = ""
    run_id: int = 0
    compute_node_id: int | None = None
    log_path: str = ""
    jobs_by_status: dict[str, int] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
