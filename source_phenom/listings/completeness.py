"""Decides whether a listing was read so completely that a missing record was deleted."""

from __future__ import annotations

import logging

from phenom_api.paging import ScanOutcome

logger = logging.getLogger("airbyte.phenom")


def is_complete(outcome: ScanOutcome, what: str, *, must_count: bool = False) -> bool:
    """Whether a record that a scan did not show was deleted; if not, the log says why.

    :param what: the listing's name in log lines.
    :param must_count: whether the listing is only complete with a total.
    """
    if must_count and outcome.total is None and not outcome.repeats:
        logger.warning(
            f"The gateway does not count the {what}, so this sync reports no deletions of them."
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
            f"The gateway lists {what} one row at a time, so a skipped row cannot be noticed; "
            "nothing is reported as deleted. Ask Phenom for a larger limit."
        )
    elif outcome.open_seams:
        cause = (
            f"The list of {what} changed faster than it could be read"
            if outcome.moved
            else f"The gateway leaves out rows of the {what}"
        )
        logger.warning(
            f"{cause}: {outcome.open_seams} gaps between pages remained after reading them again. "
            "Records may be missing until the next sync; nothing is reported as deleted."
        )
    elif outcome.moved:
        logger.warning(
            f"The list of {what} changed while it was read ({outcome.repaired} parts were read "
            "again). No record is missing, but this sync reports no deletions."
        )
    elif outcome.total is None and not outcome.agrees:
        logger.warning(
            f"The gateway lists no {what} and does not count them, so this sync reports no "
            "deletions."
        )
    elif not outcome.agrees:
        logger.warning(
            f"The gateway counts {outcome.total} {what} but lists {outcome.rows}. All listed rows "
            "were read, but this sync reports no deletions."
        )
    elif not outcome.ended:
        logger.warning(
            f"The gateway lists {outcome.rows} {what}, but pages before the last one were short "
            "or empty, and no steady count confirms that nothing is missing. So this sync reports "
            "no deletions."
        )
    return outcome.complete
