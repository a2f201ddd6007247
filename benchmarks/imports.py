"""What a program or a notebook pays before its first line of work."""

import statistics
import subprocess
import sys

_LOAD_EXT = (
    "from IPython.testing.globalipapp import start_ipython; shell = start_ipython(); import time; "
    "begin = time.perf_counter(); shell.run_line_magic('load_ext', 'torc'); print(time.perf_counter() - begin)"
)
_IMPORT = "import time; begin = time.perf_counter(); import torc; print(time.perf_counter() - begin)"
_NOTHING = "import time; begin = time.perf_counter(); print(time.perf_counter() - begin)"

_PROGRAMS = {"nothing": (_NOTHING, None), "import torc": (_IMPORT, 60), "%load_ext torc": (_LOAD_EXT, 300)}


def start_up(rounds: int) -> list[dict]:
    """Each in an interpreter of its own, in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in _PROGRAMS}
    for _ in range(rounds):
        for name, (program, _) in _PROGRAMS.items():
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
            seconds[name].append(float(done.stdout.split()[-1]))
    return [
        {"what": name, "ms": round(1000 * statistics.median(found), 1), "at most": _bound(name)}
        for name, found in seconds.items()
    ]


def _bound(name: str) -> str:
    bound = _PROGRAMS[name][1]
    return "" if bound is None else f"{bound} ms"
