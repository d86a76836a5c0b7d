"""The records of the previous sync, and how this sync differs (specification, section 4).

Phenom's listings carry no modification time, so a stream remembers a digest of every live record:

>>> before = Snapshot.from_records({"65f0c1d2a1b2c3d4e5000001": fingerprint(b"Ada"), "me@x.io": 7})
>>> tenant = tenant_tag("https://api.phenom.com", "phenom")
>>> state = StreamState("2025-03-01T09:00:00.000Z", tenant, before).dump()
>>> before == StreamState.parse(state, tenant=tenant).snapshot
True
>>> comparison = Comparison(before)
>>> comparison.observe_page(["65f0c1d2a1b2c3d4e5000001", "new"], [fingerprint(b"Eve"), 1])
[<Verdict.CHANGED: 2>, <Verdict.NEW: 1>]
>>> list(comparison.gone())
['me@x.io']

Nothing in this package knows Airbyte, the network or the clock. Importing it imports numpy (about
0.1 s), so commands that do not read records do not import it.

`fingerprint`        bytes of a record's columns -> digest
`keys`               text keys in packed form, by kind
`snapshot`           keys and digests in columns
`columns`, `codec`   snapshot <-> compact text
`comparison`         new, changed, unchanged, gone
`state`              the JSON object that Airbyte keeps for a stream
"""

from __future__ import annotations

from source_phenom.snapshot.codec import UnusableState, decode, encode
from source_phenom.snapshot.comparison import Comparison, Remembered, Verdict
from source_phenom.snapshot.fingerprint import digest_with_details, fingerprint
from source_phenom.snapshot.snapshot import Snapshot
from source_phenom.snapshot.state import StreamState, tenant_tag

__all__ = [
    "Comparison",
    "Remembered",
    "Snapshot",
    "StreamState",
    "UnusableState",
    "Verdict",
    "decode",
    "digest_with_details",
    "encode",
    "fingerprint",
    "tenant_tag",
]
