"""PyAirbyte's own ``read`` of ``source-phenom`` into a warehouse, as its documentation shows it.

python pyairbyte_read.py SOURCE_PHENOM CONFIG DUCKDB_FILE_OR_POSTGRESQL_URL; prints the
seconds of each part, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


def main(executable: str, config: str, warehouse: str) -> None:
    started = time.perf_counter()
    import airbyte

    imported = time.perf_counter()
    source = airbyte.get_source(
        "source-phenom",
        config=json.loads(Path(config).read_text()),
        local_executable=executable,
        streams="*",
    )
    cache = _cache(warehouse)
    ready = time.perf_counter()
    source.read(cache)
    done = time.perf_counter()
    spent = {"import": imported - started, "get ready": ready - imported, "read": done - ready}
    print("\n" + json.dumps({name: round(seconds, 2) for name, seconds in spent.items()}))


def _cache(warehouse: str) -> Any:
    from airbyte.caches import DuckDBCache, PostgresCache

    if not warehouse.startswith("postgresql:"):
        return DuckDBCache(db_path=warehouse, schema_name="main")
    url = urlsplit(warehouse)
    return PostgresCache(
        host=url.hostname,
        port=url.port,
        username=url.username,
        password=url.password,
        database=url.path.strip("/"),
        schema_name="public",
    )


if __name__ == "__main__":
    main(*sys.argv[1:4])
