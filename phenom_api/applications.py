"""One application of the Apply API, by its id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from phenom_api.answers import parse_json
from phenom_api.candidates import none_if_not_found
from phenom_api.gateway import Gateway, Operation
from phenom_api.lean_parsing import row_text

APPLICATION = Operation("GET", "/apply/v2/applications/{id}", "Apply API, reading applications")

_NOT_LISTED = "resumeData"
"""The first CV, as base64. The listing does not have it."""


def application(
    gateway: Gateway,
    application_id: str,
    *,
    parse: Callable[[bytes], Any] = parse_json,
    operation: Operation = APPLICATION,
) -> Any | None:
    """The application as a row of the listing; None if it was deleted.

    Answer: ``{status, statusCode, statusMessage, data: application}``.

    :param parse: parses a page of the listing, as for
        :func:`phenom_api.listings.applications_page`. It gets a page with this one row, so that
        the row comes out as it would from the listing.
    """

    def parse_as_page(content: bytes) -> Any:
        body = parse_json(content)
        row = body.get("data") if type(body) is dict else None
        if type(row) is not dict:
            return body
        listed = {name: value for name, value in row.items() if name != _NOT_LISTED}
        return parse(b'{"data":[' + row_text(listed) + b"]}")

    def read(body: Mapping[str, Any]) -> Any | None:
        if "data" in body and body["data"] is None:
            return None
        rows = body.get("data")
        if not isinstance(rows, list) or len(rows) != 1:
            raise ValueError("data is not an application")
        return rows[0]

    return none_if_not_found(
        lambda: gateway.fetch(operation.at(id=application_id), read, parse=parse_as_page)
    )
