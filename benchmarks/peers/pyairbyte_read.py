"""PyAirbyte's own ``read`` of ``source-phenom`` into a DuckDB file, as its documentation has it.

python pyairbyte_read.py SOURCE_PHENOM CONFIG DUCKDB_FILE; prints where the seconds went, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(executable: str, config: str, database: str) -> None:
    started = time.perf_counter()
    import airbyte
    from airbyte.caches import DuckDBCache

    imported = time.perf_counter()
    source = airbyte.get_source(
        "source-phenom",
        config=json.loads(Path(config).read_text()),
        local_executable=executable,
        streams="*",
    )
    cache = DuckDBCache(db_path=database, schema_name="main")
    ready = time.perf_counter()
    source.read(cache)
    done = time.perf_counter()
    spent = {"import": imported - started, "get ready": ready - imported, "read": done - ready}
    print("\n" + json.dumps({name: round(seconds, 2) for name, seconds in spent.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:4])
