"""No test reads the configuration of whoever runs it."""

from __future__ import annotations

import os

os.environ["XDG_CONFIG_HOME"] = os.devnull
for _name in [
    name for name in os.environ if (name.startswith("TORC_") and "__" in name) or name in ("TORC_CONFIG", "RUST_LOG")
]:
    del os.environ[_name]
