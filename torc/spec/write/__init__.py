"""A specification written back: as YAML, JSON, JSON5, KDL, or as Python that builds it.

What is written reads back as the same specification. Values that are nothing but defaults are left out.
"""

from __future__ import annotations

import json

from torc.spec.load import Format
from torc.spec.model import WorkflowSpec
from torc.spec.write.code import to_code
from torc.spec.write.kdl import to_kdl
from torc.spec.write.plain import plain
from torc.spec.write.yaml import to_yaml

__all__ = ["plain", "to_code", "write"]


def write(spec: WorkflowSpec, format: Format) -> str:
    """Return the text of a specification."""
    data = plain(spec)
    if format == "yaml":
        return to_yaml(data)
    if format == "kdl":
        return to_kdl(data)
    # JSON is JSON5, too.
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
