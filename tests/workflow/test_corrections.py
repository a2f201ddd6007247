"""Asking for what jobs have used, from a program."""

from __future__ import annotations

from pathlib import Path

from torc import Workflow


def test_jobs_ask_for_what_they_have_used(place: Path) -> None:
    wf = Workflow("generous")
    wf.job("idle", "true", resources=wf.resources("<b>", cpus=1, memory="1g", runtime="2h"))
    wf.run(wait=True, cpus=1, memory="2g", gpus=0)

    rehearsed = wf.correct_resources(dry_run=True)
    assert repr(rehearsed) == f"<Corrections of workflow {wf.id}: 2 amounts would be corrected>"
    assert list(rehearsed.to_frame()["amount"]) == ["memory", "runtime"]
    assert len(wf.correct_resources(downsize=False)) == 0

    corrected = wf.correct_resources(memory_reserve=10)
    assert str(corrected).startswith(f"Corrected 2 amounts of workflow {wf.id}:\n  <b>: memory 1g -> ")
    assert "&lt;b&gt;" in corrected._repr_html_()
    assert "<b>" not in corrected._repr_html_()

    nothing = wf.correct_resources(memory_reserve=10)
    assert str(nothing) == f"Workflow {wf.id} asks for what its jobs use: nothing to change after 1 result."
    assert "table>" not in nothing._repr_html_()
    assert list(nothing.to_frame().columns) == list(rehearsed.to_frame().columns)
