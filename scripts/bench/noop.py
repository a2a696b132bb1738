"""A service that does nothing, on the server, the loop and the framework of `lading serve`, to measure ours by.

python -m scripts.bench.noop PORT
"""

import sys
from typing import Any

import uvicorn
from fastapi import FastAPI, Request

from ledger.api.connections import PatientProtocol

app = FastAPI()


@app.get("/")
def read() -> dict[str, Any]:
    return {}


@app.post("/")
async def write(request: Request) -> dict[str, Any]:
    await request.body()
    return {}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), http=PatientProtocol, loop="uvloop", access_log=False, log_level="error")
