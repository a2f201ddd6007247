"""Torc runs computational workflows on laptops, in Slurm allocations and over SSH.

The names of the Python interface are loaded when they are used; see :mod:`torc.api`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from torc.api import create_jobs, iter_documents, make_api, make_job_label, map_function_to_jobs, send_api_command
    from torc.loggers import setup_logging
    from torc.openapi_client import ApiClient, Configuration, DefaultApi, SpawnJobModel, SpawnJobsResponse
    from torc.orchestrator import Orchestrator

_HOMES = {
    "ApiClient": "torc.openapi_client",
    "Configuration": "torc.openapi_client",
    "DefaultApi": "torc.openapi_client",
    "Orchestrator": "torc.orchestrator",
    "SpawnJobModel": "torc.openapi_client",
    "SpawnJobsResponse": "torc.openapi_client",
    "create_jobs": "torc.api",
    "iter_documents": "torc.api",
    "make_api": "torc.api",
    "make_job_label": "torc.api",
    "map_function_to_jobs": "torc.api",
    "send_api_command": "torc.api",
    "setup_logging": "torc.loggers",
}
__all__ = [
    "ApiClient",
    "Configuration",
    "DefaultApi",
    "Orchestrator",
    "SpawnJobModel",
    "SpawnJobsResponse",
    "create_jobs",
    "iter_documents",
    "make_api",
    "make_job_label",
    "map_function_to_jobs",
    "send_api_command",
    "setup_logging",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
