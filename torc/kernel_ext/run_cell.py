"""Runs the code of a cell in the process of its job: ``python -m torc.kernel_ext.run_cell NAME CODE``.

Unlike ``python -c`` it lets tracebacks name the cell and show its lines.
"""

from __future__ import annotations

import linecache
import sys
import traceback
from types import ModuleType, TracebackType


def run(name: str, code: str) -> None:
    """Run the code as the main module."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        traceback.print_exception(kind, error, _within(name, trace))

    sys.excepthook = show
    sys.argv = [name]
    # The interpreter starts without the working directory in its path: a file there may have the name "torc.py".
    sys.path.insert(0, "")
    main = sys.modules["__main__"] = ModuleType("__main__")
    exec(compile(code, name, "exec", dont_inherit=True), main.__dict__)


def _within(name: str, trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback from the cell's own frame on."""
    inner = trace
    while inner is not None and inner.tb_frame.f_code.co_filename != name:
        inner = inner.tb_next
    return inner or trace


if __name__ == "__main__":
    run(*sys.argv[1:])
