from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc.errors import InvalidInput
from torc.units import format_bytes, format_duration, parse_duration, parse_memory, parse_walltime, to_iso_duration


@pytest.mark.parametrize(
    ("text", "size"),
    [("512", 512), ("1k", 1024), ("16g", 16 * 2**30), ("1.5G", 3 * 2**29), ("2 GiB", 2**31), ("3mb", 3 * 2**20),
     (" 1t ", 2**40), ("4096p", 2**62), ("0", 0)],
)  # fmt: skip
def test_memory_is_read_in_binary_units(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "g", "-1g", "1x", "1e5", "1g 2", "nan", "inf", "4097p", "9" * 5000, "½g"])
def test_what_is_no_size_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_memory(text, field="mem")
    assert caught.value.field == "mem"
    assert caught.value.value == text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT30M", 1800), ("P0DT1M", 60), ("P1DT12H", 129600), ("pt4h", 14400), ("PT0.5S", 0.5), ("P2W", 1209600),
     ("1h30m", 5400), ("90s", 90), ("2d", 172800), (" PT1S ", 1)],
)  # fmt: skip
def test_durations_are_read_in_both_forms(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "1", "P1Y", "1.5h", "-PT1S", "PT", "P100000D", "PTnanS", "T1H", "1m1h"]
)
def test_what_is_no_duration_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_duration(text, field="walltime")
    assert caught.value.field == "walltime"


@given(st.integers(0, 100 * 366 * 86400))
def test_iso_durations_come_back(seconds: int) -> None:
    assert parse_duration(to_iso_duration(seconds)) == seconds


@given(st.integers(0, 2**53))
def test_plain_bytes_come_back(size: int) -> None:
    assert parse_memory(str(size)) == size


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0B"), (1023, "1023B"), (1024, "1.0KB"), (73.8 * 2**20, "73.8MB"), (2**30, "1.0GB"), (2**50, "1024.0TB")],
)
def test_sizes_are_shown_with_one_decimal(size: float, text: str) -> None:
    assert format_bytes(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0ms"), (0.45, "450ms"), (12.34, "12.3s"), (245, "4m 05s"), (7980, "2h 13m"), (273600, "3d 4h")],
)
def test_durations_are_shown_in_two_units(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 1800), ("1:30", 90), ("04:00:00", 14400), ("1-12", 129600), ("1-12:30", 131400), ("2-00:00:01", 172801)],
)
def test_time_limits_are_read_as_batch_systems_do(text: str, seconds: float) -> None:
    assert parse_walltime(text) == seconds


@pytest.mark.parametrize("text", ["", "-", "1h", "1:2:3:4", "1--2", "-1:00", "04:00:00\n", "٣"])
def test_what_is_no_time_limit_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_walltime(text)
    assert (caught.value.field, caught.value.value) == ("walltime", text)
