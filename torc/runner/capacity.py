"""What a runner has, what its jobs hold and what is free. Pure; no I/O.

Two kinds of accounting with the same methods: :class:`Capacity` packs CPUs, memory, GPUs and nodes;
:class:`Slots` only counts jobs, whatever they need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Need:
    """What a job asks for: amounts on each of its nodes."""

    cpus: int = 1
    memory: int = 2**20
    gpus: int = 0
    nodes: int = 1

    @classmethod
    def of(cls, job: dict[str, Any]) -> Need:
        """Return the need of a claimed job."""
        return cls(job["num_cpus"], job["memory_bytes"], job["num_gpus"], max(1, job["num_nodes"]))


@dataclass(frozen=True, slots=True)
class Grant:
    """What a running job holds: node numbers and, for each node, the devices."""

    need: Need
    nodes: tuple[int, ...] = ()
    devices: tuple[tuple[str, ...], ...] = ()

    @property
    def visible_devices(self) -> str | None:
        """The value for ``CUDA_VISIBLE_DEVICES``; none when the runner does not deal in GPUs."""
        return ",".join(self.devices[0]) if self.devices else None


class Ledger(Protocol):
    """Accounting of what runs; ``grants`` is what each job holds, by its key."""

    grants: dict[int, Grant]

    def fits(self, need: Need) -> bool:
        """Say whether the need could ever be met by this machine."""

    def start(self, key: int, need: Need) -> Grant | None:
        """Book a job, or return nothing when there is no room now."""

    def finish(self, key: int) -> None:
        """Take back what a job holds."""

    def transfer(self, key: int, heir: int) -> None:
        """Hand what a job holds to the one that took its place."""

    def shape(self, need: Need) -> object:
        """Return the same for jobs that can take each other's place."""

    @property
    def running(self) -> int:
        """How many jobs hold something."""

    @property
    def idle(self) -> bool:
        """Whether one more small job would find room."""


class _Booked:
    def __init__(self) -> None:
        self.grants: dict[int, Grant] = {}

    @property
    def running(self) -> int:
        return len(self.grants)

    def transfer(self, key: int, heir: int) -> None:
        self.grants[heir] = self.grants.pop(key)


class Slots(_Booked):
    """At most ``limit`` jobs at a time; needs are ignored."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def fits(self, need: Need) -> bool:
        """Say yes: nothing is too big."""
        return True

    def start(self, key: int, need: Need) -> Grant | None:
        """Book a job while there are places."""
        if len(self.grants) >= self.limit:
            return None
        self.grants[key] = Grant(need)
        return self.grants[key]

    def finish(self, key: int) -> None:
        """Free the place of a job."""
        del self.grants[key]

    def shape(self, need: Need) -> object:
        """All jobs are alike."""
        return 0

    @property
    def idle(self) -> bool:
        """Whether a place is free."""
        return len(self.grants) < self.limit

    @property
    def free(self) -> int:
        """How many places are free."""
        return self.limit - len(self.grants)


class Capacity(_Booked):
    """CPUs, bytes of memory and GPUs of one or several equal nodes.

    A job for one node goes where it fits first; a job for several takes that many whole idle nodes.
    """

    def __init__(self, cpus: int, memory: int, devices: Sequence[str] = (), nodes: int = 1) -> None:
        super().__init__()
        self.total = Need(cpus, memory, len(devices), nodes)
        self._devices = tuple(devices)
        self._cpus = [cpus] * nodes
        self._memory = [memory] * nodes
        self._gpus = [list(devices) for _ in range(nodes)]
        self._jobs = [0] * nodes
        self._whole = [False] * nodes

    def fits(self, need: Need) -> bool:
        """Say whether an idle machine could take the job."""
        total = self.total
        return (
            need.cpus <= total.cpus
            and need.memory <= total.memory
            and need.gpus <= total.gpus
            and need.nodes <= total.nodes
        )

    def start(self, key: int, need: Need) -> Grant | None:
        """Book a job where it fits."""
        nodes = self._places(need)
        if nodes is None:
            return None
        devices = tuple(self._take(node, need) for node in nodes)
        grant = Grant(need, nodes, devices if self._devices else ())
        self.grants[key] = grant
        return grant

    def _places(self, need: Need) -> tuple[int, ...] | None:
        if not self.fits(need):
            return None
        if need.nodes > 1:
            idle = [node for node, jobs in enumerate(self._jobs) if jobs == 0]
            return tuple(idle[: need.nodes]) if len(idle) >= need.nodes else None
        for node in range(self.total.nodes):
            if (
                not self._whole[node]
                and need.cpus <= self._cpus[node]
                and need.memory <= self._memory[node]
                and need.gpus <= len(self._gpus[node])
            ):
                return (node,)
        return None

    def _take(self, node: int, need: Need) -> tuple[str, ...]:
        whole = need.nodes > 1
        self._cpus[node] -= self.total.cpus if whole else need.cpus
        self._memory[node] -= self.total.memory if whole else need.memory
        self._jobs[node] += 1
        self._whole[node] = whole
        gpus = self._gpus[node]
        count = len(gpus) if whole else need.gpus
        taken, self._gpus[node] = tuple(gpus[:count]), gpus[count:]
        return taken

    def finish(self, key: int) -> None:
        """Take back what a job holds."""
        grant = self.grants.pop(key)
        whole = grant.need.nodes > 1
        for at, node in enumerate(grant.nodes):
            self._cpus[node] += self.total.cpus if whole else grant.need.cpus
            self._memory[node] += self.total.memory if whole else grant.need.memory
            self._jobs[node] -= 1
            self._whole[node] = False
            if grant.devices:
                freed = {*self._gpus[node], *grant.devices[at]}
                self._gpus[node] = [device for device in self._devices if device in freed]

    def shape(self, need: Need) -> object:
        """Jobs with equal needs can take each other's place."""
        return (need.cpus, need.memory, need.gpus, need.nodes)

    @property
    def idle(self) -> bool:
        """Whether some node has a CPU and memory left."""
        return any(cpus > 0 and memory > 0 for cpus, memory in zip(self._cpus, self._memory, strict=True))

    def free(self) -> Need:
        """Return what the freest node has, and how many nodes are idle (at least 1)."""
        best = max(range(self.total.nodes), key=lambda node: (self._cpus[node], self._memory[node]))
        idle = sum(jobs == 0 for jobs in self._jobs)
        return Need(self._cpus[best], self._memory[best], len(self._gpus[best]), max(1, idle))
