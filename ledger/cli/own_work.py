"""What `lading serve` begins beside itself: the work of its home as `lading work` does it, while it serves.

Its standard input is the channel to the service.
"""

import ctypes
import signal
import socket
import sys
import threading

from ledger.cli.logs import configure_logging
from ledger.cli.main import imported, importing, in_words
from ledger.errors import DiskFailed, Misconfigured
from ledger.services.node.service_channel import BY_HAND, ServiceChannel

SWITCH_SECONDS = 0.0002
"""For which a thread waits until it takes the interpreter from another (`sys.setswitchinterval`). Publishing gives it
up at each of its many short steps, and waits so long after each while a block is made: with the 5 ms of Python itself,
a quarter of a second for a checkpoint."""
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Work until the service ends, or wants it."""
    importing()
    from ledger.services.node.node import Node

    imported()
    _die_with_the_service()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the service is told too, and tells when it is time
    channel = ServiceChannel(_service())
    settings = channel.settings()
    configure_logging(settings.log_level)
    sys.setswitchinterval(SWITCH_SECONDS)
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


def _service() -> socket.socket:
    try:
        return socket.socket(fileno=sys.stdin.fileno())
    except (OSError, ValueError):
        raise Misconfigured("no service has begun this process", mend=BY_HAND) from None


def _die_with_the_service() -> None:
    """Where the kernel can, it kills this process when the thread that began it is gone: a lock that it held is free
    before whoever comes next asks for it. Elsewhere the channel tells a little later.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


if __name__ == "__main__":
    in_words(main)
