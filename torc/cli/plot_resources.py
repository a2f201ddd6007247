"""``torc plot-resources``."""

from __future__ import annotations

from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

import click

from torc.cli import output
from torc.cli.options import number_in
from torc.cli.output import Message, View
from torc.cli.tree import TorcCommand
from torc.errors import InvalidInput

if TYPE_CHECKING:
    from torc.plots.files import Format
    from torc.plots.kinds import ThemeName


def _found(_context: click.Context, _parameter: click.Parameter, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Expand patterns that no shell has expanded: in a notebook there is none."""
    return tuple(Path(name) for path in paths for name in (sorted(glob(str(path))) or [str(path)]))  # noqa: PTH207


@click.command("plot-resources", cls=TorcCommand)
@click.argument(
    "db_paths", metavar="DB_PATHS...", nargs=-1, required=True, type=click.Path(path_type=Path), callback=_found
)
@click.option(
    "-o", "--output-dir", default=".", show_default=True, type=click.Path(path_type=Path), help="Where to write."
)
@click.option("-j", "--job-ids", metavar="IDS", help="Only these jobs, separated by commas.")
@click.option("-p", "--prefix", default="resource_plot", show_default=True, help="Beginning of the file names.")
@click.option(
    "-f", "--format", "file_format", type=click.Choice(["html", "json"]), default="html", show_default=True,
    help="A page for each plot, or JSON for pages that have BokehJS.",
)  # fmt: skip
@click.option(
    "--theme", type=click.Choice(["auto", "light", "dark"]), default="auto", show_default=True,
    help="Colours; auto: those that the reader's browser prefers.",
)  # fmt: skip
def plot_resources(
    db_paths: tuple[Path, ...],
    output_dir: Path,
    job_ids: str | None,
    prefix: str,
    file_format: Format,
    theme: ThemeName,
) -> View:
    """Make interactive plots of what jobs used, from the samples of one or several runners.

    \b
    Examples:
      torc plot-resources output/resource_utilization/resource_metrics_*.db -o plots
      torc plot-resources output/resource_utilization/resource_metrics_*.db -o plots --job-ids 15,16
    """
    from torc.plots.data import read_metrics
    from torc.plots.script import require_bokeh

    wanted = job_numbers(job_ids)
    if "/" in prefix or not prefix:
        raise InvalidInput(f"'{prefix}' cannot begin a file name", field="--prefix", value=prefix)
    metrics = read_metrics(db_paths)
    if wanted:
        metrics = metrics.only(wanted)
    require_bokeh()
    from torc.plots.files import MOST_JOB_PLOTS, write_plots

    written = write_plots(metrics, output_dir, prefix=prefix, file_format=file_format, theme=theme, chosen=bool(wanted))
    if not wanted and len(metrics.jobs) > MOST_JOB_PLOTS:
        output.note(
            f"only the {MOST_JOB_PLOTS} jobs with most samples of {len(metrics.jobs):,} have a plot of their own "
            "(--job-ids chooses others)"
        )
    document = {"files": [str(path) for path in written], "num_jobs": len(metrics.jobs)}
    return Message([f"Wrote {len(written)} plots to {output_dir}:", *(f"  {path}" for path in written)], document)


def job_numbers(text: str | None) -> list[int]:
    """Return the ids that stand in a text, separated by commas."""
    if text is None:
        return []
    numbers = []
    for part in filter(None, map(str.strip, text.split(","))):
        number = number_in(part)
        if number is None:
            raise InvalidInput(f"'{part}' is not a job id", field="--job-ids", value=part)
        numbers.append(number)
    if not numbers:
        raise InvalidInput("no job ids", field="--job-ids", hint="for example --job-ids 15,16")
    return numbers
