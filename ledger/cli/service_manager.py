"""Telling the service manager how far a process is, where one asks for it: the protocol of sd_notify(3).

systemd names a datagram socket in `NOTIFY_SOCKET` for units of `Type=notify`. Elsewhere nothing is told.
"""

import os
import socket

READY = "READY=1"
STOPPING = "STOPPING=1"


def notify(state: str) -> None:
    """Send `state` to the service manager; one that does not listen is no reason to end."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return  # not asked for, or a kind of socket that sd_notify does not know
    if address.startswith("@"):  # Linux's abstract names begin with a zero byte
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.connect(address)
            sender.send(state.encode())
    except OSError:
        pass
