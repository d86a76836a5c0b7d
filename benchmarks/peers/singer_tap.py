"""The application listing as a singer-sdk tap, written as the SDK's documentation shows it."""

from __future__ import annotations

from typing import Any

import requests
from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BearerTokenAuthenticator
from singer_sdk.pagination import OffsetPaginator

PAGE = 100


class Pages(OffsetPaginator):
    def has_more(self, response: requests.Response) -> bool:
        return bool(self.current_value + PAGE < response.json()["pagination"]["total"])


class Applications(RESTStream[int]):
    name = "applications"
    path = "/apply/v2/applications"
    primary_keys = ("id",)
    records_jsonpath = "$.data[*]"
    schema = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        *(
            th.Property(name, th.ObjectType(additional_properties=True))
            for name in ("candidateData", "jobApplicationData", "customFieldData")
        ),
    ).to_dict()

    @property
    def url_base(self) -> str:
        return str(self.config["gateway_url"])

    @property
    def authenticator(self) -> BearerTokenAuthenticator:
        return BearerTokenAuthenticator(token=self.config["token"])

    def get_new_paginator(self) -> Pages:
        return Pages(start_value=0, page_size=PAGE)

    def get_url_params(self, context: Any, next_page_token: int | None) -> dict[str, Any]:
        return {"offset": next_page_token or 0, "limit": PAGE}


class TapPhenom(Tap):
    name = "tap-phenom"
    config_jsonschema = th.PropertiesList(
        th.Property("gateway_url", th.StringType, required=True),
        th.Property("token", th.StringType, required=True, secret=True),
    ).to_dict()

    def discover_streams(self) -> list[RESTStream[int]]:
        return [Applications(self)]


if __name__ == "__main__":
    TapPhenom.cli()
