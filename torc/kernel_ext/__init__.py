"""torc in a notebook: magics, live views, forms.

``%load_ext torc`` brings ``%torc`` and ``%%torc``; it prints nothing and needs no server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Give a shell the magics and their completion."""
    from torc.kernel_ext.magics import TorcMagics

    magics = TorcMagics(shell)
    shell.register_magics(magics)
    shell.set_hook("complete_command", magics.complete, re_key=magics.COMPLETED)  # type: ignore[no-untyped-call]


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics away."""
    for magics in shell.magics_manager.magics.values():
        magics.pop("torc", None)
