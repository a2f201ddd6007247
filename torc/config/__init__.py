"""Settings from files and the environment; stands on :mod:`torc.errors` alone and costs nothing when there are none."""

from __future__ import annotations

from torc.config.keys import KEYS, Key
from torc.config.load import Config, Setting, defaults_for, load

__all__ = ["KEYS", "Config", "Key", "Setting", "defaults_for", "load"]
