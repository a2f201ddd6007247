"""``torc plot-resources``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from torc.plots import script
from torc.runner.monitor.series import Series

from .conftest import Torc

NAMES = ["cpu_all_jobs", "memory_all_jobs", "summary", "gantt"]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return write(tmp_path / "resource_metrics_here_1_1.db", 2)


def write(path: Path, jobs: int) -> Path:
    series = Series(str(path), pytest.fail)
    for job_id in range(1, jobs + 1):
        series.add("job_metadata", job_id, f"job{job_id}", 1, 2**20, 0)
        series.add("job_attempts", job_id, 1, 1000.0, 1010.0, "completed", 0, 2**20, 1.0)
        for second in range(2):
            series.add("job_resource_samples", job_id, 1000.0 + second, 50.0, 2**20, 1, 1)
    series.flush()
    return path


def test_a_file_for_each_job_and_those_for_all(torc: Torc, database, tmp_path):
    done = torc("plot-resources", database, "-o", tmp_path / "plots" / "deep")
    assert done.code == 0, done.err
    written = {path.name for path in (tmp_path / "plots" / "deep").iterdir()}
    assert written == {f"resource_plot_{name}.html" for name in ["job_1", "job_2", *NAMES]}
    assert done.out.startswith(f"Wrote 6 plots to {tmp_path}/plots/deep:")


def test_chosen_jobs_prefix_and_json(torc: Torc, database, tmp_path):
    done = torc("plot-resources", database, "--job-ids", "2", "-p", "mine", "-f", "json", "-o", tmp_path / "out")
    assert done.code == 0, done.err
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {f"mine_{name}.json" for name in ["job_2", *NAMES]}
    assert "doc" in json.loads((tmp_path / "out" / "mine_job_2.json").read_text())


def test_without_a_directory_the_present_one_is_taken(torc: Torc, database, tmp_path):
    assert torc("plot-resources", database, "-j", "1").code == 0
    assert (tmp_path / "resource_plot_job_1.html").exists()


def test_thousands_of_jobs_do_not_make_thousands_of_files(torc: Torc, tmp_path, monkeypatch):
    from torc.plots import files

    monkeypatch.setattr(files, "MOST_JOB_PLOTS", 2)
    path = write(tmp_path / "many.db", 5)
    done = torc("plot-resources", path, "-o", tmp_path / "out")
    assert "only the 2 jobs with most samples of 5" in done.err
    assert len(list((tmp_path / "out").glob("*_job_*"))) == 2
    chosen = torc("plot-resources", path, "-j", "1,2,3", "-o", tmp_path / "chosen")
    assert chosen.err == ""
    assert len(list((tmp_path / "chosen").glob("*_job_*"))) == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["gone.db"], "gone.db: No such file"),
        (["empty.db"], "empty.db is not a database of resource metrics: the file is empty"),
        (["text.db"], "text.db is not a database of resource metrics"),
        (["resource_metrics_here_1_1.db", "empty.db"], "empty.db is not"),
        (["resource_metrics_here_1_1.db", "-j", "7"], "no samples of job 7 (there are: 1, 2)"),
        (["resource_metrics_here_1_1.db", "-j", "1,x"], "'x' is not a job id"),
        (["resource_metrics_here_1_1.db", "-j", ","], "no job ids"),
        (["resource_metrics_here_1_1.db", "-p", "a/b"], "'a/b' cannot begin a file name"),
        (["resource_metrics_here_1_1.db", "-f", "pdf"], "'pdf'"),
        ([], "DB_PATHS"),
    ],
)
def test_what_cannot_be_plotted_is_named_and_nothing_is_written(torc: Torc, database, tmp_path, arguments, told):
    (tmp_path / "empty.db").touch()
    (tmp_path / "text.db").write_text("job_id,cpu")
    done = torc("plot-resources", *arguments, "-o", "out")
    assert done.code == 2
    assert told in done.err
    assert not (tmp_path / "out").exists()


def test_a_directory_that_cannot_be_written_is_named(torc: Torc, database, tmp_path):
    (tmp_path / "file").touch()
    done = torc("plot-resources", database, "-o", "file")
    assert done.code == 1
    assert "cannot write file/resource_plot_job_1.html" in done.err


def test_without_bokeh_the_extra_is_named(torc: Torc, database, monkeypatch):
    monkeypatch.setattr(script.util, "find_spec", lambda name: None)
    done = torc("plot-resources", database)
    assert done.code == 1
    assert "pip install 'torc[plots]'" in done.err


def test_help_does_not_load_bokeh():
    code = (
        "import sys; from torc.cli.main import execute; "
        "execute(['plot-resources', '--help']); print('bokeh' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")


def test_from_a_run_to_its_plots(torc: Torc, tmp_path):
    (tmp_path / "watched.yaml").write_text(
        "name: watched\n"
        "resource_monitor: {granularity: time_series, sample_interval_seconds: 1}\n"
        "jobs: [{name: brief, command: 'sleep 0.4'}]\n"
    )
    assert torc("run", "watched.yaml").code == 0
    (result,) = torc("-f", "json", "results", "list", 1).json["results"]
    assert result["peak_memory_bytes"] > 0
    assert result["peak_cpu_percent"] >= result["avg_cpu_percent"] > 0
    (node,) = torc("-f", "json", "compute-nodes", "list", 1).json["compute_nodes"]
    assert node["sample_count"] >= 1
    assert node["peak_memory_bytes"] >= node["avg_memory_bytes"] > 0
    (file,) = (tmp_path / "output" / "resource_utilization").glob("resource_metrics_*_1_1.db")
    done = torc("plot-resources", file, "-o", "plots")
    assert done.code == 0, done.err
    assert (tmp_path / "plots" / "resource_plot_compute_node.html").exists()
