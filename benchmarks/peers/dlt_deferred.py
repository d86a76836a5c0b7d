"""dlt with its pages deferred to ten threads, extract only.

python dlt_deferred.py CONFIG FOLDER; prints how many records were extracted.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dlt
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth

PAGE = 100


def main(config: dict[str, Any], folder: str) -> None:
    client = RESTClient(config["gateway_url"], auth=BearerTokenAuth(config["token"]))

    def fetched(offset: int) -> dict[str, Any]:
        params = {"offset": offset, "limit": PAGE}
        answer: dict[str, Any] = client.get("/apply/v2/applications", params=params).json()
        return answer

    @dlt.defer
    def page(offset: int) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = fetched(offset)["data"]
        return rows

    @dlt.resource(name="applications", primary_key="id")
    def applications() -> Iterator[list[dict[str, Any]] | Callable[[], Any]]:
        first = fetched(0)
        yield first["data"]
        for offset in range(PAGE, first["pagination"]["total"], PAGE):
            yield page(offset)

    pipeline = dlt.pipeline("phenom", pipelines_dir=folder)
    pipeline.extract(applications())
    metrics = pipeline.last_trace.last_extract_info.metrics.values()
    counts = [m["resource_metrics"].get("applications") for run in metrics for m in run]
    print(sum(count.items_count for count in counts if count is not None))


if __name__ == "__main__":
    os.environ |= {"EXTRACT__WORKERS": "10", "EXTRACT__MAX_PARALLEL_ITEMS": "20"}
    main(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2])
