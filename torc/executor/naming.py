"""Which functions other processes can import."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import reduce
from typing import Any

_MAIN = ("__main__", "__mp_main__")


def importable_name(function: Callable[..., Any]) -> str | None:
    """Return ``module:qualified.name`` when that leads to the function in every process."""
    module, path = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if not module or module in _MAIN or not path or "<" in path or module not in sys.modules:
        return None
    try:
        found = reduce(getattr, path.split("."), sys.modules[module])
    except AttributeError:
        return None
    if getattr(found, "__torc_function__", found) is not function:
        return None
    spec = getattr(sys.modules[module], "__spec__", None)
    return f"{module}:{path}" if spec is not None else None
