"""Databases of runners, good and bad."""

from __future__ import annotations

import sqlite3

import pytest

from torc.errors import InvalidInput
from torc.plots.data import JobInfo, Metrics, read_metrics

from .conftest import make_metrics


def test_what_a_runner_wrote_is_read_back(database):
    metrics = make_metrics(3)
    assert read_metrics([database(metrics)]) == metrics


def test_files_of_several_runners_are_one_workflow(database):
    first, second = make_metrics(2), make_metrics(4)
    second.nodes[0].hostname = "node-b"
    first_file, second_file = database(first, "a.db"), database(second.only([3, 4]), "b.db")
    both = read_metrics([first_file, second_file])
    assert sorted(both.jobs) == [1, 2, 3, 4]
    assert [attempt.job_id for attempt in both.attempts] == [1, 2, 3, 4]
    assert [node.hostname for node in both.nodes] == ["node-a", "node-b"]


def test_samples_of_a_job_in_two_files_are_in_order_of_time(database):
    whole = make_metrics(1, samples=10)
    early, late = make_metrics(1, samples=10), make_metrics(1, samples=10)
    for part, places in ((early, slice(0, 5)), (late, slice(5, 10))):
        samples = part.samples[1]
        for name in ("timestamps", "cpu_percent", "memory_bytes", "num_processes", "attempts"):
            setattr(samples, name, getattr(samples, name)[places])
    read = read_metrics([database(late, "late.db"), database(early, "early.db")])
    assert read.samples == whole.samples


def test_a_file_with_the_two_basic_tables_is_enough(older_database):
    metrics = read_metrics([older_database])
    assert metrics.jobs == {5: JobInfo(5, "train")}
    assert metrics.samples[5].timestamps == [1_795_000_000.0, 1_795_000_005.0]
    assert metrics.samples[5].cpu_percent == [150.0, 50.0]
    assert (metrics.attempts, metrics.nodes) == ([], [])


def test_files_in_which_a_job_has_two_names_do_not_belong_together(database):
    with pytest.raises(InvalidInput, match=r"job 1 is 'job1' in .*a\.db and 'other1' in .*b\.db"):
        read_metrics([database(make_metrics(1), "a.db"), database(make_metrics(1, name="other"), "b.db")])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "the file is empty"),
        (b"job_id,cpu\n1,2\n", "it is no SQLite file"),
        (b"SQLite format 3\0" + b"\xff" * 4096, "database"),
    ],
)
def test_a_file_that_is_no_database_is_named(tmp_path, content, why):
    path = tmp_path / "bad.db"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=f"bad.db is not a database of resource metrics: .*{why}"):
        read_metrics([path])


def test_a_database_that_was_cut_short_is_named(database):
    path = database(make_metrics(50))
    path.write_bytes(path.read_bytes()[: 8 * 1024])
    with pytest.raises(InvalidInput, match=path.name):
        read_metrics([path])


def test_another_database_is_named(tmp_path):
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE job_metadata (job_id INTEGER)")
    connection.commit()
    connection.close()
    with pytest.raises(InvalidInput, match=r"other\.db is not .*job_resource_samples has no cpu_percent"):
        read_metrics([path])


def test_a_missing_file_and_a_directory_are_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"cannot read .*gone\.db: No such file"):
        read_metrics([tmp_path / "gone.db"])
    with pytest.raises(InvalidInput, match=r"cannot read .*: Is a directory"):
        read_metrics([tmp_path])


def test_only_some_jobs():
    part = make_metrics(5).only([2, 4])
    assert (sorted(part.jobs), sorted(part.samples)) == ([2, 4], [2, 4])
    assert [attempt.job_id for attempt in part.attempts] == [2, 4]


def test_a_job_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(InvalidInput, match="no samples of job 9") as caught:
        make_metrics(2).only([1, 9])
    assert caught.value.hint == "there are: 1, 2"
    with pytest.raises(InvalidInput):
        Metrics().only([1])


def test_reading_changes_nothing(database):
    path = database(make_metrics(1))
    before = path.read_bytes()
    read_metrics([path])
    assert path.read_bytes() == before
    assert [other.name for other in path.parent.iterdir()] == [path.name]
