"""Where scripts for older clients look for :class:`ApiException`."""

from torc.openapi_client.exceptions import ApiException

__all__ = ["ApiException"]
