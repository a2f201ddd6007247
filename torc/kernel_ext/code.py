"""The code of a cell as the command of a job.

The command's first line gives the code its variables, so that line numbers are those of the cell, whose first line is
the magic.
"""

from __future__ import annotations

import ast
import keyword
import os
import re
import shlex
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from torc.errors import Problem, SpecError

_END = "TORC_CELL"
_BASH_ERROR = re.compile(r"line (\d+): (.+)")


def is_variable(name: str, language: Literal["python", "bash"]) -> bool:
    """Return whether code can have a variable of this name."""
    return name.isidentifier() and (name.isascii() if language == "bash" else not keyword.iskeyword(name))


def bash_command(name: str, source: str, texts: Mapping[str, str], first: Callable[[str], str]) -> str:
    """Return the command for code in Bash.

    Parameters
    ----------
    texts
        Variables, with what the command has in their place.
    first
        Makes of the command that of the first of its jobs, whose syntax is checked.

    Raises
    ------
    SpecError
        When the code is not Bash, with the line.
    """
    given = "; ".join(f"{variable}='{text}'" for variable, text in texts.items() if is_variable(variable, "bash"))
    code = f"{given or f'# %%torc job {name}'}\n{source.rstrip()}\n"
    _check_bash(code, first(code))
    return code


def python_command(name: str, source: str, texts: Mapping[str, str], numbers: Mapping[str, str]) -> str:
    """Return the command for code in Python, which the kernel's interpreter runs; quotes in it need no care.

    Tracebacks name the cell and show its lines.

    Raises
    ------
    SpecError
        When the code is not Python, with line and column.
    """
    given = [f"{variable} = {text}" for variable, text in numbers.items() if is_variable(variable, "python")]
    given += [f'{variable} = r"{text}"' for variable, text in texts.items() if is_variable(variable, "python")]
    code = f"{'; '.join(given) or f'# %%torc job {name}'}\n{source.rstrip()}\n"
    _check_python(code, name)
    end = _END
    while end in code.splitlines():
        end += "_"
    runner = f"{shlex.quote(sys.executable)} -P -m torc.kernel_ext.run_cell {shlex.quote(f'Cell {name}')}"
    # As an argument and not on standard input: the code may start processes of its own, which read what runs them.
    return f"{runner} \"$(cat <<'{end}'\n{code}{end}\n)\"\n"


def unused(source: str, variables: Iterable[str]) -> list[str]:
    """Return the variables that code in Python does not use."""
    used = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    return [name for name in variables if name not in used]


def _check_bash(code: str, first: str) -> None:
    bash = shutil.which("bash")
    if bash is None:
        return
    # What the code switches on is not on when it is only read.
    options = ["-O", "extglob"] if "extglob" in code else []
    read = subprocess.run(
        [bash, "-n", *options, "/dev/stdin"],
        input=first.encode("utf-8", "replace"),
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    said = _BASH_ERROR.search(read.stderr.decode("utf-8", "replace"))
    if read.returncode and said:
        # An end that comes too early is told behind the last line.
        line = min(int(said[1]), len(code.splitlines()))
        hint = "--bash is for shell code; without it the cell is Python"
        raise SpecError([Problem(said[2], (), hint, line)], "cell", code)


def _check_python(code: str, name: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(code, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line, column = (error.lineno, error.offset) if isinstance(error, SyntaxError) else (None, None)
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        hint = "a job's code is plain Python, without magics and top-level await; --bash for shell code"
        raise SpecError([Problem(message, (), hint, line, column)], "cell", code) from None
