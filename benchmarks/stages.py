"""Workloads of no-op jobs in stages, each stage after the one before, through every system in turn."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import torc_processes
from measure import Failed, Sample, median, run

HERE = Path(__file__).resolve().parent
PEERS = Path(os.environ.get("TORC_PEERS", "~/.cache/torc/peers")).expanduser()
Run = Callable[[Path, int, list[int]], Sample]


def write_spec(path: Path, stages: list[int]) -> Path:
    """Write the stages as a specification."""
    jobs: list[dict] = []
    for stage, size in enumerate(stages):
        job: dict = {"name": f"s{stage}" if size == 1 else f"s{stage}_{{i}}", "command": "true"}
        if size > 1:
            job["parameters"] = {"i": f"1:{size}"}
        if stage:
            job |= (
                {"depends_on": [f"s{stage - 1}"]}
                if stages[stage - 1] == 1
                else {"depends_on_regexes": [f"^s{stage - 1}_"]}
            )
        jobs.append(job)
    path.write_text(json.dumps({"name": "stages", "jobs": jobs}))
    return path


class NoDependencies(Exception):
    """The system cannot order jobs."""


def _limit(directory: Path, parallel: int, stages: list[int]) -> Sample:
    return run([sys.executable, "-SE", HERE / "limit.py", directory, parallel, *stages], directory, own_clock=True)


def _torc(runner: Callable[[Path, Path, int], Sample]) -> Run:
    def measured(directory: Path, parallel: int, stages: list[int]) -> Sample:
        sample = runner(write_spec(directory / "spec.json", stages), directory, parallel)
        done = torc_processes.completed(directory / "torc.db")
        if done != sum(stages):
            raise Failed(f"torc completed {done} of {sum(stages)} jobs")
        return sample

    return measured


def _gnu_parallel(directory: Path, parallel: int, stages: list[int]) -> Sample:
    if len(stages) > 1:
        raise NoDependencies
    if not shutil.which("parallel"):
        raise FileNotFoundError
    script = f"seq {stages[0]} | parallel -j{parallel} -n0 --will-cite bash -c true"
    return run(["bash", "-c", script], directory)


def _peer(name: str, module: str) -> Run:
    def measured(directory: Path, parallel: int, stages: list[int]) -> Sample:
        installed = list(PEERS.glob(f"lib/python*/site-packages/{module}"))
        if not installed:
            raise FileNotFoundError
        env = {**os.environ, "PATH": f"{PEERS / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        command = [PEERS / "bin" / "python", HERE / "peers" / f"{name}_graph.py", directory, parallel, *stages]
        return run(command, directory, env, own_clock=True)

    return measured


SYSTEMS: dict[str, Run] = {
    "bare loop": _limit,
    "torc run (all in one)": _torc(torc_processes.run_alone),
    "torc server + runner": _torc(torc_processes.run_with_server),
    "GNU parallel": _gnu_parallel,
    "HyperQueue": _peer("hyperqueue", "hyperqueue"),
    "Dask distributed": _peer("dask", "distributed"),
    "Parsl HTEX": _peer("parsl", "parsl"),
}


def compare(stages: list[int], parallel: int, repeat: int) -> list[dict]:
    """Measure every system ``repeat`` times in turn and return a row with the medians of each."""
    samples: dict[str, list[Sample]] = {name: [] for name in SYSTEMS}
    notes: dict[str, str] = {}
    for _ in range(repeat):
        for name, system in SYSTEMS.items():
            if name not in notes:
                _measure(name, system, stages, parallel, samples, notes)
    jobs = sum(stages)
    limit = median(samples["bare loop"]).seconds
    return [_row(name, samples[name], notes.get(name), jobs, limit) for name in SYSTEMS]


def _measure(
    name: str, system: Run, stages: list[int], parallel: int, samples: dict[str, list[Sample]], notes: dict[str, str]
) -> None:
    with tempfile.TemporaryDirectory(prefix="torc-benchmark-", ignore_cleanup_errors=True) as directory:
        try:
            samples[name].append(system(Path(directory), parallel, stages))
        except FileNotFoundError:
            notes[name] = "absent"
        except NoDependencies:
            notes[name] = "no dependencies"
        except Failed as error:
            notes[name] = "failed"
            print(f"{name}: {error}", file=sys.stderr)


def _row(name: str, samples: list[Sample], note: str | None, jobs: int, limit: float) -> dict:
    if note:
        return {"system": name, "ms a job": note}
    middle = median(samples)
    return {
        "system": name,
        "ms a job": round(1000 * middle.seconds / jobs, 2),
        "of the limit's rate": round(limit / middle.seconds, 2),
        "CPU ms a job": round(1000 * middle.cpu / jobs, 2),
        "peak MB": round(middle.peak_mb),
    }
