"""``${files.input.NAME}`` and its siblings in commands."""

from __future__ import annotations

import re

#: A reference; before expansion its name may hold ``{parameter}`` places.
REFERENCE = re.compile(r"\$\{(files|user_data)\.(input|output)\.((?:[^{}\n]|\{[^{}\n]*\})+)\}")
#: What looks like a reference but is none; no shell knows names with a dot.
NEAR_REFERENCE = re.compile(r"\$\{\s*(?:files?|user_data)\.[^}\n]*\}")
