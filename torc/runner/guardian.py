"""The guardian: a small process that starts and reaps the jobs of one runner.

It stands alone (``python -I -S guardian.py``, nothing of torc is imported) because the peak memory that
``wait4`` reports for a job starts at the size of the process that spawned it: a small parent gives every job
a true figure. It also outlives its runner: when the runner's pipe closes, it ends the jobs (or keeps them,
as told) and writes every exit that the runner has not confirmed to a file for the next runner on the host.

Frames on both pipes are a 4-byte length and a marshalled tuple; both ends are the same interpreter.

To the guardian::

    ("setup", settings)               env, bash, exit_file, policy, identity
    ("run", jobs)                     start now
    ("queue", jobs)                   start each when a job of the same shape ends, in its place
    ("start", [(key, devices)])       start queued jobs now, unless they have started meanwhile
    ("drop", keys)                    forget queued jobs; answered with those that had not started
    ("kill", signal, keys)            signal the process groups
    ("ack", keys)                     these exits are safe elsewhere

A job is ``(key, arguments of bash, shape, env, devices, stdout, stderr, patience)``: its exit may be held
back for ``patience`` seconds to travel with others.

From the guardian: ``(started, exits, dropped)``, where a start is ``(key, pid, wall clock)`` and an exit is
``(key, wait status, peak bytes, cpu seconds, start, duration, heir, error)``; ``heir`` is the queued job that
took the place, ``error`` is ``(retry, text)`` when the process could not be started, and ``(False, ENDED)``
when the guardian killed the job because its runner had gone.
"""

from __future__ import annotations

import errno
import marshal
import os
import select
import signal
import sys
import time

TYPE_CHECKING = False  # importing typing costs a megabyte
if TYPE_CHECKING:
    from typing import Any

    Tuple = tuple[Any, ...]
    Settings = dict[str, Any]

START_REPORT_AFTER = 0.02
READ_SIZE = 1 << 20
END_BOUND = 10.0
ENDED = "its runner ended"
_TRANSIENT = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)
_LOG_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NOCTTY
_HANDLED = (
    signal.SIGCHLD,
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGPIPE,
    signal.SIGXFSZ,
)
_PR_SET_CHILD_SUBREAPER = 36


def become_subreaper() -> bool:
    """Adopt the orphans of jobs, so that none escapes by a session of its own; false where that is not possible."""
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False


def open_failure(paths: tuple[str, ...]) -> str | None:
    """Return what is wrong with the first log file that cannot be opened."""
    for path in paths:
        try:
            os.close(os.open(path, _LOG_FLAGS, 0o600))
        except OSError as error:
            return f"cannot open {path}: {error.strerror} (errno {error.errno})"
    return None


class Guardian:
    """The jobs that run, those that wait for a place, and what is still to be told."""

    def __init__(self, commands: int, reports: int) -> None:
        self.commands = commands
        self.reports = reports
        self.inbox = b""
        self.outbox = b""
        self.running: dict[int, Tuple] = {}  # pid -> (job, wall start, monotonic start)
        self.pids: dict[int, int] = {}  # key -> pid
        self.queues: dict[Any, list[Tuple]] = {}  # shape -> jobs, last one first
        self.unsaid_starts: dict[int, float] = {}  # key -> when to tell
        self.exits: list[Tuple] = []
        self.dropped: list[int] = []
        self.unconfirmed: dict[int, Tuple] = {}
        self.flush_at = float("inf")
        self.settings: Settings = {}
        self.base_env: dict[str, str] = {}
        self.children_fd = -1
        self.wake = -1
        self.orphaned = False
        self.ending = False
        self.exit_file = -1
        self.writable_wanted = False
        self.poll = select.poll()

    def live(self) -> None:
        """Serve until the runner has gone and no job is left."""
        self._listen()
        while not (self.orphaned and not self.running):
            for fd, _ in self.poll.poll(self._timeout()):
                if fd == self.wake:
                    os.read(self.wake, 4096)
                    self.reap()
                    if self.orphaned:
                        self.write_exits()
                elif fd == self.commands:
                    self._receive()
                else:
                    self._hear(fd)
            self._flush_if_due()
        self._end_last_orphans()

    def _listen(self) -> None:
        self.wake, wake_end = os.pipe()
        for fd in (self.wake, wake_end, self.commands, self.reports):
            os.set_blocking(fd, False)
            os.set_inheritable(fd, False)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        # Handlers that do nothing, not SIG_IGN: exec gives the jobs the default back.
        for number in _HANDLED:
            signal.signal(number, lambda *_: None)
        if become_subreaper():
            try:
                self.children_fd = os.open("/proc/thread-self/children", os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                self.children_fd = -1
        self.poll.register(self.commands, select.POLLIN)
        self.poll.register(self.wake, select.POLLIN)

    def _timeout(self) -> float | None:
        due = self.flush_at
        if self.unsaid_starts:
            due = min(due, next(iter(self.unsaid_starts.values())))
        return None if due == float("inf") else max(0.0, (due - time.monotonic()) * 1000 + 0.5)

    def _receive(self) -> None:
        try:
            data = os.read(self.commands, READ_SIZE)
        except BlockingIOError:
            return
        if not data:
            self._runner_gone()
            return
        self.inbox += data
        start, inbox = 0, self.inbox
        while len(inbox) - start >= 4:
            end = start + 4 + int.from_bytes(inbox[start : start + 4], "little")
            if len(inbox) < end:
                break
            command = marshal.loads(inbox[start + 4 : end])
            getattr(self, "do_" + command[0])(*command[1:])
            start = end
        self.inbox = inbox[start:]

    def do_setup(self, settings: Settings) -> None:
        """Take the settings that all jobs share."""
        self.settings = settings
        self.base_env = settings["env"]

    def do_run(self, jobs: list[Tuple]) -> None:
        """Start jobs now."""
        for job in jobs:
            self._spawn(job, job[4])

    def do_queue(self, jobs: list[Tuple]) -> None:
        """Keep jobs until places come free."""
        for job in jobs:
            self.queues.setdefault(job[2], []).insert(0, job)

    def do_start(self, grants: list[Tuple]) -> None:
        """Start queued jobs now that the runner has found room for them."""
        for key, devices in grants:
            job = self._take(key)
            if job is not None:
                self._spawn(job, devices)

    def _take(self, key: int) -> Tuple | None:
        for queue in self.queues.values():
            for at in range(len(queue) - 1, -1, -1):
                if queue[at][0] == key:
                    return queue.pop(at)
        return None

    def do_drop(self, keys: list[int]) -> None:
        """Forget queued jobs, and say which were still queued."""
        wanted = set(keys)
        for shape, queue in self.queues.items():
            self.dropped += [job[0] for job in queue if job[0] in wanted]
            self.queues[shape] = [job for job in queue if job[0] not in wanted]
        self._flush()

    def do_kill(self, number: int, keys: list[int]) -> None:
        """Signal the process groups of running jobs; a stopped one is woken to hear it."""
        for key in keys:
            pid = self.pids.get(key)
            if pid is not None:
                signal_group(pid, number)
                if number != signal.SIGKILL:
                    signal_group(pid, signal.SIGCONT)

    def do_ack(self, keys: list[int]) -> None:
        """The runner has brought these exits to safety."""
        for key in keys:
            self.unconfirmed.pop(key, None)

    def _spawn(self, job: Tuple, devices: str | None) -> bool:
        """Start a job; when that fails, note its end and return false."""
        # Before the process is there: what it spends until it runs its program is in its CPU time.
        wall, now = time.time(), time.monotonic()
        try:
            pid = self._begin(job, devices)
        except (OSError, ValueError) as error:
            self._failed_to_start(job, error, wall)
            return False
        key = job[0]
        self.running[pid] = (job, devices, wall, now)
        self.pids[key] = pid
        self.unsaid_starts[key] = now + START_REPORT_AFTER
        return True

    def _begin(self, job: Tuple, devices: str | None) -> int:
        """Return the process that works on a job from now on."""
        _, arguments, _, extra, _, stdout, stderr, _ = job
        env = {**self.base_env, **extra}
        if devices is not None:
            env["CUDA_VISIBLE_DEVICES"] = devices
        bash = self.settings["bash"]
        return os.posix_spawn(
            bash,
            [bash, *arguments],
            env,
            file_actions=(
                (os.POSIX_SPAWN_OPEN, 1, stdout, _LOG_FLAGS, 0o600),
                (os.POSIX_SPAWN_OPEN, 2, stderr, _LOG_FLAGS, 0o600),
            ),
            setsid=True,
        )

    def _failed_to_start(self, job: Tuple, error: Exception, wall: float) -> None:
        number = getattr(error, "errno", None)
        text = f"cannot start {self.settings['bash']}: {error}"
        if number not in _TRANSIENT:
            text = open_failure((job[5], job[6])) or text
        self._note(job, (job[0], None, 0, 0.0, wall, 0.0, None, (number in _TRANSIENT, text)), len(self.exits))
        self.flush_at = 0.0

    def _note(self, job: Tuple, exit_: Tuple, at: int) -> None:
        self.exits.insert(at, exit_)
        self.unconfirmed[job[0]] = (job[3], exit_)

    def _succeed(self, job: Tuple, devices: str | None) -> int | None:
        """Start the next queued job of the same shape in the place of ``job``."""
        queue = self.queues.get(job[2])
        while queue:
            heir = queue.pop()
            if self._spawn(heir, devices):
                return int(heir[0])
        return None

    def reap(self) -> None:
        """Collect every process that has ended."""
        found = False
        while True:
            try:
                # The zombie is left until its group is killed: while it is there, nobody else can have its number.
                info = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                break
            if info is None:
                break
            pid = info.si_pid
            entry = self.running.pop(pid, None)
            if entry is not None:
                signal_group(pid, signal.SIGKILL)
            _, status, usage = os.wait4(pid, 0)
            found = True
            if entry is not None:
                self._ended(entry, status, usage)
            else:
                self._gone(pid)
        if found and self.children_fd >= 0:
            self._end_orphans()

    def _ended(self, entry: Tuple, status: int, usage: Any) -> None:
        job, devices, wall, start = entry
        key = job[0]
        now = time.monotonic()
        del self.pids[key]
        self.unsaid_starts.pop(key, None)
        cpu = usage.ru_utime + usage.ru_stime
        slot = len(self.exits)
        heir = None if self.orphaned else self._succeed(job, devices)
        error = (False, ENDED) if self.ending and os.WIFSIGNALED(status) else None
        # Before the ends of heirs that could not start, so that places are handed on in order.
        self._note(job, (key, status, usage.ru_maxrss * 1024, cpu, wall, now - start, heir, error), slot)
        self.flush_at = min(self.flush_at, now + job[7]) if heir is not None else 0.0

    def _gone(self, pid: int) -> None:
        """A process that is no job's first has ended."""

    def _end_orphans(self) -> None:
        """Kill adopted processes whose job has ended; those of running jobs may stay."""
        children = {int(pid) for pid in os.pread(self.children_fd, READ_SIZE, 0).split()}
        for pid in children.difference(self.running):
            if not self._belongs_to_running(pid):
                signal_process(pid, signal.SIGKILL)

    def _end_last_orphans(self) -> None:
        """Wait, within a bound, until nothing is left of any job: a killed process hands its children to us."""
        deadline = time.monotonic() + END_BOUND
        while self.children_fd >= 0 and time.monotonic() < deadline:
            self.reap()
            self._end_orphans()
            if not os.pread(self.children_fd, 1, 0):
                return
            self._pause()

    def _pause(self) -> None:
        """Sleep until a child ends, but not for long."""
        if any(fd == self.wake for fd, _ in self.poll.poll(50)):
            os.read(self.wake, 4096)

    def _belongs_to_running(self, pid: int) -> bool:
        if not self.running:
            return False
        try:
            if os.getsid(pid) in self.running:
                return True
            with open(f"/proc/{pid}/environ", "rb") as file:
                marks = [item for item in file.read().split(b"\0") if item.startswith(b"TORC_JOB_ID=")]
        except OSError:
            return False
        # A process that wiped its environment stays until no job runs.
        return not marks or any(marks[0][12:].decode() == entry[0][3]["TORC_JOB_ID"] for entry in self.running.values())

    def _flush_if_due(self) -> None:
        now = time.monotonic()
        if now >= self.flush_at or (self.unsaid_starts and now >= next(iter(self.unsaid_starts.values()))):
            self._flush()

    def _flush(self) -> None:
        """Tell the runner everything that it does not know yet."""
        now = time.monotonic()
        started = []
        for key, due in list(self.unsaid_starts.items()):
            if due > now:
                break
            pid = self.pids[key]
            started.append((key, pid, self.running[pid][2]))
            del self.unsaid_starts[key]
        if started or self.exits or self.dropped:
            frame = marshal.dumps((started, self.exits, self.dropped))
            self.outbox += len(frame).to_bytes(4, "little") + frame
            self.exits, self.dropped = [], []
            self._send()
        self.flush_at = float("inf")

    def _hear(self, _fd: int) -> None:
        """The runner reads again."""
        self._send()

    def _send(self) -> None:
        try:
            self.outbox = self.outbox[os.write(self.reports, self.outbox) :]
        except BlockingIOError:
            pass
        except OSError:  # the runner has gone: the command pipe says so too
            self.outbox = b""
        if bool(self.outbox) != self.writable_wanted:
            self.writable_wanted = not self.writable_wanted
            if self.writable_wanted:
                self.poll.register(self.reports, select.POLLOUT)
            else:
                self.poll.unregister(self.reports)

    def _runner_gone(self) -> None:
        self.orphaned = True
        self.poll.unregister(self.commands)
        self.queues.clear()
        if self.running or self.unconfirmed:
            self._open_exit_file()
        if self.settings.get("policy") != "keep":
            self._end_jobs()
        self.write_exits()

    def _open_exit_file(self) -> None:
        import fcntl

        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        self.exit_file = os.open(self.settings["exit_file"], flags, 0o600)
        # Held for life: whoever gets the lock knows that nothing more will be written.
        fcntl.flock(self.exit_file, fcntl.LOCK_EX)

    def _end_jobs(self) -> None:
        self.ending = True
        deadline = time.monotonic() + END_BOUND
        for pid in self.running:
            signal_group(pid, signal.SIGKILL)
        while self.running and time.monotonic() < deadline:
            self._pause()
            self.reap()
        for job, _, wall, start in self.running.values():
            duration = time.monotonic() - start
            self._note(job, (job[0], None, 0, 0.0, wall, duration, None, (False, "the process cannot be killed")), 0)
        self.running.clear()

    def write_exits(self) -> None:
        """Append the unconfirmed exits to the exit file, one JSON object a line."""
        if not self.unconfirmed:
            return
        import json

        identity = self.settings["identity"]
        text = ""
        for env, exit_ in self.unconfirmed.values():
            job = {"job_id": int(env["TORC_JOB_ID"]), "attempt_id": int(env["TORC_ATTEMPT_ID"])}
            text += json.dumps({**identity, **job, "exit": exit_}) + "\n"
        os.write(self.exit_file, text.encode())
        os.fsync(self.exit_file)
        self.unconfirmed.clear()


def signal_group(pid: int, number: int) -> None:
    """Signal a process group that may have gone."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def signal_process(pid: int, number: int) -> None:
    """Signal a child that may have gone."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def main() -> None:
    """Serve the runner at the other end of the two pipes named on the command line."""
    guardian = Guardian(int(sys.argv[1]), int(sys.argv[2]))
    guardian.live()


if __name__ == "__main__":
    main()
