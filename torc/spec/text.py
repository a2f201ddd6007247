"""Bytes of a specification to text, with a clear word about files that are not text."""

from __future__ import annotations

import codecs

from torc.spec.readers import ReadError

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def decode(raw: bytes) -> str:
    """Return the text of a UTF-8 file, without a byte-order mark.

    Raises
    ------
    ReadError
        When the bytes are empty, binary or in another encoding.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            raise ReadError(f"the text is encoded as {encoding}", 1, 1, hint="save it as UTF-8")
    if b"\x00" in raw:
        # UTF-16 without a mark: every second byte of plain text is zero.
        if raw[:64].count(0) * 3 >= len(raw[:64]) and len(raw) % 2 == 0:
            raise ReadError("the text seems to be encoded as UTF-16", 1, 1, hint="save it as UTF-8")
        offset = raw.index(b"\x00")
        raise ReadError("the file is binary: it holds a zero byte", *_position(raw, offset))
    try:
        text = raw.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        place = _position(raw, error.start)
        raise ReadError(f"the byte 0x{raw[error.start]:02x} is not UTF-8", *place, hint="save it as UTF-8") from None
    return text


def _position(raw: bytes, offset: int) -> tuple[int, int]:
    return raw.count(b"\n", 0, offset) + 1, offset - raw.rfind(b"\n", 0, offset)
