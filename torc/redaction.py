"""The one place that takes secrets out of text that is logged or shown."""

from __future__ import annotations

import logging
import re

HIDDEN = "***"
_PATTERNS = (
    # Header values, as in "Authorization: Basic ...", also in the text of a dictionary.
    re.compile(r"(?i)\b((?:basic|bearer)\s+)(?:[A-Za-z0-9+/=_~.-]{8,})"),
    re.compile(r"(?i)((?:set-)?cookie['\"]?\s*[:=]\s*)[^\s,}][^\n,}]*"),
    # Tokens that this server makes.
    re.compile(r"\b(torc_)[A-Za-z0-9_-]{20,}"),
    re.compile(r"(?i)((?:password|token|secret)['\"]?\s*[:=]\s*['\"]?)[^\s'\",;&}]+"),
)
_USERINFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/\s@]+@", re.IGNORECASE)


def redacted(text: str) -> str:
    """Return the text without credentials."""
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return text


class Redaction(logging.Filter):
    """Takes secrets out of log records, arguments and traces included."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; it is always kept."""
        record.msg, record.args = redacted(record.getMessage()), None
        pairs = getattr(record, "pairs", None)
        if pairs:
            record.pairs = {name: redacted(value) if isinstance(value, str) else value for name, value in pairs.items()}
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redacted(record.exc_text)
        return True
