"""The live view of a workflow in a real JupyterLab: first paint, filter, and how far it is behind the server."""

import statistics
import tempfile
import time
from pathlib import Path

from browser.chromium import chromium
from browser.conftest import Watched, logged_in
from browser.lab import Lab, TorcServer
from playwright.sync_api import BrowserContext

from torc.client.client import Client

_BOUNDS = {"first paint after the cell's reply": 300, "filter painted": 200, "update behind the server": 1000}

#: Notes the moments when the cell has its number and when the view is first painted.
_STOPWATCH = """
() => {
  const seen = (window.torcSeen = {});
  const look = () => {
    const prompt = document.querySelector('.jp-CodeCell .jp-InputPrompt');
    if (!seen.reply && /\\[\\d+\\]/.test(prompt?.textContent ?? '')) seen.reply = performance.now();
    if (!seen.paint && document.querySelector('.jp-Torc-bar')) seen.paint = performance.now();
    if (!seen.reply || !seen.paint) requestAnimationFrame(look);
  };
  look();
}
"""

#: Types into the filter and returns the milliseconds until what fits has been painted.
_FILTER = """
async (words) => {
  const box = document.querySelector('.jp-Torc-search');
  const begin = performance.now();
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(box, words);
  box.dispatchEvent(new Event('input', {bubbles: true}));
  const done = () => document.querySelectorAll('.jp-Torc-rows .jp-Torc-row').length === 1;
  while (!done()) await new Promise((resolve) => requestAnimationFrame(resolve));
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  return performance.now() - begin;
}
"""

#: Resolves with the time of day at which the view first counts a job that starts.
_SEEN = """
() => new Promise((resolve) => {
  const look = () => {
    const counts = [...document.querySelectorAll('.jp-Torc-count')].map((count) => count.textContent);
    if (counts.some((text) => text.includes('Starting'))) resolve(Date.now());
    else requestAnimationFrame(look);
  };
  look();
})
"""


def live_view(jobs: int, rounds: int) -> list[dict]:
    """A workflow displayed in a cell, ``rounds`` times in one JupyterLab, each with a workflow of its own."""
    with tempfile.TemporaryDirectory(prefix="torc-benchmark-", ignore_cleanup_errors=True) as name:
        server = TorcServer(Path(name))
        try:
            lab = Lab(Path(name) / "lab", server.environment)
            try:
                with (
                    server.client() as client,
                    chromium() as browser,
                    logged_in(browser, lab.url) as context,
                ):
                    found = [_once(lab, client, context, jobs, number) for number in range(rounds)]
            finally:
                lab.close()
        finally:
            server.stop()
    return [
        {
            "what": what,
            "jobs": jobs,
            "ms": round(statistics.median(one[what] for one in found)),
            "slowest": round(max(one[what] for one in found)),
            "at most": f"{bound} ms",
        }
        for what, bound in _BOUNDS.items()
    ]


def _once(lab: Lab, client: Client, context: BrowserContext, jobs: int, number: int) -> dict[str, float]:
    half = jobs // 2
    described = [{"name": f"prepare_{n:06}", "command": "true"} for n in range(half)]
    described += [{"name": f"score_{n:06}", "command": "true", "dependency_sets": [0]} for n in range(jobs - half)]
    plan = {"workflow": {"name": f"shown {number}"}, "jobs": described, "dependency_sets": [[*range(half)]]}
    workflow = client.create_workflow_from_plan(plan)["id"]
    client.initialize_workflow(workflow, body={})
    page = context.new_page()
    try:
        page.add_init_script(f"addEventListener('DOMContentLoaded', {_STOPWATCH})")
        address = lab.notebook(f"shown-{number}.ipynb", f"import torc\ntorc.attach({workflow})")
        Watched(page).run_notebook(address)
        page.locator(".jp-Torc-found", has_text=f"{jobs:,} jobs").wait_for()
        paint = page.evaluate("torcSeen.paint - torcSeen.reply")
        spent = page.evaluate(_FILTER, f"score_{half - 1:06}")
        page.locator(".jp-Torc-search").fill("")
        page.evaluate(f"window.torcUpdate = ({_SEEN})(); null")
        begin = time.time()
        client.claim_next_jobs(workflow, limit=1)
        lag = page.evaluate("window.torcUpdate") - 1000 * begin
    finally:
        page.close()
    return dict(zip(_BOUNDS, (paint, spent, lag), strict=True))
