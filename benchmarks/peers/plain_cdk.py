"""The plain declarative CDK source of ``plain_cdk.yaml``, through the CDK's own entry point."""

from __future__ import annotations

import sys
from pathlib import Path

from airbyte_cdk.entrypoint import AirbyteEntrypoint, launch
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource

if __name__ == "__main__":
    arguments = sys.argv[1:]
    config_path = AirbyteEntrypoint.extract_config(arguments)
    catalog_path = AirbyteEntrypoint.extract_catalog(arguments)
    if config_path is None or catalog_path is None:
        raise SystemExit("usage: plain_cdk.py read --config FILE --catalog FILE")
    config = YamlDeclarativeSource.read_config(config_path)
    catalog = YamlDeclarativeSource.read_catalog(catalog_path)
    manifest = str(Path(__file__).with_name("plain_cdk.yaml"))
    launch(YamlDeclarativeSource(manifest, config=config, catalog=catalog), arguments)
