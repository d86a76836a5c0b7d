"""Names of unused columns for the log: a column can be named after a person."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache

_WORDS = """
    account active activity address addresses agency age amount answer api app applicant application
    applications applied at attachment attachments attribute attributes available batch birth by
    campaign candidate candidates category cdc channel city code column comment comments company
    consent contact content cost country county created currency current custom cv data date
    datetime deleted department description desired detail details document documents education
    email employee employer employment end event experience external extra extracted family fax
    field fields file files first flag for format from full gdpr gender given global group guid
    hash hired hiring home id ids import imported in index info integration internal interview is
    job jobs key kind label language languages last lead letter level line link list load loaded
    local locale location log mail main manager meta metadata middle mime mobile modified name names
    nationality note notes number numbers object of office old on opened operation option order org
    organisation organization origin original outcome owner page parent partition permission person
    phone picture pipeline position postal postcode prefix profile properties province raw reason
    recruiter ref reference referral referrer region rejected rejection remote requisition resume
    role roles row run salary salutation schema score sequence session size skill skills source
    stage start state status step street submitted sub suffix surname sync synced system table tag
    tags team tenant text time timestamp timezone title to token topic total tracking type uid
    unified updated updates upload uploaded url user username users utm uuid value values version
    visibility warehouse website with work year years zip
"""
"""Words in the column names of applicant tables."""
_EVERYDAY_WORDS = frozenset(_WORDS.split())
_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^._ -]")
_MAX_LENGTH = 60
HIDDEN = "some whose names are not shown, as they may be personal"


@lru_cache(1024)
def loggable_name(column: str, fields: tuple[str, ...]) -> str:
    """The column's name if it consists of everyday words, else the one of ``fields`` it resembles.

    Anything else may be a person's name and is not shown.
    """
    if len(column) > _MAX_LENGTH:
        return HIDDEN
    tokens = _TOKEN.findall(column)
    numbers = [token for token in tokens if token.isdecimal()]
    words = [token.lower() for token in tokens if not token.isdecimal()]
    if words and _EVERYDAY_WORDS.issuperset(words) and len("".join(numbers)) <= 2:
        return column
    alike = get_close_matches(column.lower().replace("_", "."), fields, 1, 0.85)
    return f"one that resembles {alike[0]}" if alike else HIDDEN
