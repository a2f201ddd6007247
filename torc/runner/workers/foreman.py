"""The foreman: a guardian whose jobs are calls of Python functions, made by workers that stay.

It runs no code of others itself. Workers are forked from it in a millisecond and used again, until a module that they
have imported changes; one that dies takes only its own call with it. The ``arguments`` of a job are ``(inputs, output,
spill)``, see :mod:`torc.runner.workers.worker`, and an exit has a ninth part, ``(reason, values)``, none when the
worker died.
"""

from __future__ import annotations

import contextlib
import gc
import marshal
import os
import select
import socket
import sys
from typing import Any, NamedTuple

from torc.runner.guardian import READ_SIZE, Guardian, signal_group
from torc.runner.workers import worker
from torc.runner.workers.logs import Logs
from torc.runner.workers.sources import Sources, are_unchanged


class Usage(NamedTuple):
    """The figures of one call, named as those of ``wait4``."""

    ru_utime: float
    ru_stime: float
    ru_maxrss: int


class Worker:
    """A worker process as the foreman sees it."""

    __slots__ = ("cpu", "devices", "env", "inbox", "is_gone", "line", "logs", "pid", "seen_in", "sources")

    def __init__(self, pid: int, line: socket.socket, devices: str | None) -> None:
        self.pid = pid
        self.line = line
        self.devices = devices
        self.env: dict[str, str] | None = None  #: the shared environment that it knows
        self.logs = Logs()
        self.is_gone = False
        self.inbox = b""
        self.cpu = 0.0  #: seconds of its calls so far
        self.sources: Sources = {}  #: of the modules that it has imported
        self.seen_in = 0  #: the delivery after which they were looked at last

    def is_current(self, delivery: int) -> bool:
        """Say whether its modules are what their files said when a delivery of calls arrived, or later."""
        if self.seen_in != delivery:
            self.seen_in = delivery
            return are_unchanged(self.sources)
        return True

    def give(self, env: dict[str, str], order: tuple[Any, ...]) -> None:
        """Send it a call, with the shared environment and log files if it has none yet."""
        content = worker.frame((None if self.env is env else env, *order))
        self.line.setblocking(True)
        sent = socket.send_fds(self.line, [content], self.logs.fresh())
        self.line.sendall(memoryview(content)[sent:])
        self.line.setblocking(False)
        self.env = env

    def hear(self) -> bool:
        """Take in what it has sent; false when there is nothing."""
        try:
            data = self.line.recv(READ_SIZE)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        self.inbox += data
        self.is_gone = not data
        return bool(data)

    def message(self) -> Any:
        """Return what it has told of its call, once that is complete."""
        end = 4 + int.from_bytes(self.inbox[:4], "little")
        if len(self.inbox) < max(5, end):
            return None
        content, self.inbox = self.inbox[4:end], self.inbox[end:]
        return marshal.loads(content)


class Foreman(Guardian):
    """Calls that run or wait for a place, and the workers."""

    def __init__(self, commands: int, reports: int) -> None:
        super().__init__(commands, reports)
        self.workers: dict[int, Worker] = {}  # pid -> worker
        self.lines: dict[int, Worker] = {}  # file number of its socket -> worker
        self.idle: list[Worker] = []
        self.outcomes: dict[int, Any] = {}
        self.delivery = 0

    def do_setup(self, settings: Any) -> None:
        """Take the settings that all calls share."""
        super().do_setup({**settings, "bash": "a worker"})

    def do_run(self, jobs: list[Any]) -> None:
        """Start calls now."""
        # They were submitted after every change that was made before: one look at the modules is enough for all.
        self.delivery += 1
        super().do_run(jobs)

    def do_queue(self, jobs: list[Any]) -> None:
        """Keep calls until places come free."""
        self.delivery += 1
        super().do_queue(jobs)

    def _begin(self, job: Any, devices: str | None) -> int:
        _, arguments, _, extra, _, stdout, stderr, _ = job
        if devices is not None:
            extra = {**extra, "CUDA_VISIBLE_DEVICES": devices}
        while True:
            found = self._free(devices)
            is_new = found is None
            if found is None:
                found = self._fork(devices)
            try:
                found.logs.prepare(stdout, stderr)
                found.give(self.base_env, (extra, *arguments))
            except OSError:
                self._let_go(found)
                if is_new:
                    raise
            else:
                return found.pid

    def _free(self, devices: str | None) -> Worker | None:
        """Return an idle worker that has seen no other GPUs than these, and no modules as they were before."""
        for at in range(len(self.idle) - 1, -1, -1):
            found = self.idle[at]
            if found.devices == devices:
                if found.is_current(self.delivery):
                    return self.idle.pop(at)
                self._let_go(found)
        if self.idle:
            self._let_go(self.idle[0])
        return None

    def _fork(self, devices: str | None) -> Worker:
        line, end = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            for fd in (self.commands, self.reports, line.fileno(), *self.lines):
                os.close(fd)
            worker.serve(end)
        end.close()
        line.setblocking(False)
        found = Worker(pid, line, devices)
        self.workers[pid] = self.lines[line.fileno()] = found
        self.poll.register(line, select.POLLIN)
        return found

    def _hear(self, fd: int) -> None:
        found = self.lines.get(fd)
        if found is None:
            super()._hear(fd)
        elif found.hear():
            if self._finish(found) and self.orphaned:
                self.write_exits()
        elif found.is_gone and found.pid in self.running:
            self.poll.unregister(fd)  # it is ending: reap says how
        elif found.is_gone:  # not so when its number belonged to another a moment ago
            self._let_go(found)

    def _finish(self, found: Worker) -> bool:
        """Note the end of a worker's call if it has told it."""
        message = found.message() if found.pid in self.running else None
        if message is None:
            return False
        entry = self.running.pop(found.pid)
        code, cpu, peak, reason, values, stays, sources = message
        found.cpu += cpu
        found.sources |= sources
        found.logs.settle()
        self.outcomes[entry[0][0]] = (reason, values)
        if stays:
            self.idle.append(found)
        else:
            self._let_go(found)
        super()._ended(entry, code << 8, Usage(cpu, 0.0, peak // 1024))
        return True

    def _ended(self, entry: Any, status: int, usage: Any) -> None:
        """A worker has died in the middle of a call, or right after it."""
        found = self.workers[self.pids[entry[0][0]]]
        self.running[found.pid] = entry
        while found.hear():
            pass
        if not self._finish(found):
            del self.running[found.pid]
            found.logs.show()
            self._let_go(found)
            cpu = max(0.0, usage.ru_utime + usage.ru_stime - found.cpu)
            if os.WIFEXITED(status):
                code = os.WEXITSTATUS(status)
                self.outcomes[entry[0][0]] = (f"its process was left with code {code} in the middle of the call", [])
                status = status or 1 << 8  # there is no result, whatever the code
            super()._ended(entry, status, Usage(cpu, 0.0, usage.ru_maxrss))
        elif found in self.idle:
            self._let_go(found)

    def _gone(self, pid: int) -> None:
        """A worker without a call has died, or one that was let go."""
        if pid in self.workers:
            signal_group(pid, 9)
            self._let_go(self.workers[pid])

    def _let_go(self, found: Worker) -> None:
        """Hang up: a worker that lives ends when it notices."""
        if self.workers.pop(found.pid, None) is None:
            return
        if found in self.idle:
            self.idle.remove(found)
        found.logs.close()
        fd = found.line.fileno()
        del self.lines[fd]
        with contextlib.suppress(KeyError):
            self.poll.unregister(fd)
        found.line.close()

    def _flush(self) -> None:
        # The output of calls that the runner hears of while they run can be followed.
        for found in self.workers.values():
            entry = self.running.get(found.pid)
            if entry is not None and entry[0][0] in self.unsaid_starts:
                found.logs.show_if_older(entry[3])
        super()._flush()

    def _note(self, job: Any, exit_: Any, at: int) -> None:
        super()._note(job, (*exit_, self.outcomes.pop(job[0], None)), at)

    def _belongs_to_running(self, pid: int) -> bool:
        return pid in self.workers or super()._belongs_to_running(pid)

    def _end_last_orphans(self) -> None:
        for found in list(self.workers.values()):
            self._let_go(found)
        super()._end_last_orphans()


def main() -> None:
    """Serve the runner at the other end of the two pipes named on the command line."""
    foreman = Foreman(int(sys.argv[1]), int(sys.argv[2]))
    # What stands here now is the same in all workers.
    gc.collect()
    gc.freeze()
    foreman.live()


if __name__ == "__main__":
    main()
