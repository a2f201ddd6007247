"""What scenarios begin with."""

import base64
import itertools
import json

from torc.openapi_client import ComputeNodeModel, JobModel, ResultModel, WorkflowModel

_numbers = itertools.count(1)


def workflow(api, **more):
    """A new workflow of a name that no other has."""
    return api.create_workflow(WorkflowModel(name=f"contract_{next(_numbers)}", user="ada", **more))


def jobs(api, workflow_id, *names, **more):
    """One job for each name, independent of each other."""
    return [api.create_job(JobModel(workflow_id=workflow_id, name=name, command="true", **more)) for name in names]


def node(api, workflow_id):
    """A compute node with room for everything."""
    return api.create_compute_node(
        ComputeNodeModel(
            workflow_id=workflow_id, hostname="c1", pid=next(_numbers), start_time="2026-01-01T00:00:00Z", num_cpus=64,
            memory_gb=256, num_gpus=4, num_nodes=1, compute_node_type="local", is_active=True,
        )
    )  # fmt: skip


def result(job, node, run_id=1, return_code=0, status="completed", attempt_id=1):
    """How a job ended."""
    return ResultModel(
        job_id=job.id, workflow_id=job.workflow_id, run_id=run_id, attempt_id=attempt_id, compute_node_id=node.id,
        return_code=return_code, exec_time_minutes=0.5, completion_time="2026-01-01T00:00:30Z", status=status,
    )  # fmt: skip


def ready(api, *names):
    """A workflow in its first run with a ready job for each name, and a node to run them."""
    created = workflow(api)
    made = jobs(api, created.id, *names)
    api.initialize_jobs(created.id)
    return created, [api.get_job(job.id) for job in made], node(api, created.id)


def sign_in(api, password="secret"):
    """Send the credentials of ada, as the client wants it: by hand."""
    pair = base64.b64encode(f"ada:{password}".encode()).decode()
    api.api_client.set_default_header("Authorization", f"Basic {pair}")


def raises(kind, call, *args, **kwargs):
    """The refusal of a call, which must be of this kind and say why."""
    try:
        call(*args, **kwargs)
    except kind as error:
        assert json.loads(error.body)["error"]["message"]
        return error
    raise AssertionError(f"{call.__name__} did not raise {kind.__name__}")
