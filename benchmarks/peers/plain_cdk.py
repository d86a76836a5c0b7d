"""The plain declarative CDK source of ``plain_cdk.yaml``, through the CDK's own entry point."""

from __future__ import annotations

import sys
from pathlib import Path

from airbyte_cdk.entrypoint import AirbyteEntrypoint, launch
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource

if __name__ == "__main__":
    arguments = sys.argv[1:]
    config = YamlDeclarativeSource.read_config(AirbyteEntrypoint.extract_config(arguments))
    catalog = YamlDeclarativeSource.read_catalog(AirbyteEntrypoint.extract_catalog(arguments))
    manifest = str(Path(__file__).with_name("plain_cdk.yaml"))
    launch(YamlDeclarativeSource(manifest, config=config, catalog=catalog), arguments)
