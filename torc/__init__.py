"""Torc runs computational workflows of shell commands and Python functions.

The names of the Python interface are loaded when they are used; see :mod:`torc.api`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from torc.api import create_jobs, iter_documents, make_api, make_job_label, map_function_to_jobs, send_api_command
    from torc.executor.decorator import job
    from torc.executor.execute import Executor
    from torc.kernel_ext import load_ipython_extension, unload_ipython_extension
    from torc.kernel_ext.forms import form
    from torc.loggers import setup_logging
    from torc.openapi_client import ApiClient, Configuration, DefaultApi, SpawnJobModel, SpawnJobsResponse
    from torc.orchestrator import Orchestrator
    from torc.workflow.connection import connect, server_status, start_server, stop_server
    from torc.workflow.workflow import Workflow, attach

_HOMES = {
    "ApiClient": "torc.openapi_client",
    "Configuration": "torc.openapi_client",
    "DefaultApi": "torc.openapi_client",
    "Executor": "torc.executor.execute",
    "Orchestrator": "torc.orchestrator",
    "SpawnJobModel": "torc.openapi_client",
    "SpawnJobsResponse": "torc.openapi_client",
    "Workflow": "torc.workflow.workflow",
    "attach": "torc.workflow.workflow",
    "connect": "torc.workflow.connection",
    "create_jobs": "torc.api",
    "form": "torc.kernel_ext.forms",
    "iter_documents": "torc.api",
    "job": "torc.executor.decorator",
    "load_ipython_extension": "torc.kernel_ext",
    "make_api": "torc.api",
    "make_job_label": "torc.api",
    "map_function_to_jobs": "torc.api",
    "send_api_command": "torc.api",
    "server_status": "torc.workflow.connection",
    "setup_logging": "torc.loggers",
    "start_server": "torc.workflow.connection",
    "stop_server": "torc.workflow.connection",
    "unload_ipython_extension": "torc.kernel_ext",
}
__all__ = [
    "ApiClient",
    "Configuration",
    "DefaultApi",
    "Executor",
    "Orchestrator",
    "SpawnJobModel",
    "SpawnJobsResponse",
    "Workflow",
    "attach",
    "connect",
    "create_jobs",
    "form",
    "iter_documents",
    "job",
    "load_ipython_extension",
    "make_api",
    "make_job_label",
    "map_function_to_jobs",
    "send_api_command",
    "server_status",
    "setup_logging",
    "start_server",
    "stop_server",
    "unload_ipython_extension",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
