"""The files that the measured commands read: configuration and catalog."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import tenant

APPLICATIONS = ("applications",)


@dataclass(frozen=True)
class Files:
    """:param folder: commands may write to it. :param config: of the peers, with a token.
    :param own_config: of the connector.
    """

    folder: Path
    config: str
    own_config: str

    def catalog(self, streams: Sequence[str], sync_mode: str = "full_refresh") -> str:
        """Writes a configured catalog of these streams and returns its path."""
        content = {"streams": [_configured(name, sync_mode) for name in streams]}
        return self.write("catalog-" + "-".join([sync_mode, *streams]), content)

    def write(self, name: str, content: Any) -> str:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(content))
        return str(path)


@contextmanager
def prepared(config: Mapping[str, Any]) -> Iterator[Files]:
    """Files for a tenant's ``config``, in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="phenom-benchmark-") as folder:
        paths = {"config": config, "own_config": tenant.source_config(config)}
        for name, content in paths.items():
            (Path(folder) / f"{name}.json").write_text(json.dumps(content))
        yield Files(Path(folder), **{name: f"{folder}/{name}.json" for name in paths})


def _configured(name: str, sync_mode: str) -> dict[str, Any]:
    stream = {
        "name": name,
        "json_schema": {},
        "supported_sync_modes": ["full_refresh", "incremental"],
    }
    return {"stream": stream, "sync_mode": sync_mode, "destination_sync_mode": "append"}
