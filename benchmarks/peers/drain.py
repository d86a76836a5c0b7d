"""Reads every page and discards it, to measure how fast the tenant can serve.

python drain.py CONFIG RECORDS; prints the seconds that it took.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CONNECTIONS = 2
PAGE = 100


def main(config: dict[str, Any], records: int) -> None:
    gateway = urlsplit(config["gateway_url"])

    def drain(first: int) -> None:
        buffer = memoryview(bytearray(4_000_000))
        with socket.create_connection((gateway.hostname, gateway.port)) as connection:
            for offset in range(first * PAGE, records, CONNECTIONS * PAGE):
                target = f"/apply/v2/applications?offset={offset}&limit={PAGE}"
                connection.sendall(f"GET {target} HTTP/1.1\r\n\r\n".encode())
                received = connection.recv_into(buffer)
                while (end := bytes(buffer[:received]).find(b"\r\n\r\n")) < 0:
                    received += connection.recv_into(buffer[received:])
                head = bytes(buffer[:end]).lower()
                left = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
                left -= received - end - 4
                while left:
                    left -= connection.recv_into(buffer, left)

    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as executor:
        list(executor.map(drain, range(CONNECTIONS)))
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), int(sys.argv[2]))
