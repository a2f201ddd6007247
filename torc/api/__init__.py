"""Workflows from Python scripts: a connection to the server, and what goes beyond single requests.

::

    from torc import make_api, map_function_to_jobs
    from torc.openapi_client import WorkflowModel

    api = make_api("http://localhost:8080/torc-service/v1")
    workflow = api.create_workflow(WorkflowModel(name="demo", user="me"))
    map_function_to_jobs(api, workflow.id, "simulation", "run", [{"x": 1}, {"x": 2}])
"""

from torc.api.mapping import map_function_to_jobs
from torc.api.requests import (
    create_jobs,
    iter_documents,
    list_model_fields,
    make_api,
    make_job_label,
    send_api_command,
    wait_for_healthy_database,
)
from torc.openapi_client.api import DefaultApi

__all__ = [
    "DefaultApi",
    "create_jobs",
    "iter_documents",
    "list_model_fields",
    "make_api",
    "make_job_label",
    "map_function_to_jobs",
    "send_api_command",
    "wait_for_healthy_database",
]
