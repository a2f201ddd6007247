"""A backend for ``joblib``: ``Parallel`` makes its calls in jobs.

Importing this module registers it under the name ``torc``; it is chosen by ``joblib.parallel_config(backend="torc")``
with the parameters of :class:`torc.Executor` beside it, or ``Parallel(backend="torc")``.
"""

from __future__ import annotations

import copy
import inspect
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from joblib import register_parallel_backend
from joblib._parallel_backends import AutoBatchingMixin, FallbackToBackend, SequentialBackend
from joblib.parallel import BatchedCalls, ParallelBackendBase

from torc.errors import InvalidInput
from torc.executor.execute import Executor
from torc.executor.future import Future
from torc.executor.perform import is_in_call
from torc.executor.submission import SHARE_ABOVE, size, title_of

_PARAMETERS = {"executor", *inspect.signature(Executor).parameters}


class Large(NamedTuple):
    """Stands in a batch for an argument that travels beside it."""

    number: int


class TorcBackend(AutoBatchingMixin, ParallelBackendBase):  # type: ignore[misc]
    """Makes batches of calls on an executor, as large as it takes to hide the way there and back.

    Parameters
    ----------
    executor
        The executor; by default one of its own, with as many calls at a time as there are ``n_jobs``.
    options
        Parameters of :class:`torc.Executor`: what each call needs, ``name``, ``output_dir`` and so on.
    """

    default_n_jobs = -1
    supports_retrieve_callback = True

    def __init__(
        self,
        nesting_level: int | None = None,
        inner_max_num_threads: int | None = None,
        executor: Executor | None = None,
        **options: Any,
    ) -> None:
        super().__init__(nesting_level=nesting_level, inner_max_num_threads=inner_max_num_threads)
        if executor is not None and options:
            name = min(options)
            raise InvalidInput(f"{name} is given beside an executor", field=name, hint=f"give {name} to the executor")
        self._options = {"name": "joblib", "quiet": True, **options}
        self._given = executor
        # It knows how many calls fit, starts nothing before its first one, and refuses options that cannot be.
        self._unlimited = executor or Executor(max_workers=None, **self._options)
        self._executor = self._unlimited
        self._made: dict[int, Executor] = {}  # by n_jobs
        self._begun: set[Future] = set()

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """Return how many calls run at a time."""
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        if is_in_call():
            return 1  # what a call needs was said, and is not to be shared by others
        if n_jobs is None or n_jobs < 0:
            return max(1, self._unlimited.max_workers + 1 + (n_jobs or self.default_n_jobs))
        return n_jobs

    def configure(self, n_jobs: int | None = 1, parallel: Any = None, **options: Any) -> int:
        """Prepare for the calls of one ``Parallel``; nothing is started before the first one."""
        # What joblib itself gives is for backends with pools.
        for name in sorted(options.keys() & _PARAMETERS):
            hint = f"write parallel_config(backend='torc', {name}={options[name]!r})"
            raise InvalidInput(f"{name} is given to Parallel", field=name, value=options[name], hint=hint)
        n_jobs = self.effective_n_jobs(n_jobs)
        if n_jobs == 1:
            raise FallbackToBackend(SequentialBackend(nesting_level=self.nesting_level))
        if self._given is None:
            if n_jobs not in self._made:
                self._made[n_jobs] = Executor(max_workers=n_jobs, **self._options)
            self._executor = self._made[n_jobs]
        self.parallel = parallel
        return n_jobs

    def submit(self, func: BatchedCalls, callback: Callable[[Future], object] | None = None) -> Future:
        """Put a batch of calls on its way."""
        sent, large = _without_large(func)
        function, *_ = func.items[0]
        future = self._executor._submit(batch, (sent, *large), {}, title_of(function))
        self._begun.add(future)
        future.add_done_callback(self._begun.discard)
        if callback is not None:
            future.add_done_callback(callback)
        return future

    def retrieve_result_callback(self, out: Future) -> list[Any]:
        """Return the results of a batch that has ended."""
        seconds, results = out.result()
        # What the calls take says how many of them make a batch; the time until now has the start of runners in it.
        super().batch_completed(len(results), seconds)
        return results  # type: ignore[no-any-return]

    def batch_completed(self, batch_size: int, duration: float) -> None:
        """Do nothing: the workers themselves have said how long it took."""

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """End the calls of this ``Parallel``, also those that run."""
        self._executor.end(list(self._begun))

    def terminate(self) -> None:
        """Leave the executor to the next ``Parallel``."""
        self.reset_batch_stats()


def batch(calls: BatchedCalls, *large: Any) -> list[Any]:
    """Make a batch of calls in a worker; return the seconds that they took and their results."""
    begun = time.perf_counter()
    calls.items = [
        (function, [_back(value, large) for value in args], {key: _back(value, large) for key, value in kwargs.items()})
        for function, args, kwargs in calls.items
    ]
    results = calls()
    return [time.perf_counter() - begun, results]


def _without_large(calls: BatchedCalls) -> tuple[BatchedCalls, list[Any]]:
    """Return a batch without its large arguments, and those: batches share their files, and each is loaded once."""
    large: list[Any] = []
    numbers: dict[int, Large] = {}

    def shortened(value: Any) -> Any:
        if size(value) <= SHARE_ABOVE:
            return value
        if id(value) not in numbers:
            numbers[id(value)] = Large(len(large))
            large.append(value)
        return numbers[id(value)]

    sent = copy.copy(calls)
    sent.items = [
        (function, [shortened(value) for value in args], {key: shortened(value) for key, value in kwargs.items()})
        for function, args, kwargs in calls.items
    ]
    return sent, large


def _back(value: Any, large: tuple[Any, ...]) -> Any:
    return large[value.number] if isinstance(value, Large) else value


register_parallel_backend("torc", TorcBackend)
