"""``@torc.job``: a function that says what each of its calls needs."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from torc.executor.execute import Executor, check_amounts, check_count

if TYPE_CHECKING:
    from torc.executor.future import Future

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_lock = threading.Lock()
_shared: Executor | None = None


class JobFunction(Generic[Arguments, Result]):
    """A function that is called as before, and as a job with :meth:`submit` or by an executor."""

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
    memory: str = "1m",
    runtime: str = "P0DT1M",
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
