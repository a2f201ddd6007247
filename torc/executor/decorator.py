"""``@torc.job``: a function that says what each of its calls needs."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from torc.amounts import DEFAULT_MEMORY, DEFAULT_RUNTIME
from torc.executor.execute import Executor, check_amounts, check_count

if TYPE_CHECKING:
    from torc.executor.future import Future

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_lock = threading.Lock()
_shared: Executor | None = None


class JobFunction(Generic[Arguments, Result]):
    """A function that is called as before, and as a job with :meth:`submit`, :meth:`map` or by an executor."""

    def __init__(self, function: Callable[Arguments, Result], requirements: dict[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self.__torc_function__ = function
        self.__torc_requirements__ = requirements

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        """Call the function here."""
        return self.__torc_function__(*args, **kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def submit(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Future:
        """Call the function in a job of the executor that all such functions of this program share."""
        return shared_executor().submit(self, *args, **kwargs)

    def map(
        self,
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[Result]:
        """Return an iterator over the results of a job for each set of arguments, see :meth:`torc.Executor.map`."""
        return shared_executor().map(self, *iterables, timeout=timeout, chunksize=chunksize, buffersize=buffersize)

    def __repr__(self) -> str:
        needs = ", ".join(f"{name}={value!r}" for name, value in self.__torc_requirements__.items())
        return f"<job {self.__torc_function__.__qualname__}({needs})>"


@overload
def job(function: Callable[Arguments, Result]) -> JobFunction[Arguments, Result]: ...
@overload
def job(
    *, cpus: int = ..., memory: str = ..., runtime: str = ..., gpus: int = ...
) -> Callable[[Callable[Arguments, Result]], JobFunction[Arguments, Result]]: ...
def job(
    function: Callable[..., Any] | None = None,
    *,
    cpus: int = 1,
    memory: str = DEFAULT_MEMORY,
    runtime: str = DEFAULT_RUNTIME,
    gpus: int = 0,
) -> Any:
    """Say what the calls of a function need; use it with or without parentheses.

    Examples
    --------
    >>> @torc.job(cpus=2, memory="4g")
    ... def simulate(x, y=0):
    ...     return x + y
    >>> simulate(1), simulate.submit(1, y=2).result()
    (1, 3)
    """
    check_count("cpus", cpus, 1)
    check_count("gpus", gpus, 0)
    check_amounts(memory, runtime)
    requirements = {"num_cpus": cpus, "memory": memory, "runtime": runtime, "num_gpus": gpus}
    if function is not None:
        return JobFunction(function, requirements)
    return lambda decorated: JobFunction(decorated, requirements)


def shared_executor() -> Executor:
    """Return the executor of functions that are submitted without one."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = Executor(name="jobs")
        return _shared


def _forget_shared() -> None:
    """Have a forked child make an executor of its own."""
    global _lock, _shared
    _lock, _shared = threading.Lock(), None


os.register_at_fork(after_in_child=_forget_shared)
