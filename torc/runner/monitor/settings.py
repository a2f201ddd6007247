"""What a workflow wants watched. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

INTERVAL = 5.0
FLUSH_INTERVAL = 300.0


@dataclass(frozen=True, slots=True)
class Scope:
    """Whether something is watched, and whether every sample of it is kept."""

    enabled: bool = False
    series: bool = False


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """A workflow's ``resource_monitor_config`` with nothing left open."""

    jobs: Scope = Scope()
    node: Scope = Scope()
    node_cpu: bool = True
    node_memory: bool = True
    interval: float = INTERVAL
    flush_interval: float = FLUSH_INTERVAL

    @classmethod
    def of(cls, workflow: dict[str, Any]) -> MonitorSettings:
        """Read a workflow's settings.

        The general switch and granularity hold for the jobs and for the machine, unless ``jobs`` or
        ``compute_node`` says otherwise. A workflow without settings is not watched.
        """
        config = workflow.get("resource_monitor_config") or {}
        node = config.get("compute_node") or {}
        return cls(
            jobs=_scope(config.get("jobs") or config),
            node=_scope(node or config),
            node_cpu=node.get("cpu", True),
            node_memory=node.get("memory", True),
            interval=config.get("sample_interval_seconds") or INTERVAL,
            flush_interval=config.get("flush_interval_seconds") or FLUSH_INTERVAL,
        )

    @property
    def enabled(self) -> bool:
        """Whether anything is watched."""
        return self.jobs.enabled or self.node.enabled

    @property
    def keeps_series(self) -> bool:
        """Whether samples go to a file."""
        return self.jobs.series or self.node.series


def _scope(config: dict[str, Any]) -> Scope:
    enabled = bool(config.get("enabled"))
    return Scope(enabled, enabled and config.get("granularity") == "time_series")
