"""What can go wrong with a call, apart from what its function raises.

::

    TorcError
    ├── CannotTravel      also a TypeError       an argument, function or result that cannot be sent
    ├── NotTrusted                               a pickle that does not bear the owner's signature
    ├── RemoteError                              the function raised something that cannot be loaded here
    └── CallLost          also a BrokenExecutor  the call has ended without a result
        └── DependencyFailed                     because a call that it was to take an argument from did not succeed
"""

from __future__ import annotations

from concurrent.futures import BrokenExecutor

from torc.errors import InvalidInput, TorcError


class CannotTravel(InvalidInput, TypeError):
    """Something that cannot be sent to another process; the message says where in it."""


class NotTrusted(TorcError):
    """A pickle that was not made by this user, or was changed since: it is not loaded."""


class RemoteError(TorcError):
    """Stands for an exception whose class cannot be loaded here."""


class CallLost(TorcError, BrokenExecutor):
    """A call that has ended without result or exception: its worker was killed, or it was canceled while it ran."""


class DependencyFailed(CallLost):
    """A call that was never made, because a future among its arguments has no result."""


class RemoteTraceback(Exception):
    """The cause of a call's exception: the traceback in its worker, as text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f'\n"""\n{self.text}"""'
