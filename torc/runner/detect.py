"""What this machine offers to jobs: CPUs, memory and GPUs, as far as this process may use them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_NO_LIMIT = 1 << 60


def cpus(root: str = "/") -> int:
    """Return the CPUs that this process may use: its affinity, cut by the quota of its cgroup."""
    count = len(os.sched_getaffinity(0))
    quota = _cpu_quota(root)
    return max(1, min(count, int(quota))) if quota else count


def memory_bytes(root: str = "/") -> int:
    """Return the memory of this machine, cut by the limit of the cgroup."""
    total = _NO_LIMIT
    for line in _read(f"{root}proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            total = int(line.split()[1]) * 1024
            break
    else:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([total, *_memory_limits(root)])


def gpus(environ: Mapping[str, str] | None = None) -> list[str]:
    """Return the devices: those of ``CUDA_VISIBLE_DEVICES``, else those that ``nvidia-smi -L`` lists, by index."""
    environ = os.environ if environ is None else environ
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        # CUDA stops at the first entry that is not a device, such as -1.
        devices = []
        for item in visible.split(","):
            name = item.strip()
            if not name or name.startswith("-") or name.lower() in ("none", "nodevfiles", "void"):
                break
            devices.append(name)
        return devices
    return _listed_gpus(environ)


def _listed_gpus(environ: Mapping[str, str]) -> list[str]:
    try:
        done = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20, check=False, env=dict(environ)
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    if done.returncode != 0:
        return []
    return [line.split(":")[0].split()[1] for line in done.stdout.splitlines() if line.startswith("GPU ")]


def _cgroups(root: str) -> dict[str, str]:
    """Return the cgroup directory by controller; the unified hierarchy stands under the empty name."""
    found = {}
    for line in _read(f"{root}proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            found[controller] = path
    return found


def _ancestors(base: str, path: str) -> list[str]:
    """Return the cgroup's directory and those above it: the tightest limit counts."""
    parts = [part for part in path.split("/") if part and part != ".."]
    return [base + "/" + "/".join(parts[:count]) for count in range(len(parts), -1, -1)]


def _cpu_quota(root: str) -> float | None:
    groups = _cgroups(root)
    quotas = []
    for place in _ancestors(f"{root}sys/fs/cgroup", groups.get("", "/")):
        words = _read(f"{place}/cpu.max").split()
        if len(words) == 2 and words[0] != "max":
            quotas.append(int(words[0]) / int(words[1]))
    for place in _ancestors(f"{root}sys/fs/cgroup/cpu", groups.get("cpu", "/")):
        quota, period = _number(f"{place}/cpu.cfs_quota_us"), _number(f"{place}/cpu.cfs_period_us")
        if quota and period and quota > 0:
            quotas.append(quota / period)
    return min(quotas, default=None)


def _memory_limits(root: str) -> list[int]:
    groups = _cgroups(root)
    files = [f"{place}/memory.max" for place in _ancestors(f"{root}sys/fs/cgroup", groups.get("", "/"))]
    files += [
        f"{place}/memory.limit_in_bytes"
        for place in _ancestors(f"{root}sys/fs/cgroup/memory", groups.get("memory", "/"))
    ]
    limits = [_number(file) for file in files]
    return [limit for limit in limits if limit is not None and limit < _NO_LIMIT]


def oom_kills(root: str = "/") -> int:
    """Return how many processes of this cgroup (else this machine) the kernel has killed for want of memory."""
    place = _cgroups(root).get("", "/")
    for file in (f"{root}sys/fs/cgroup{place}/memory.events", f"{root}proc/vmstat"):
        for line in _read(file).splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def boot_id(root: str = "/") -> str:
    """Return the id of the present boot of this machine."""
    return _read(f"{root}proc/sys/kernel/random/boot_id").strip()


def _number(file: str) -> int | None:
    text = _read(file).strip()
    return int(text) if text.lstrip("-").isdigit() else None


def _read(file: str) -> str:
    try:
        return Path(file).read_text()
    except OSError:
        return ""
