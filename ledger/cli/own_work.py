"""What `lading serve` begins beside itself: the work of its home as `lading work` does it, while it serves.

Its standard input is the channel to the service.
"""

import ctypes
import signal
import socket
import sys
import threading

from ledger.cli.logs import configure_logging
from ledger.cli.main import in_words
from ledger.errors import DiskFailed
from ledger.services.node.node import Node
from ledger.services.node.service_channel import ServiceChannel

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Work until the service ends, or wants it."""
    _die_with_the_service()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the service is told too, and tells when it is time
    channel = ServiceChannel(socket.socket(fileno=sys.stdin.fileno()))
    settings = channel.settings()
    configure_logging(settings.log_level)
    ended = threading.Event()
    channel.on_end = ended.set
    channel.start()
    node = Node(settings)
    node.on_failure = ended.set
    try:
        node.work_for(channel)
        ended.wait()
    finally:
        node.close()
    if isinstance(node.guard.halted, DiskFailed):
        raise node.guard.halted


def _die_with_the_service() -> None:
    """Where the kernel can, it kills this process when the thread that began it is gone: a lock that it held is free
    before whoever comes next asks for it. Elsewhere the channel tells a little later.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


if __name__ == "__main__":
    in_words(main)
