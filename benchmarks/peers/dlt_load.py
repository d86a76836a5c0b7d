"""dlt's rest_api source, loaded by way of Parquet files and merged by the primary key.

python dlt_load.py CONFIG FOLDER DUCKDB_FILE_OR_POSTGRESQL_URL
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import dlt
from dlt_rest_api import applications


def main(config: dict[str, Any], folder: str, warehouse: str) -> None:
    source = applications(config, write_disposition="merge", max_table_nesting=0)
    to = (
        dlt.destinations.postgres
        if warehouse.startswith("postgresql:")
        else dlt.destinations.duckdb
    )
    pipeline = dlt.pipeline(
        "phenom", pipelines_dir=folder, destination=to(warehouse), dataset_name="dlt"
    )
    pipeline.run(source, loader_file_format="parquet")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2], sys.argv[3])
