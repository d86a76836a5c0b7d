"""A gateway with fixed listings: a token endpoint and three listings.

It sends any payloads, also broken ones, over real HTTP. `phenom_sandbox` behaves like a tenant.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .payloads import Tenant


@contextmanager
def serving(tenant: Tenant, *, longest_page: int = 50, total_is_off_by: int = 0) -> Iterator[str]:
    """Serve a tenant's listings on a free port of the loopback interface; yields the base URL.

    `longest_page` clamps `limit`, as the real gateway may; `total_is_off_by` is added to the
    totals that the listings claim.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if urlsplit(self.path).path == "/token":
                self._answer(200, {"access_token": "static", "expires_in": 3600})
            else:
                self._answer(404, {"status": "failure", "message": "not here"})

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            offset = int(query.get("offset", "0"))
            limit = min(int(query.get("limit", "10")), longest_page)
            if url.path in ("/jobs-api/v1/jobs", "/jobs-api/v1/closedJobs"):
                is_open = url.path.endswith("/jobs")
                items = jobs_of(tenant, is_open=is_open, site_type=query.get("siteType"))
                answer: dict[str, Any] = {
                    "status": "success",
                    "offset": offset,
                    "limit": limit,
                    "totalRecordsCount": len(items) + total_is_off_by,
                }
            elif url.path == "/apply/v2/applications":
                items = tenant.applications
                answer = {
                    "status": "success",
                    "statusCode": "200",
                    "statusMessage": "OK",
                    "pagination": {
                        "offset": offset,
                        "limit": limit,
                        "total": len(items) + total_is_off_by,
                    },
                    "links": {},
                }
            else:
                self._answer(404, {"status": "failure", "message": "not here"})
                return
            self._answer(200, {**answer, "data": items[offset : offset + limit]})

        def _answer(self, status: int, answer: Any) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def jobs_of(tenant: Tenant, *, is_open: bool, site_type: str | None) -> list[Any]:
    """Return the jobs of a listing for a site type; all jobs without one."""
    listing = tenant.open_jobs if is_open else tenant.closed_jobs
    return [job for listed_by, job in listing if site_type is None or listed_by == site_type]
