"""Creating the workflow of a specification: checked beside the writer, which then only writes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torc.server.services.call import Call
from torc.server.services.plans import create_workflow_from_plan
from torc.server.services.specifications import planned

if TYPE_CHECKING:
    from torc.server.service import Service


async def create_workflow_from_specification(service: Service, call: Call) -> dict[str, Any]:
    """Create the workflow of a specification, all of it or nothing; a repeated ``request_id`` creates nothing."""
    plan = await service.compute(planned, call.body)
    created: dict[str, Any] = await service.write(
        "create_workflow_from_specification", create_workflow_from_plan, replace(call, body=plan)
    )
    return created
