"""The code of a cell as the command of a job.

The command's first line gives the code its variables, so that line numbers are those of the cell, whose first line is
the magic.
"""

from __future__ import annotations

import shlex
import sys
import warnings
from collections.abc import Mapping

from torc.errors import Problem, SpecError

_END = "TORC_CELL"


def bash_command(title: str, source: str, texts: Mapping[str, str]) -> str:
    """Return the command for code in Bash; ``texts`` are variables with what the command has in their place."""
    given = "; ".join(f"{name}='{text}'" for name, text in texts.items() if name.isidentifier())
    return f"{given or f'# {title}'}\n{source.rstrip()}\n"


def python_command(title: str, source: str, texts: Mapping[str, str], numbers: Mapping[str, str]) -> str:
    """Return the command for code in Python, which the kernel's interpreter runs; quotes in it need no care.

    Raises
    ------
    SpecError
        When the code is not Python, with line and column.
    """
    given = [f"{name} = {text}" for name, text in numbers.items() if name.isidentifier()]
    given += [f'{name} = r"{text}"' for name, text in texts.items() if name.isidentifier()]
    code = f"{'; '.join(given) or f'# {title}'}\n{source.rstrip()}\n"
    _check(code, title)
    end = _END
    while end in code.splitlines():
        end += "_"
    # As an argument and not on standard input: the code may start processes of its own, which read what runs them.
    return f"{shlex.quote(sys.executable)} -c \"$(cat <<'{end}'\n{code}{end}\n)\"\n"


def _check(code: str, title: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(code, title, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line, column = (error.lineno, error.offset) if isinstance(error, SyntaxError) else (None, None)
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        hint = "a job's code is plain Python, without magics and top-level await; --bash for shell code"
        raise SpecError([Problem(message, (), hint, line, column)], "cell", code) from None
