"""Reads one declared stream out of the listing that it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from airbyte_cdk.models import FailureType
from airbyte_cdk.sources.declarative.retrievers.retriever import Retriever
from airbyte_cdk.sources.streams.core import StreamData
from airbyte_cdk.sources.types import Config, StreamSlice
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from phenom_api.gateway import Gateway
from source_phenom import manifest
from source_phenom.config import source_config
from source_phenom.manifest import DeclaredStream
from source_phenom.reading.read import Selection, read
from source_phenom.streams.events import Failure, Records


@dataclass
class ListingRetriever(Retriever):
    """A full read of a single stream, for clients that run the manifest stream by stream.

    ``SourcePhenom.read`` reads all configured streams together and incrementally; this is the
    same engine for one of them, without state.

    :param listing, requests: as in :class:`DeclaredStream`.
    """

    config: Config
    # Not an InitVar: the CDK asks for the types, and Python 3.10 cannot tell those of one.
    parameters: Mapping[str, Any]
    name: str
    listing: str
    requests: Mapping[str, Any]

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[StreamData]:
        config = source_config(self.config)
        declared = [
            DeclaredStream(self.name, self.listing, self.requests, each.needs_acting_user)
            if each.name == self.name
            else each
            for each in manifest.streams()
        ]
        selection = Selection(self.name, incremental=False)
        with Gateway(config) as gateway:
            for event in read(config, [selection], gateway=gateway, declared=declared):
                match event:
                    case Records(_, data):
                        yield from map(orjson.loads, data)
                    case Failure(_, message, detail, failure_type):
                        raise AirbyteTracedException(
                            message=message,
                            internal_message=detail,
                            failure_type=FailureType(failure_type),
                        )
