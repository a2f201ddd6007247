"""A trivial Python function, called many times by executors that are up; order and values are checked."""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import Failed, Sample, median, run
from stages import HERE, PEERS
from torc_processes import environment

Run = Callable[[Path, int, int], Sample]


def _here(script: str) -> Run:
    def measured(directory: Path, parallel: int, calls: int) -> Sample:
        command = [sys.executable, HERE / "calls" / script, directory, parallel, calls]
        return run(command, directory, environment(directory), own_clock=True)

    return measured


def _peer(script: str, module: str) -> Run:
    def measured(directory: Path, parallel: int, calls: int) -> Sample:
        if not list(PEERS.glob(f"lib/python*/site-packages/{module}")):
            raise FileNotFoundError
        # Parsl's workers look for the module of the function by themselves.
        path = f"{PEERS / 'bin'}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "PYTHONPATH": str(HERE / "calls")}
        command = [PEERS / "bin" / "python", HERE / "calls" / script, directory, parallel, calls]
        return run(command, directory, env, own_clock=True)

    return measured


SYSTEMS: dict[str, Run] = {
    "ProcessPoolExecutor": _here("process_pool.py"),
    "torc.Executor": _here("torc_executor.py"),
    "Dask Client.map": _peer("dask_client.py", "distributed"),
    "Parsl HTEX": _peer("parsl_apps.py", "parsl"),
}
_KEPT = {"torc.Executor": "result, logs and figures of each call"}


def compare(calls: int, parallel: int, repeat: int) -> list[dict]:
    """Measure every executor ``repeat`` times in turn."""
    samples: dict[str, list[Sample]] = {name: [] for name in SYSTEMS}
    notes: dict[str, str] = {}
    for _ in range(repeat):
        for name, system in SYSTEMS.items():
            if name not in notes:
                _measure(name, system, calls, parallel, samples, notes)
    return [_row(name, samples[name], notes.get(name), calls) for name in SYSTEMS]


def _measure(
    name: str, system: Run, calls: int, parallel: int, samples: dict[str, list[Sample]], notes: dict[str, str]
) -> None:
    with tempfile.TemporaryDirectory(prefix="torc-benchmark-", ignore_cleanup_errors=True) as directory:
        try:
            samples[name].append(system(Path(directory), parallel, calls))
        except FileNotFoundError:
            notes[name] = "absent"
        except Failed as error:
            notes[name] = "failed"
            print(f"{name}: {error}", file=sys.stderr)


def _row(name: str, samples: list[Sample], note: str | None, calls: int) -> dict:
    if note:
        return {"executor": name, "ms a call": note}
    kept = _KEPT.get(name, "nothing")
    return {"executor": name, "ms a call": round(1000 * median(samples).seconds / calls, 2), "kept on disk": kept}
