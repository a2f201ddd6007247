"""Refuses to build a wheel without what runs in JupyterLab: hatchling drops shared data that are not there silently."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SharedDataHook(BuildHookInterface[Any]):
    """Looks whether everything is there that the wheel shares."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Stop when something is missing."""
        for source in self.build_config.target_config["shared-data"]:
            place = Path(self.root, source)
            if not place.exists() or (place.is_dir() and not (place / "package.json").exists()):
                raise FileNotFoundError(f"{place} is missing: scripts/build-ui builds it")
