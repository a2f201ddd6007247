"""Detection of what the machine offers, with made-up file trees and a stand-in for nvidia-smi."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from torc.runner import detect


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_cpus_follow_affinity(tmp_path):
    assert detect.cpus(f"{tmp_path}/") == len(os.sched_getaffinity(0))


def test_quota_of_a_cgroup_above_counts_too(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    write(tmp_path, "proc/self/cgroup", "0::/slice/job\n")
    write(tmp_path, "sys/fs/cgroup/slice/job/cpu.max", "max 100000\n")
    write(tmp_path, "sys/fs/cgroup/slice/cpu.max", "350000 100000\n")
    assert detect.cpus(f"{tmp_path}/") == 3


def test_quota_of_the_older_hierarchy(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    write(tmp_path, "proc/self/cgroup", "4:cpu,cpuacct:/box\n7:memory:/box\n")
    write(tmp_path, "sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "50000\n")
    write(tmp_path, "sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n")
    assert detect.cpus(f"{tmp_path}/") == 1


@pytest.mark.parametrize(
    ("groups", "file", "text", "expected"),
    [
        ("0::/\n", "sys/fs/cgroup/memory.max", "max\n", 8 * 2**30),
        ("0::/a\n", "sys/fs/cgroup/a/memory.max", "1073741824\n", 2**30),
        ("5:memory:/a\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes", "2147483648\n", 2 * 2**30),
        ("5:memory:/a\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712\n", 8 * 2**30),
    ],
)
def test_memory_is_cut_by_the_cgroup(tmp_path, groups, file, text, expected):
    write(tmp_path, "proc/meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\n")
    write(tmp_path, "proc/self/cgroup", groups)
    write(tmp_path, file, text)
    assert detect.memory_bytes(f"{tmp_path}/") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0,2", ["0", "2"]), ("GPU-1a, GPU-2b", ["GPU-1a", "GPU-2b"]), ("", []), ("-1", []), ("0,-1,2", ["0"])],
)
def test_visible_devices_decide(value, expected):
    assert detect.gpus({"CUDA_VISIBLE_DEVICES": value}) == expected


def test_devices_are_listed_by_the_driver_tool(tmp_path):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(
        '#!/bin/sh\n[ "$1" = -L ] || exit 9\n'
        "echo 'GPU 0: Some Card (UUID: GPU-1)'\necho 'GPU 1: Some Card (UUID: GPU-2)'\n"
    )
    tool.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    assert detect.gpus({"PATH": path}) == ["0", "1"]


def test_a_broken_driver_tool_means_no_devices(tmp_path):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed'; exit 9\n")
    tool.chmod(0o755)
    assert detect.gpus({"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}) == []


def test_memory_kills_are_counted(tmp_path):
    write(tmp_path, "proc/self/cgroup", "0::/x\n")
    write(tmp_path, "sys/fs/cgroup/x/memory.events", "low 0\noom 2\noom_kill 2\n")
    assert detect.oom_kills(f"{tmp_path}/") == 2
