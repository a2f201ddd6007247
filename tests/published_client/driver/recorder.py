"""Remembers which methods of the client have returned something."""

import functools

import torc.openapi_client as client

_VARIANTS = ("_with_http_info", "_without_preload_content")


def methods() -> set[str]:
    """Return every public method of the classes with operations, as ``JobsApi.create_job``."""
    return {f"{group.__name__}.{name}" for group in _groups() for name in _operations(group)}


def record() -> set[str]:
    """Wrap all methods; the set that is returned grows as they are called."""
    called: set[str] = set()
    for group in _groups():
        for name in _operations(group):
            setattr(group, name, _wrapped(getattr(group, name), f"{group.__name__}.{name}", called))
    return called


def _wrapped(method, label, called):
    @functools.wraps(method)
    def wrapper(*args, **kwargs):
        reply = method(*args, **kwargs)
        # The client returns null for a success that its document does not know, as 201.
        if reply is not None:
            called.add(label)
        return reply

    return wrapper


def _groups():
    return [getattr(client, name) for name in dir(client) if name.endswith("Api")]


def _operations(group):
    return [name for name in vars(group) if not name.startswith("_") and not name.endswith(_VARIANTS)]
