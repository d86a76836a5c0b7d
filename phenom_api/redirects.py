"""Shared rules about redirects. Each HTTP client decides whether to follow one."""

from __future__ import annotations

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses of an answer that redirects."""
MOST_REDIRECTS = 5
"""Redirects of one request that are followed."""


def redirect_target(status: int, location: str | None) -> str:
    """The address that an answer redirects to, as written; empty if it does not redirect.

    :param location: the header, which ``requests`` decodes as Latin-1. Most servers mean UTF-8.
    """
    if status not in REDIRECTS or not location:
        return ""
    try:
        return location.encode("latin-1").decode()
    except UnicodeError:
        return location
