"""The REST interface as Python classes with the names of the published client.

Nothing is loaded before it is used::

    from torc.openapi_client import ApiClient, Configuration, DefaultApi, WorkflowModel

    api = DefaultApi(ApiClient(Configuration("http://localhost:8080/torc-service/v1")))
    workflow = api.create_workflow(WorkflowModel(name="demo", user="me"))
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from torc.openapi_client import names

_HERE = {
    **dict.fromkeys(names.EXCEPTIONS, "exceptions"),
    **dict.fromkeys(("DefaultApi", *names.TAGS), "api"),
    "ApiResponse": "api_response",
    "ApiClient": "api_client",
    "Configuration": "configuration",
    **dict.fromkeys((*names.ENUMS, *names.MODELS, *names.pages()), "models"),
}
__all__ = sorted(_HERE)


def __getattr__(name: str) -> Any:
    if name not in _HERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HERE[name]}"), name)


def __dir__() -> list[str]:
    return __all__
