from __future__ import annotations

import logging

import pytest

from torc.redaction import Redaction, redacted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Basic b2xnYTpwYXNzd29yZA==", "Authorization: Basic ***"),
        ("{'Authorization': 'Bearer abcdefgh12345678'}", "{'Authorization': 'Bearer ***'}"),
        ("https://olga:pa%20ss@host:8080/x and http://h/y", "https://***@host:8080/x and http://h/y"),
        ("made torc_0123456789abcdefghij-_XYZ for olga", "made torc_*** for olga"),
        ('{"password": "hush", "name": "n"}', '{"password": "***", "name": "n"}'),
        ("token=hush&limit=3", "token=***&limit=3"),
        ("Cookie: session=hush", "Cookie: ***"),
        (
            "jobs of torc_runner on basic hosts; see http://h/a@b",
            "jobs of torc_runner on basic hosts; see http://h/a@b",
        ),
    ],
)
def test_credentials_are_taken_out_and_nothing_else(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_a_log_record_loses_them_from_text_arguments_pairs_and_traceback() -> None:
    try:
        raise ValueError("http://olga:hush@h/")
    except ValueError as error:
        record = logging.LogRecord("n", 10, "f", 1, "to %s", ("http://olga:hush@h/",), (ValueError, error, None))
    record.pairs = {"url": "http://olga:hush@h/", "status": 200}
    assert Redaction().filter(record)
    assert "hush" not in logging.Formatter().format(record)
    assert record.pairs == {"url": "http://***@h/", "status": 200}
