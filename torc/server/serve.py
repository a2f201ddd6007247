"""One server in this process, from its first request to the signal that ends it."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable

from torc.server import logs
from torc.server.listener import Listener, Settings
from torc.server.store import integrity

logger = logging.getLogger(__name__)

Ready = Callable[[int], None]

#: Objects made between two collections. Held requests and streams are many objects that live long, and with
#: Python's own value every few requests pay for a walk over all of them; cycles are rare here.
COLLECT_AFTER = 20_000


def serve(settings: Settings, ready: Ready) -> None:
    """Serve until SIGTERM or SIGINT; ``ready`` is called with the port when the server listens.

    Raises
    ------
    TorcError
        When the database or the address cannot be used.
    """
    if not integrity.check_before_serving(settings.database):
        logger.info("%s is too large to be checked at each start: see torc-server check", settings.database)
    asyncio.run(_serve(settings, ready))


async def _serve(settings: Settings, ready: Ready) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop_or_die, stop, number)
    listener = Listener(settings)
    for number in (signal.SIGHUP, signal.SIGUSR1):
        loop.add_signal_handler(number, _reload, listener)
    logger.info("serving url=%s database=%s pid=%s", listener.url, settings.database, os.getpid())
    _collect_less_often()
    ready(listener.port)
    tell_systemd("READY=1")
    await stop.wait()
    logger.info("stopping")
    tell_systemd("STOPPING=1")
    await listener.close()
    logger.info("stopped")


def _collect_less_often() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)


def _stop_or_die(stop: asyncio.Event, number: int) -> None:
    """Begin to stop; whoever asks twice does not want to wait."""
    if stop.is_set():
        logger.warning("ended at once by a second signal")
        os._exit(128 + number)
    stop.set()


def _reload(listener: Listener) -> None:
    logs.reopen()
    logger.info("log file opened anew")
    listener.reload()


def tell_systemd(state: str) -> None:
    """Tell the service manager, if it has started us, how far we are."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
    except OSError as error:
        logger.warning("cannot tell systemd %s: %s", state, error.strerror)
