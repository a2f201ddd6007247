"""Runs every scenario of this folder with the published client and writes down what came of it.

Usage: python driver URL REPORT [MODULE TO LEAVE OUT ...]
"""

import importlib
import json
import sys
import traceback
from pathlib import Path

import recorder

from torc import make_api

HERE = Path(__file__).parent
HELPERS = {"__main__", "recorder", "made"}


def main(url: str, report: str, *left_out: str) -> None:
    calls = recorder.record()
    outcomes = {}
    for module in sorted({file.stem for file in HERE.glob("*.py")} - HELPERS - set(left_out)):
        scenario = importlib.import_module(module)
        for name, function in vars(scenario).items():
            if callable(function) and function.__module__ == module and not name.startswith("_"):
                outcomes[f"{module}.{name}"] = _outcome(function, url)
    content = {"outcomes": outcomes, "called": sorted(calls), "methods": sorted(recorder.methods())}
    Path(report).write_text(json.dumps(content))


def _outcome(function, url: str) -> str | None:
    try:
        function(make_api(url))
    except BaseException:
        return traceback.format_exc()
    return None


main(*sys.argv[1:])
