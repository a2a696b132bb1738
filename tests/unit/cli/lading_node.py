#!/usr/bin/env python3
"""Stands in for the program of the reference network: started the same way, it answers on the same ports.

It makes a block every 0.2 s, alone; nobody votes. In its folder, a file `mood` makes it `mute` (no answers) or `quit`.
"""

import json
import sys
import time
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

STARTED = time.time()
HOME = Path(sys.argv[sys.argv.index("--home") + 1])


def height() -> int:
    return int((time.time() - STARTED) / 0.2)


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        now = time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime())
        sync = {"latest_block_height": str(height()), "latest_block_time": now, "catching_up": False}
        peers = [{"node_info": {"moniker": name}} for name in PEERS]
        self.reply({"result": {"sync_info": sync} if self.path == "/status" else {"peers": peers}})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.reply({"result": hex(height())})

    def reply(self, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def port(address: str) -> int:
    return int(address.rpartition(":")[2])


if __name__ == "__main__":
    mood = (HOME / "mood").read_text() if (HOME / "mood").exists() else ""
    if mood == "quit":
        sys.exit("the genesis is another network's")
    comet = tomllib.loads((HOME / "config" / "config.toml").read_text())
    application = tomllib.loads((HOME / "config" / "app.toml").read_text())
    PEERS = [peer for peer in comet["p2p"]["persistent_peers"].split(",") if peer]
    if mood != "mute":
        for address in (comet["rpc"]["laddr"], application["json-rpc"]["address"]):
            Thread(target=ThreadingHTTPServer(("127.0.0.1", port(address)), Answers).serve_forever).start()
    while True:
        time.sleep(60)
