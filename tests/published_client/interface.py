"""Prints the names and signatures of whichever ``torc`` package is installed, as JSON."""

import inspect
import json
from enum import Enum

import torc
import torc.api
import torc.openapi_client as client
import torc.openapi_client.exceptions

_VARIANTS = ("_with_http_info", "_without_preload_content")


def main() -> None:
    exported = {name: getattr(client, name) for name in dir(client) if not name.startswith("_")}
    classes = {name: value for name, value in exported.items() if inspect.isclass(value)}
    helpers = [name for name, value in vars(torc.api).items() if getattr(value, "__module__", "") == "torc.api"]
    print(
        json.dumps(
            {
                "names": sorted(classes),
                "top": sorted(torc.__all__),
                "helpers": {name: _parameters(getattr(torc.api, name)) for name in helpers},
                "groups": {name: _methods(value) for name, value in classes.items() if name.endswith("Api")},
                "enums": {
                    name: [member.value for member in value]
                    for name, value in classes.items()
                    if issubclass(value, Enum)
                },
                "models": {
                    name: {field: info.is_required() for field, info in value.model_fields.items()}
                    for name, value in classes.items()
                    if hasattr(value, "model_fields") and hasattr(value, "to_dict")
                },
                "exceptions": {
                    name: [base.__name__ for base in value.__mro__]
                    for name, value in vars(torc.openapi_client.exceptions).items()
                    if inspect.isclass(value) and issubclass(value, Exception)
                },
                "configuration": _parameters(client.Configuration),
                "api_client": _parameters(client.ApiClient),
            }
        )
    )


def _methods(group):
    names = [name for name in vars(group) if not name.startswith("_") and not name.endswith(_VARIANTS)]
    return {name: _parameters(getattr(group, name)) for name in names}


def _parameters(function):
    """Names in order, each with whether it must be given; options with an underscore may stand in any order."""
    parameters = inspect.signature(function).parameters.values()
    return [
        [parameter.name, parameter.default is parameter.empty]
        for parameter in parameters
        if parameter.name != "self" and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]


main()
