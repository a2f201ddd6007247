"""The extension of JupyterLab and Notebook 7: outputs that show a workflow straight from the server, with no kernel."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.reader import NotJSONError
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect
from server.outside import DEADLINE, free_port, until

from torc.client.client import Client

from .conftest import Watched, logged_in
from .lab import Lab, TorcServer, clean_environment

MIME = "application/vnd.torc.view+json"
SCRIPT = "<script>document.title='owned'</script>"
STORES = "globalThis[Symbol.for('torc.stores')]?.size ?? 0"


class Home:
    """A user's database, and the server on it that comes and goes, each time under another address."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.server: TorcServer | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {**clean_environment(), "TORC_DATABASE": str(self.directory / "torc.db")}

    @property
    def running(self) -> TorcServer:
        if self.server is None:
            self.server = TorcServer(self.directory)
        return self.server

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()
            self.server = None

    @contextmanager
    def client(self) -> Iterator[Client]:
        with self.running.client() as opened:
            yield opened

    def workflow(self, name: str, *jobs: str) -> dict[str, Any]:
        """Create a workflow of which nothing runs yet, and return what an output says of it."""
        plan = {
            "workflow": {"name": name, "user": "tester"},
            "jobs": [{"name": job, "command": "true"} for job in jobs],
        }
        with self.client() as client:
            created = client.create_workflow_from_plan(plan)["id"]
            client.initialize_workflow(created, body={})
        return {"version": 1, "workflow_id": created, "name": name, "mode": "workflow", "server": self.running.url}

    def cancel(self, view: dict[str, Any]) -> None:
        with self.client() as client:
            client.cancel_workflow(view["workflow_id"])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("home"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def lab(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    started = Lab(tmp_path_factory.mktemp("lab"), home.environment)
    yield started
    started.close()


def bundle(view: dict[str, Any]) -> dict[str, Any]:
    snapshot = f"<b class='as-saved'>{view['name']} as saved</b>{SCRIPT}"
    return {MIME: view, "text/html": snapshot, "text/plain": f"<Workflow {view['workflow_id']}>"}


def saved(lab: Lab, name: str, *views: dict[str, Any]) -> str:
    """Write a notebook as another session left it, which nobody here trusts; return the address that opens it."""
    address = lab.notebook(name, *("wf" for _ in views))
    path = lab.root / name
    notebook = nbformat.read(path, as_version=4)
    for cell, view in zip(notebook.cells, views, strict=True):
        cell.outputs = [nbformat.v4.new_output("display_data", data=bundle(view))]
    nbformat.write(notebook, path)
    return address


def output(page: Page, address: str) -> Locator:
    """Open a saved notebook and return its output as soon as something stands there."""
    page.goto(address)
    shown = page.locator(".jp-TorcOutput:visible")
    shown.wait_for()
    return shown


def live(page: Page) -> Locator:
    """Wait until the view is live and return it."""
    view = page.locator(".jp-TorcOutput .jp-Torc:visible")
    expect(view.locator(".jp-Torc-line-live")).to_be_visible()
    return view


def streams_of(page: Page) -> set[Request]:
    """Return the event streams that a page has open, from now on."""
    opened: set[Request] = set()
    page.on("request", lambda request: opened.add(request) if "/events/stream" in request.url else None)
    page.on("requestfailed", lambda request: opened.discard(request))
    page.on("requestfinished", lambda request: opened.discard(request))
    return opened


def test_an_output_is_live_and_goes_on_when_the_kernel_is_gone_until_it_is_cleared(
    watched: Watched, lab: Lab, home: Home
) -> None:
    view = home.workflow("sweep", "first", "second")
    page = watched.page
    streams = streams_of(page)
    watched.run_notebook(
        lab.notebook("cell.ipynb", f"from IPython.display import display\ndisplay({bundle(view)}, raw=True)")
    )
    shown = live(page)
    expect(shown.locator(".jp-Torc-rows .jp-Torc-row")).to_have_count(2)
    expect(page.locator(".as-saved")).to_be_hidden()
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.locator(".lm-Menu").get_by_text("Shut Down Kernel", exact=True).click()
    page.get_by_text("No Kernel").first.wait_for()
    home.cancel(view)
    expect(shown.locator(".jp-Torc-word")).to_have_text("Canceled")
    assert (page.evaluate(STORES), len(streams)) == (1, 1)
    page.locator(".jp-CodeCell").first.click()
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    page.locator(".lm-Menu").get_by_text("Clear Cell Output", exact=True).click()
    until(lambda: (page.evaluate(STORES), len(streams)) == (0, 0))


def test_two_notebooks_on_one_workflow_show_one_state(watched: Watched, lab: Lab, home: Home) -> None:
    view = home.workflow("shared", "only")
    saved(lab, "other.ipynb", {**view, "mode": "progress"})
    page = watched.page
    streams = streams_of(page)
    output(page, saved(lab, "one.ipynb", view))
    live(page)
    page.locator(".jp-DirListing-item", has_text="other.ipynb").dblclick()
    second = page.locator(".jp-TorcOutput .jp-Torc-compact")
    expect(second.locator(".jp-Torc-line-live")).to_be_visible()
    assert (page.evaluate(STORES), len(streams)) == (1, 1)
    second.get_by_role("button", name="Cancel").click()
    second.get_by_role("button", name="Yes, cancel").click()
    expect(second.locator(".jp-Torc-word")).to_have_text("Canceled")
    page.get_by_role("tab", name="one.ipynb").click()
    expect(live(page).locator(".jp-Torc-word")).to_have_text("Canceled")


def test_three_workflows_of_a_page_are_live_by_one_stream(watched: Watched, lab: Lab, home: Home) -> None:
    views = [{**home.workflow(name, "only"), "mode": "progress"} for name in ("first", "second", "third")]
    page = watched.page
    streams = streams_of(page)
    page.goto(saved(lab, "three.ipynb", *views))
    bars = page.locator(".jp-TorcOutput .jp-Torc-compact")
    expect(bars.locator(".jp-Torc-line-live")).to_have_count(3)
    assert (page.evaluate(STORES), len(streams)) == (3, 1)
    for number, view in enumerate(views):
        home.cancel(view)
        expect(bars.nth(number).locator(".jp-Torc-word")).to_have_text("Canceled")
    expect(bars.locator(".jp-Torc-line-live")).to_have_count(3)
    assert len(streams) == 1


def test_without_a_server_the_snapshot_stays_and_goes_live_when_one_is_there_again(
    watched: Watched, lab: Lab, home: Home
) -> None:
    address = saved(lab, "later.ipynb", home.workflow(SCRIPT, SCRIPT, "second"))
    home.stop()
    lab.use_theme("JupyterLab Dark")
    page = watched.page
    note = output(page, address).locator(".jp-TorcOutput-note")
    expect(note).to_contain_text("No torc server is running.")
    expect(page.locator(".as-saved")).to_be_visible()
    watched.shot("saved-dark")
    note.get_by_role("button", name="Try again").click()
    expect(note).to_contain_text("No torc server is running.")
    _ = home.running
    note.get_by_role("button", name="Try again").click()
    shown = live(page)
    expect(shown.get_by_role("heading", name=SCRIPT)).to_be_visible()
    expect(page.locator(".as-saved")).to_be_hidden()
    watched.shot("reopened-dark")
    lab.use_theme("JupyterLab Light")
    assert "owned" not in page.title()
    assert page.locator(".jp-OutputArea script").count() == 0


def rewritten(lab: Lab, name: str, before: dict[str, Any]) -> Any:
    """Return the first output of a notebook on the disk as soon as it is another one."""
    with suppress(NotJSONError):  # while Jupyter writes it
        data = nbformat.read(lab.root / name, as_version=4).cells[0].outputs[0]["data"]
        return data if data != before else None


def test_a_notebook_that_is_saved_says_how_its_workflow_ended(watched: Watched, lab: Lab, home: Home) -> None:
    view = home.workflow(SCRIPT, "first", "second")
    before = bundle(view)
    page = watched.page
    output(page, saved(lab, "ended.ipynb", view))
    shown = live(page)
    home.cancel(view)
    expect(shown.locator(".jp-Torc-word")).to_have_text("Canceled")
    # It is in the output now, behind the live view.
    snapshot = page.locator(".jp-TorcOutput .torc-view")
    expect(snapshot).to_contain_text("canceled, 0 of 2 done")
    page.locator(".jp-Notebook").click(position={"x": 5, "y": 5})
    page.keyboard.press("Control+s")
    after = until(lambda: rewritten(lab, "ended.ipynb", before))
    assert after["text/plain"].endswith("canceled, 0 of 2 done>")
    assert SCRIPT not in after["text/html"]
    assert after[MIME] == before[MIME]
    # It says the same now, so that looking at it again changes nothing, not even the time.
    with page.expect_response(lambda response: "/torc/snapshots/" in response.url):
        page.reload()
    live(page)
    (moment,) = re.findall(r"as of [-:\d ]+ UTC", after["text/html"])
    expect(snapshot).to_contain_text(moment)
    assert "owned" not in page.title()


def test_a_workflow_that_only_looks_the_same_is_not_shown_in_its_place(watched: Watched, lab: Lab, home: Home) -> None:
    view = home.workflow("mine", "only")
    page = watched.page
    other = {**view, "name": "yours", "server": "http://127.0.0.1:9/torc-service/v1"}
    shown = output(page, saved(lab, "foreign.ipynb", other))
    expect(shown.locator(".jp-TorcOutput-note")).to_contain_text(f"workflow {view['workflow_id']} is another one")
    expect(page.locator(".as-saved")).to_be_visible()
    watched.shot("saved-light")


def test_notebook_7_shows_it_too(context: BrowserContext, lab: Lab, home: Home) -> None:
    view = home.workflow("in notebook 7", "only")
    saved(lab, "seven.ipynb", view)
    watched = Watched(context.new_page())
    output(watched.page, f"{lab.url}notebooks/seven.ipynb")
    shown = live(watched.page)
    home.cancel(view)
    expect(shown.locator(".jp-Torc-word")).to_have_text("Canceled")
    watched.shot("notebook-7")
    watched.page.close()
    # It has errors of its own when it begins.
    assert [problem for problem in watched.problems if "torc" in problem.lower()] == []


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[str]:
    """nginx as clusters have it in front of the Jupyter servers of their nodes; the address of its root."""
    port = free_port()
    (tmp_path / "nginx.conf").write_text(NGINX.replace("PORT", str(port)).replace("DIRECTORY", str(tmp_path)))
    path = os.pathsep.join((os.environ["PATH"], "/usr/sbin"))
    command = ["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "errors.log")]
    process = subprocess.Popen(command, env={**os.environ, "PATH": path})
    yield f"http://127.0.0.1:{port}"
    process.send_signal(signal.SIGQUIT)
    process.wait(DEADLINE)


NGINX = """
daemon off;
pid DIRECTORY/nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path DIRECTORY/body;
  proxy_temp_path DIRECTORY/replies;
  fastcgi_temp_path DIRECTORY/fastcgi;
  uwsgi_temp_path DIRECTORY/uwsgi;
  scgi_temp_path DIRECTORY/scgi;
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  server {
    listen 127.0.0.1:PORT;
    location ~ ^/node/[^/]+/(?<node_port>[0-9]+)/ {
      proxy_pass http://127.0.0.1:$node_port$request_uri;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }
  }
}
"""


def test_behind_a_proxy_and_a_password_it_follows_and_takes_orders(
    browser: Browser, lab: Lab, home: Home, proxy: str
) -> None:
    view = home.workflow("behind nginx", "only")
    path = saved(lab, "proxied.ipynb", view).partition("/node/")[2]
    with logged_in(browser, f"{proxy}/node/{path.partition('/lab/')[0]}/") as context:
        watched = Watched(context.new_page())
        output(watched.page, f"{proxy}/node/{path}")
        shown = live(watched.page)
        shown.get_by_role("button", name="Cancel").click()
        shown.get_by_role("button", name="Yes, cancel").click()
        expect(shown.locator(".jp-Torc-word")).to_have_text("Canceled")
        # What others do comes by the event stream.
        with home.client() as client:
            client.reset_workflow_status(view["workflow_id"], body={})
        expect(shown.locator(".jp-Torc-word")).not_to_have_text("Canceled")
        assert (watched.problems, watched.outside) == ([], [])
