"""News about jobs for those who wait for them: held until there is some."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from torc.server.bus import is_set
from torc.server.services.call import Call
from torc.server.store import additions, workflows
from torc.server.store.transaction import Tx
from torc.server.wire import array

if TYPE_CHECKING:
    from torc.server.service import Service


async def get_outcomes(service: Service, call: Call) -> dict[str, Any]:
    """Tell which jobs have started or ended since an event, with what they have made."""
    query = call.query
    deadline = asyncio.get_running_loop().time() + query.wait_seconds
    signal = service.bus.open_stream(call.id)
    try:
        while True:
            signal.clear()
            found, last = await service.read(_look, call.id, query.after)
            left = deadline - asyncio.get_running_loop().time()
            is_behind, query.after = last > query.after, last
            if is_behind and not found:
                continue
            if found or left <= 0 or service.bus.closing or not call.is_open():
                return {"outcomes": array(found), "last": last}
            await is_set(signal, left)
    finally:
        service.bus.close_stream(call.id, signal)


def _look(tx: Tx, workflow_id: int, after: int) -> tuple[list[str], int]:
    workflows.head(tx, workflow_id)
    return additions.news(tx, workflow_id, after)
