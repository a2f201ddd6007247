"""No test depends on the configuration of whoever runs it, or on how the suite was started."""

from __future__ import annotations

import os
import signal

import hypothesis

# The same examples each time, and none is too slow for a machine that is busy with other tests. Others are looked for
# with ``--hypothesis-profile default --hypothesis-seed N``.
hypothesis.settings.load_profile("ci")

os.environ["XDG_CONFIG_HOME"] = os.devnull
for _name in [
    name for name in os.environ if (name.startswith("TORC_") and "__" in name) or name in ("TORC_CONFIG", "RUST_LOG")
]:
    del os.environ[_name]

# A script that starts the suite with ``&`` lets it ignore interrupts, and so would all that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
