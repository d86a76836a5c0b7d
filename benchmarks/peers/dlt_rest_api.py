"""dlt's rest_api source, extract only: nothing is normalised or loaded.

python dlt_rest_api.py CONFIG FOLDER; prints how many records were extracted.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import dlt
from dlt.sources.rest_api import rest_api_source


def applications(config: dict[str, Any], **settings: Any) -> Any:
    """The source.

    :param settings: further settings of its resource.
    """
    paginator = {"type": "offset", "limit": 100, "total_path": "pagination.total"}
    return rest_api_source(
        {
            "client": {
                "base_url": config["gateway_url"],
                "auth": {"type": "bearer", "token": config["token"]},
                "paginator": paginator,
            },
            "resources": [
                {
                    "name": "applications",
                    "primary_key": "id",
                    "endpoint": {"path": "apply/v2/applications", "data_selector": "data"},
                    **settings,
                }
            ],
        }
    )


def main(config: dict[str, Any], folder: str) -> None:
    pipeline = dlt.pipeline("phenom", pipelines_dir=folder)
    pipeline.extract(applications(config))
    metrics = pipeline.last_trace.last_extract_info.metrics.values()
    counts = [m["resource_metrics"].get("applications") for run in metrics for m in run]
    print(sum(count.items_count for count in counts if count is not None))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2])
