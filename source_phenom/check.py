"""``check``: can a token be had, which listings can be read, and what does it cost if not."""

from __future__ import annotations

from dataclasses import dataclass

from phenom_api.gateway import HURRIED, Gateway
from source_phenom.config import SourceConfig
from source_phenom.probes import Probe, ask, listing_probes


@dataclass(frozen=True)
class CheckResult:
    succeeded: bool
    message: str | None = None


def check(config: SourceConfig) -> CheckResult:
    """Try the token and every listing, side by side and within seconds.

    Fails when no token can be had or no listing can be read. Where only some can, it succeeds
    and the message names what is denied and which streams that costs.
    """
    replies = ask(listing_probes(config), Gateway(config, patience=HURRIED))
    failures = {probe: reply.error for probe, reply in replies.items() if reply.error is not None}
    if not failures:
        return CheckResult(True)
    if len(failures) == len(replies):
        return CheckResult(False, " ".join(dict.fromkeys(e.message for e in failures.values())))
    denied = " ".join(
        f"No access to the {probe.name}: {error.message} Without it: {_costs(probe)}."
        for probe, error in failures.items()
    )
    return CheckResult(True, denied)


def _costs(probe: Probe) -> str:
    remedy = f" (or {probe.remedy})" if probe.remedy else ""
    return f"streams {', '.join(probe.serves)}{remedy}"
