"""The JSON object that Airbyte keeps for a stream between two syncs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from xxhash import xxh3_64_hexdigest

from source_phenom.snapshot.codec import (
    UnusableState,
    decode,
    encode,
    encode_labels,
    with_decoded_labels,
)
from source_phenom.snapshot.snapshot import Snapshot

VERSION = 2
_MEMBERS = ("version", "changed_at", "tenant", "fingerprints")
LABELS = "labels"
_DEFAULT_PORTS = {"https": ":443", "http": ":80"}
_CHANGED_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


_NOTHING: Mapping[str, str] = {}


def tenant_tag(gateway_url: str, integration_id: str) -> str:
    """Return a short hash of the gateway and the namespace that a state belongs to.

    The case of the host, a default port and a slash at the end of the URL make no difference.
    """
    url = urlsplit(gateway_url)
    host = url.netloc.lower().removesuffix(_DEFAULT_PORTS.get(url.scheme, ""))
    gateway = f"{url.scheme}://{host}{url.path.rstrip('/')}"
    return xxh3_64_hexdigest(f"{gateway}\n{integration_id}".encode("utf-8", "surrogatepass"))


@dataclass(frozen=True)
class StreamState:
    """What a stream remembers: its cursor, the tenant, and the fingerprints of the records.

    As JSON: `{"version": 2, "changed_at": "2025-03-01T09:00:00.000Z", "tenant": "6c0f…",
    "fingerprints": "2.…"}`. The checksum in `fingerprints` covers `changed_at` and `tenant` too. If
    the snapshot is labelled, its labels are the member `labels`. Without it the state is as good.
    """

    changed_at: str  #: RFC 3339, UTC, milliseconds, `Z`: the latest of any emitted record
    tenant: str  #: see `tenant_tag`
    snapshot: Snapshot
    #: Other members. They are kept as they are.
    extras: Mapping[str, Any] = field(default_factory=dict)
    #: The members that encoded the snapshot when it was read, for `dump`.
    encoded: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def parse(cls, state: object, *, tenant: str) -> StreamState:
        """Read a stream's state that belongs to `tenant`.

        A state without records fits any tenant: of another tenant's, only the cursor is used.

        Raises UnusableState, whose message completes the sentence "the state cannot be used: …".
        `{}` is refused as well. An absent state, which means a first sync, is the caller's concern.
        """
        if not isinstance(state, Mapping):
            raise UnusableState("it is not an object")
        missing = [member for member in _MEMBERS if member not in state]
        if missing:
            raise UnusableState(f"it has no {' and no '.join(missing)}")
        if state["version"] != VERSION or isinstance(state["version"], bool):
            raise UnusableState(f"its version is not {VERSION}")
        changed_at = state["changed_at"]
        if not isinstance(changed_at, str) or not _CHANGED_AT.fullmatch(changed_at):
            raise UnusableState("its changed_at is not a UTC time with milliseconds")
        if not isinstance(state["tenant"], str):
            raise UnusableState("its tenant is not text")
        if state["tenant"] != tenant:
            if not _is_empty(state["fingerprints"], _seal(changed_at, state["tenant"])):
                raise UnusableState(
                    "it belongs to another gateway_url or integration_id. Check first that these "
                    "two are right"
                )
            return cls(changed_at, tenant, Snapshot())
        fingerprints = state["fingerprints"]
        snapshot = decode(fingerprints, _seal(changed_at, tenant))
        encoded = {"fingerprints": fingerprints}
        if LABELS in state:
            snapshot = with_decoded_labels(snapshot, state[LABELS], fingerprints)
            if snapshot.labelled:
                encoded[LABELS] = state[LABELS]
        known = (*_MEMBERS, LABELS)
        extras = {member: value for member, value in state.items() if member not in known}
        return cls(changed_at, tenant, snapshot, extras, encoded)

    def dump(self, encoded: Mapping[str, str] = _NOTHING) -> dict[str, Any]:
        """Return the state as a JSON object; ValueError when the snapshot names a key twice.

        `encoded`: members that encode this snapshot, if they are known. Encoding takes time.
        """
        encoded, snapshot = dict(encoded), self.snapshot
        if "fingerprints" not in encoded:
            snapshot = snapshot.in_order()
            seal = _seal(self.changed_at, self.tenant)
            encoded = {"fingerprints": encode(snapshot, seal)}
        if not (snapshot.labelled and len(snapshot)):
            encoded.pop(LABELS, None)
        elif LABELS not in encoded:
            encoded[LABELS] = encode_labels(snapshot, encoded["fingerprints"])
        return {
            **self.extras,
            "version": VERSION,
            "changed_at": self.changed_at,
            "tenant": self.tenant,
            **encoded,
        }


def _is_empty(fingerprints: str, seal: str) -> bool:
    try:
        return not len(decode(fingerprints, seal))
    except UnusableState:
        return False


def _seal(changed_at: str, tenant: str) -> str:
    return f"{changed_at} {tenant}"
