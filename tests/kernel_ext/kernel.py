"""A real kernel in a process of its own, and what it says while a cell runs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

DEADLINE = 60.0

Message = dict[str, Any]


class Kernel:
    """An IPython kernel and a client of it."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.manager = KernelManager(kernel_name="python3")
        env = {name: value for name, value in os.environ.items() if not name.startswith(("VSCODE", "TORC_VIEWS"))}
        self.manager.start_kernel(env={**env, **environment}, cwd=str(directory))
        self.client: BlockingKernelClient = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=DEADLINE)

    def begin(self, code: str) -> str:
        """Begin a cell and return the id that :meth:`messages` wants."""
        return self.client.execute(code)

    def messages(self, cell: str) -> Iterator[Message]:
        """Yield what the kernel says of a cell until it is done."""
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            try:
                message = self.client.get_iopub_msg(timeout=1.0)
            except Empty:
                continue
            if message["parent_header"].get("msg_id") != cell:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return
            yield message
        raise AssertionError("the cell does not end")

    def run(self, code: str) -> list[Message]:
        """Run a cell, which must succeed, and return what the kernel said."""
        said = list(self.messages(self.begin(code)))
        assert not (errors := of_type(said, "error")), errors[0]["content"]
        return said

    def value(self, code: str) -> str:
        """Run a cell and return the text of its value."""
        (result,) = of_type(self.run(code), "execute_result")
        return str(result["content"]["data"]["text/plain"])

    def kill(self) -> None:
        """End the kernel as the out-of-memory killer does."""
        self.manager.shutdown_kernel(now=True)
        self.client.stop_channels()


def of_type(messages: list[Message], *kinds: str) -> list[Message]:
    """Return the messages of these types."""
    return [message for message in messages if message["msg_type"] in kinds]
