"""The code of a cell as the command of a job.

The command's first line gives the code its variables, so that line numbers are those of the cell, whose first line is
the magic.
"""

from __future__ import annotations

import ast
import shlex
import sys
import warnings
from collections.abc import Iterable, Mapping

from torc.errors import Problem, SpecError

_END = "TORC_CELL"


def bash_command(name: str, source: str, texts: Mapping[str, str]) -> str:
    """Return the command for code in Bash; ``texts`` are variables with what the command has in their place."""
    given = "; ".join(f"{variable}='{text}'" for variable, text in texts.items() if variable.isidentifier())
    return f"{given or f'# %%torc job {name}'}\n{source.rstrip()}\n"


def python_command(name: str, source: str, texts: Mapping[str, str], numbers: Mapping[str, str]) -> str:
    """Return the command for code in Python, which the kernel's interpreter runs; quotes in it need no care.

    Tracebacks name the cell and show its lines.

    Raises
    ------
    SpecError
        When the code is not Python, with line and column.
    """
    given = [f"{variable} = {text}" for variable, text in numbers.items() if variable.isidentifier()]
    given += [f'{variable} = r"{text}"' for variable, text in texts.items() if variable.isidentifier()]
    code = f"{'; '.join(given) or f'# %%torc job {name}'}\n{source.rstrip()}\n"
    _check(code, name)
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


def _check(code: str, name: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(code, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line, column = (error.lineno, error.offset) if isinstance(error, SyntaxError) else (None, None)
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        hint = "a job's code is plain Python, without magics and top-level await; --bash for shell code"
        raise SpecError([Problem(message, (), hint, line, column)], "cell", code) from None
