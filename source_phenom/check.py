"""``check``: whether the connection works, and what it cannot read."""

from __future__ import annotations

from phenom_api.errors import PhenomError
from phenom_api.gateway import CHECK_POLICY, Gateway
from phenom_api.probes import Probe, ask
from phenom_protocol.connection import CheckResult
from source_phenom import manifest
from source_phenom.config import SourceConfig
from source_phenom.probes import acting_user_probes, listing_probes


def check(config: SourceConfig) -> CheckResult:
    """Test the token, every listing and the APIs of an acting user, at once and within seconds.

    Fails if it gets no token, or if none of the manifest's ``check.stream_names`` can be read.
    If only some APIs can be read it succeeds, and the message names what is denied and which
    streams and columns are lost.
    """
    listings = listing_probes(config)
    further = acting_user_probes(config) if config.ph_user_id is not None else []
    replies = ask(listings + further, Gateway(config, policy=CHECK_POLICY))
    failures = {probe: reply.error for probe, reply in replies.items() if reply.error is not None}
    if not failures:
        return CheckResult(True)
    checked = set(manifest.checked_streams())
    decisive = [probe for probe in listings if checked & set(probe.serves)]
    if failures.keys() >= set(decisive):
        messages = dict.fromkeys(failures[probe].message for probe in decisive)
        return CheckResult(False, " ".join(messages))
    return CheckResult(True, " ".join(map(_denied, failures.items())))


def _denied(failure: tuple[Probe, PhenomError]) -> str:
    """What cannot be read and why, which streams and columns are lost, and what to do."""
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
