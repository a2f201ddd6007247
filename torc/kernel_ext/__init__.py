"""torc in a notebook: magics, live views, forms.

``%load_ext torc`` brings ``%torc`` and ``%%torc``; it prints nothing and needs no server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Give a shell the magics and their completion."""
    from torc.kernel_ext.magics import TorcMagics, give_help_a_body

    magics = TorcMagics(shell)
    shell.register_magics(magics)
    shell.Completer.custom_matchers.append(magics.complete)
    shell.input_transformers_cleanup.append(give_help_a_body)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics away, and all that came with them."""
    from torc.kernel_ext.magics import TorcMagics, give_help_a_body

    for magics in shell.magics_manager.magics.values():
        magics.pop("torc", None)
    matchers, cleanup = shell.Completer.custom_matchers, shell.input_transformers_cleanup
    matchers[:] = [one for one in matchers if not isinstance(getattr(one, "__self__", None), TorcMagics)]
    cleanup[:] = [one for one in cleanup if one is not give_help_a_body]
