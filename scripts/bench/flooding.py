"""A flood: one client's many connections, each asking again as soon as it is answered.

    python -m scripts.bench.flooding PORT SOURCE SECONDS FILE

FILE holds requests as they are sent, one after another (JSON array of texts); SOURCE is the address of this machine's
loopback network to ask from. Prints the answers by status.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from itertools import cycle
from pathlib import Path

CONNECTIONS = 32


async def flood(port: int, source: str, seconds: float, requests: list[bytes]) -> Counter[int]:
    answers: Counter[int] = Counter()
    end = time.monotonic() + seconds
    sent = cycle(requests)

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
        while time.monotonic() < end:
            writer.write(next(sent))
            answers[await _status(reader)] += 1
        writer.close()

    async def keep_on() -> None:
        while time.monotonic() < end:
            try:
                await connection()
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.01)  # the service closed it: another one

    await asyncio.gather(*(keep_on() for _ in range(CONNECTIONS)))
    return answers


async def _status(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end; its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.split(b":")[1]))
    return int(head.split(b" ", 2)[1])


def main() -> None:
    port, source, seconds, file = sys.argv[1:]
    requests = [text.encode() for text in json.loads(Path(file).read_text())]
    answers = asyncio.run(flood(int(port), source, float(seconds), requests))
    print(json.dumps({str(status): count for status, count in sorted(answers.items())}))


if __name__ == "__main__":
    main()
