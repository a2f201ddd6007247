"""Create a workflow of one job with what it needs."""

from torc import make_api
from torc.openapi_client import (
    JobModel,
    ResourceRequirementsModel,
    WorkflowModel,
)

# Connect to the server
api = make_api("http://localhost:8080/torc-service/v1")

# Create workflow
workflow = api.create_workflow(
    WorkflowModel(
        name="my_workflow",
        user="myuser",
        description="Programmatically created workflow",
    )
)

# Add resource requirements
rr = api.create_resource_requirements(
    ResourceRequirementsModel(
        workflow_id=workflow.id,
        name="small",
        num_cpus=1,
        memory="1g",
        runtime="PT10M",
    )
)

# Add jobs
api.create_job(
    JobModel(
        workflow_id=workflow.id,
        name="job1",
        command="echo 'Hello World'",
        resource_requirements_id=rr.id,
    )
)

print(f"Created workflow {workflow.id}")
