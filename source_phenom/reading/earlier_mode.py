"""Continues from a state that a run with ``personal_data: full`` left (specification, section 3.4).

Such a state holds e-mail addresses: they are keys. The run hides personal data, so it may not pass
them on, not even until a complete scan has shown that the records are gone. They are gone for sure,
because the same records now have other keys.

What it remembers of the listing goes too: an override may have led an address into a source.
"""

from __future__ import annotations

from source_phenom.listings import listing_memory
from source_phenom.personal_data import MEMBER, PersonalData
from source_phenom.snapshot import Snapshot, StreamState


def without_old_keys(
    stream: str, previous: StreamState, personal: PersonalData
) -> tuple[StreamState, dict[str, str]]:
    """The state without the keys of full mode, and these keys, each with what it is called now."""
    if not personal.is_hidden or MEMBER in previous.extras:
        return previous, {}
    extras = {
        name: value for name, value in previous.extras.items() if name != listing_memory.MEMBER
    }
    hidden = ((key, personal.hidden_key(stream, key)) for key, _ in previous.snapshot)
    old = {key: shown for key, shown in hidden if shown != key}
    kept = Snapshot.from_records(
        ((key, digest) for key, digest in previous.snapshot if key not in old),
        detailed=previous.snapshot.detailed,
    )
    return StreamState(previous.changed_at, previous.tenant, kept, extras), old
