"""The contract: one row for each operation of the REST interface.

Handlers, clients, the OpenAPI document and the reference page are made from this table; nothing
else lists the endpoints. Models are named as ``module.Class`` under :mod:`torc.models` and loaded
by :func:`torc.models.lookup` on use, so that a client that only needs verbs and paths stays light.
"""

from __future__ import annotations

from torc.contract import access, records, work
from torc.contract.route import Access, Right, Route

__all__ = ["API_VERSION", "BOKEH_PATH", "OPERATIONS", "PREFIX", "ROUTES", "RUN_CALL", "Access", "Right", "Route"]

PREFIX = "/torc-service/v1"
API_VERSION = "0.21.0"
#: The script that draws the plots of ``get_plot``, below the prefix.
BOKEH_PATH = "static/bokeh/bokeh.min.js"
#: The command of jobs that call a Python function: servers send its inputs with the claim, runners need no shell.
RUN_CALL = "pytorc run-call"

ROUTES: tuple[Route, ...] = (*work.ROUTES, *records.ROUTES, *access.ROUTES)

#: Canonical row of each operation, by name.
OPERATIONS: dict[str, Route] = {route.name: route for route in ROUTES if not route.alias}
