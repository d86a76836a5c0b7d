"""Application pages without the candidates' profiles: nine tenths of such a page, mostly prose.

Whoever reads applications alone needs of a candidate the id, and without one the e-mail address.
The rest is passed over in the text, instead of being made into Python objects that nobody uses.
"""

from __future__ import annotations

from typing import Any

import msgspec

from phenom_api.answers import parse_json

_NULL = msgspec.Raw(b"null")


class _Contact(msgspec.Struct):
    email: msgspec.Raw = _NULL


class _Person(msgspec.Struct):
    id: msgspec.Raw = _NULL
    contactData: _Contact | None = None


class _Row(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    candidateData: _Person | None = None
    jobApplicationData: msgspec.Raw = _NULL
    customFieldData: msgspec.Raw = _NULL


class _Body(msgspec.Struct):
    data: list[_Row]
    pagination: msgspec.Raw = _NULL


_NOBODY, _NO_CONTACT = _Person(), _Contact()
_decode = msgspec.json.Decoder(_Body).decode


def parse_without_profiles(content: bytes) -> Any:
    """``{data, pagination}`` of a page; of ``candidateData`` only ``id`` and ``contactData.email``.

    What does not look like the pages that we know, if only in one member, is parsed whole, by
    :func:`parse_json`; so are all values that are kept. Raises ``ValueError`` like that.
    """
    if b"\\u0000" in content:
        return parse_json(content)
    try:
        body = _decode(content)
    except (msgspec.DecodeError, RecursionError):
        return parse_json(content)
    parts = [body.pagination]
    for row in body.data:
        person = row.candidateData or _NOBODY
        contact = person.contactData or _NO_CONTACT
        parts += (row.jobApplicationData, row.customFieldData, person.id, contact.email)
    # All at once: for each by itself, parsing would cost more than it saves.
    pagination, *values = parse_json(b"[" + b",".join(parts) + b"]")
    columns = (values[first::4] for first in range(4))
    return {
        "pagination": pagination,
        "data": [
            {
                "id": row.id,
                "candidateData": {"id": person, "contactData": {"email": mail}},
                "jobApplicationData": placed,
                "customFieldData": custom,
            }
            for row, placed, custom, person, mail in zip(body.data, *columns, strict=True)
        ],
    }
