"""Whether a listing was read so completely that what is missing from it was deleted."""

from __future__ import annotations

import logging

from phenom_api.paging import ScanOutcome

logger = logging.getLogger("airbyte.phenom")


def is_complete(outcome: ScanOutcome, what: str, *, must_count: bool = False) -> bool:
    """Whether absence from a scan means deletion; if it does not, the log says why.

    :param what: the listing's name in log lines.
    :param must_count: whether the listing proves nothing without a count of its rows.
    """
    if must_count and outcome.total is None and not outcome.repeats:
        logger.warning(
            f"The gateway does not count the {what}; deletions are left to a sync in which it does."
        )
        return False
    if outcome.ignores_offset and not outcome.complete:
        logger.warning(
            f"{outcome.ignored_offset(what)}; nothing is reported as deleted. Report this to "
            "Phenom; until it is fixed, a page_size larger than the listing may help."
        )
    elif outcome.repeats and (outcome.open_seams or not outcome.agrees):
        counts = "does not count them" if outcome.total is None else f"counts {outcome.total}"
        logger.warning(
            f"The gateway lists {outcome.rows} rows of the {what}, then rows that it listed "
            f"before, and {counts}. All listed rows were read; nothing is reported as deleted."
        )
    elif outcome.open_seams and outcome.single_rows:
        logger.warning(
            f"The gateway lists {what} one row at a time, and a skipped row would not show; "
            "nothing is reported as deleted. Ask Phenom for a larger limit."
        )
    elif outcome.open_seams:
        cause = (
            f"The {what} moved faster than they could be read"
            if outcome.moved
            else f"The gateway leaves out rows of the {what}"
        )
        logger.warning(
            f"{cause}: {outcome.open_seams} gaps between pages remained after reading them again. "
            "Records may be missing until the next sync; nothing is reported as deleted."
        )
    elif outcome.moved:
        logger.warning(
            f"The {what} moved while they were read ({outcome.repaired} parts were read again). "
            "Nothing is missing; deletions are left to the next sync."
        )
    elif outcome.total is None and not outcome.agrees:
        logger.warning(
            f"The gateway lists no {what} and does not count them; deletions are left to a sync "
            "in which it does."
        )
    elif not outcome.agrees:
        logger.warning(
            f"The gateway counts {outcome.total} {what} but lists {outcome.rows}. All listed rows "
            "were read; deletions are left to a sync whose count agrees."
        )
    elif not outcome.ended:
        logger.warning(
            f"The gateway lists {outcome.rows} {what}, but pages before the last one were short "
            "or empty, and no steady count confirms that nothing is missing; deletions are left to "
            "a sync in which all pages are full or a count agrees."
        )
    return outcome.complete
