"""The minimum of any reader: fetches pages in parallel and prints one JSON line per record."""

from __future__ import annotations

import json
import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import urllib3


def main(config: dict[str, Any]) -> None:
    pool = urllib3.PoolManager(maxsize=10)
    headers = {"Authorization": f"Bearer {config['token']}"}
    url = config["gateway_url"] + "/apply/v2/applications"

    def page(offset: int) -> dict[str, Any]:
        address = f"{url}?offset={offset}&limit=100"
        answer: dict[str, Any] = orjson.loads(pool.request("GET", address, headers=headers).data)
        return answer

    first = page(0)
    ahead: deque[Future[dict[str, Any]]] = deque()
    offsets = iter(range(100, first["pagination"]["total"], 100))
    with ThreadPoolExecutor(10) as executor:
        answer: dict[str, Any] | None = first
        while answer is not None:
            lines = [
                orjson.dumps({"stream": "applications", "data": row}) for row in answer["data"]
            ]
            sys.stdout.buffer.write(b"\n".join(lines) + b"\n")
            while len(ahead) < 20 and (offset := next(offsets, None)) is not None:
                ahead.append(executor.submit(page, offset))
            answer = ahead.popleft().result() if ahead else None


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
