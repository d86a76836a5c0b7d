"""A local Phenom tenant that behaves like the gateway over HTTP, with generated data.

>>> import phenom_sandbox
>>> with phenom_sandbox.running(jobs=20, applications=50) as local:
...     len(list(local.tenant.applications()))
50
"""

from __future__ import annotations

from phenom_sandbox.applications import ORDERS
from phenom_sandbox.directory import Account
from phenom_sandbox.faults import SWITCHES, Fault, Faults
from phenom_sandbox.files import CandidateFile
from phenom_sandbox.hiring import HiringStatus, Transition
from phenom_sandbox.journal import Journal, RecordedRequest
from phenom_sandbox.local import CannotServe, LocalTenant, running, serve_forever
from phenom_sandbox.server import Access
from phenom_sandbox.tenant import Tenant

__all__ = [
    "ORDERS",
    "SWITCHES",
    "Access",
    "Account",
    "CandidateFile",
    "CannotServe",
    "Fault",
    "Faults",
    "HiringStatus",
    "Journal",
    "LocalTenant",
    "RecordedRequest",
    "Tenant",
    "Transition",
    "running",
    "serve_forever",
]
