"""``${files.input.NAME}`` and its siblings in commands."""

from __future__ import annotations

import re

#: A reference; before expansion its name may hold ``{parameter}`` places.
REFERENCE = re.compile(r"\$\{(files|user_data)\.(input|output)\.((?:[^{}\n]|\{[^{}\n]*\})+)\}")
#: What looks like a reference but is none; no shell knows names with a dot.
NEAR_REFERENCE = re.compile(r"\$\{\s*(?:files?|user_data)\.[^}\n]*\}")

_QUOTED_OR_COMMENT = re.compile(r"""\\.|'[^']*'|"(?:\\.|[^"\\])*"|(?<!\S)\#[^\n]*""", re.DOTALL)


def stands_bare(command: str, match: re.Match[str]) -> bool:
    """Return whether a reference surely stands outside of quotes: the shell divides its value at blanks.

    Not so in here-documents; in commands within commands quotes begin anew, and nothing is said of those.
    """
    if any(mark in command for mark in ("<<", "$(", "`")):
        return False
    return not any(quoted.start() < match.start() < quoted.end() for quoted in _QUOTED_OR_COMMENT.finditer(command))
