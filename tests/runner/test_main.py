"""The command line of ``torc-job-runner``."""

from __future__ import annotations

import pytest

from torc.runner.main import main


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "the following arguments are required: workflow_id"),
        ("five", "argument workflow_id: 'five' is not a whole number"),
        ("0", "argument workflow_id: 0 is below 1"),
        ("1 --num-cpus 1.5", "argument --num-cpus: '1.5' is not a whole number"),
        ("1 --memory-gb lots", "argument --memory-gb: 'lots' is not a number"),
        ("1 --memory-gb -1", "argument --memory-gb: '-1' is not a positive number"),
        ("1 --grace-seconds inf", "argument --grace-seconds: 'inf' is not a number of seconds"),
        ("1 --frob", "unrecognized arguments: --frob"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str], line: str, message: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"error: {message} (see torc-job-runner --help)\n"
