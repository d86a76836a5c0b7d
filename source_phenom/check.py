"""``check``: can a token be had, what can be read, and what does it cost where not."""

from __future__ import annotations

from phenom_api.errors import PhenomError
from phenom_api.gateway import CHECK_POLICY, Gateway
from phenom_api.probes import Probe, ask
from phenom_protocol.connection import CheckResult
from source_phenom.config import SourceConfig
from source_phenom.probes import acting_user_probes, listing_probes


def check(config: SourceConfig) -> CheckResult:
    """Try the token, every listing and what an acting user opens, side by side, within seconds.

    Fails when no token can be had or no listing can be read. Where only some of it can be read,
    it succeeds and the message names what is denied and which streams and columns that costs.
    """
    listings = listing_probes(config)
    further = acting_user_probes(config) if config.ph_user_id is not None else []
    replies = ask(listings + further, Gateway(config, policy=CHECK_POLICY))
    failures = {probe: reply.error for probe, reply in replies.items() if reply.error is not None}
    if not failures:
        return CheckResult(True)
    if failures.keys() >= set(listings):
        messages = dict.fromkeys(failures[probe].message for probe in listings)
        return CheckResult(False, " ".join(messages))
    return CheckResult(True, " ".join(map(_denied, failures.items())))


def _denied(failure: tuple[Probe, PhenomError]) -> str:
    """What cannot be read, why, which streams and columns that costs, and the way out."""
    probe, error = failure
    lost = "; ".join(
        f"{kind} {', '.join(names)}"
        for kind, names in (("streams", probe.serves), ("columns", probe.fills))
        if names
    )
    remedy = f" (or {probe.remedy})" if probe.remedy else ""
    sentences = (
        f"No access to the {probe.name}:",
        error.message,
        f"Without it: {lost}{remedy}.",
        probe.besides,
    )
    return " ".join(filter(None, sentences))
