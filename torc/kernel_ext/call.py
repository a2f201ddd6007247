"""One call of a magic: words to a command, its result to an object, any failure to one line."""

from __future__ import annotations

import click

from torc.errors import InvalidInput
from torc.kernel_ext.cells import job, spec
from torc.kernel_ext.failure import CommandFailed, failed
from torc.kernel_ext.line import explain_variable, split, take_target
from torc.kernel_ext.notebook import MagicSession, Notebook
from torc.kernel_ext.tree import root

Outcome = tuple[object, str | None]


def call_line(notebook: Notebook, line: str) -> Outcome:
    """Run ``%torc``; return the value, and the variable to put it into.

    Raises
    ------
    CommandFailed
    """
    return _call(root, "%torc", _words(line), MagicSession(notebook=notebook))


def call_cell(notebook: Notebook, line: str, cell: str) -> Outcome:
    """Run ``%%torc``: the cell is a specification, or the code of a job; errors as with :func:`call_line`."""
    words = _words(line)
    # Front ends on Windows may leave lines as they end there; Bash takes the rest for a part of the last word.
    session = MagicSession(notebook=notebook, cell=cell.replace("\r\n", "\n"))
    if words[:1] == ["job"]:
        return _call(job, "%%torc job", words[1:], session)
    return _call(spec, "%%torc", words, session)


def _words(line: str) -> list[str]:
    try:
        return split(line)
    except Exception as failure:
        raise failed(failure) from failure


def _call(command: click.Command, program: str, words: list[str], session: MagicSession) -> Outcome:
    try:
        words, target = take_target(command, words)
        value = command.main(words, prog_name=program, standalone_mode=False, obj=session)
    except click.exceptions.NoArgsIsHelpError as help_text:
        print(help_text.ctx.get_help() if help_text.ctx else help_text)
        return None, None
    except SystemExit as end:
        if end.code:
            raise CommandFailed(f"ended with exit code {end.code}") from None
        return None, None
    except (KeyboardInterrupt, click.Abort) as stop:
        told = str(stop.__cause__ or stop)
        raise CommandFailed(told or "interrupted; what has begun goes on") from None
    except CommandFailed:
        raise
    except Exception as failure:
        failure = _explained(failure, words, session)
        raise failed(failure, in_detail=session.log_level in ("debug", "trace")) from failure
    finally:
        session.close()
    # Help and versions are printed, and what comes back then is an exit code.
    return (None if isinstance(value, int) else value), target


def _explained(failure: Exception, words: list[str], session: MagicSession) -> Exception:
    """Return the reason of a failure if it is a variable that was not put in."""
    try:
        explain_variable(words, session.notebook.variables, str(failure))
    except InvalidInput as reason:
        return reason
    return failure
