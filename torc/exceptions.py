"""Exceptions that :mod:`torc.api` adds to those of the REST interface."""

from __future__ import annotations


class TorcBaseException(Exception):
    """Base of all of them."""


class DatabaseOffline(TorcBaseException):
    """The server is out of reach."""


class ExecutionError(TorcBaseException):
    """A command could not be carried out."""


class InvalidParameter(TorcBaseException):
    """A parameter that cannot be used."""


class InvalidWorkflow(TorcBaseException):
    """A workflow that cannot be used."""


class TorcOperationNotAllowed(TorcBaseException):
    """Something that the present state does not allow."""
