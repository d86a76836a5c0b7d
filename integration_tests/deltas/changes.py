"""Random changes of a tenant's applications."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from integration_tests.deltas.rows import DISORDER, Row, created
from phenom_sandbox import Tenant

DESCENDING = "descending"
_SOURCES = ("Career Site", "Referral", "Agency", "LinkedIn", None)
_STATUSES = ("In Review", "Interview", "Hired", "Rejected")


class Changes:
    """What others do to a tenant. `near` rows are among the last that a delta must read.

    :param near: how many rows are near the end where new rows appear.
    :param has_odd_ids: whether ids may tell no time.
    """

    def __init__(
        self, tenant: Tenant, rng: random.Random, near: int, *, has_odd_ids: bool = False
    ) -> None:
        self._has_odd_ids = has_odd_ids
        self._tenant = tenant
        self._rng = rng
        self._near = near
        self._deleted: list[Row] = []
        self._breaking: set[str] = set()
        self.made: list[str] = []
        """The names of the changes since this list was emptied."""

    def rows(self) -> list[Row]:
        return list(self._tenant.applications())

    def from_new_end(self) -> list[Row]:
        rows = self.rows()
        return rows if self._tenant.applied.order == DESCENDING else rows[::-1]

    def random_change(self, *, is_with_acting_user: bool = False) -> None:
        common: list[Callable[[], None]] = [
            *[self.add] * 6,
            *[self.add_many, self.add_late, self.edit_near, self.edit_near, self.edit_far],
            *[self.delete_near, self.delete_far],
        ]
        if is_with_acting_user:
            change = self._rng.choice([*common, self.edit_far, self.move_status, self.move_status])
        else:
            rare = [
                *[self.delete_many, self.reappear, self.reappear, self.reappear_at_new_end],
                *[self.break_order, self.mend_order, self.move_to_candidate],
            ]
            if self._has_odd_ids:
                rare.append(self.odd_id)
            change = self._rng.choice(common * 2 + rare)
        change()
        self.made.append(change.__name__)

    # -- new rows ----------------------------------------------------------------------------

    def add(self, *, soon: bool = False) -> None:
        """A new row, sometimes of a candidate who has applied before; ``soon``: within seconds."""
        self._tenant.second += self._rng.choice((0, 1, 5) if soon else (0, 0, 5, 200, 900, 4_000))
        self._tenant.add_application(self._of_somebody())

    def add_many(self) -> None:
        for _ in range(self._rng.randrange(5, 40)):
            self._tenant.second += self._rng.choice((0, 0, 0, 100, 700))
            self._tenant.add_application(self._of_somebody())

    def add_late(self) -> None:
        """A row that is a little older than the newest one, at the end or where it belongs."""
        rows = self.from_new_end()
        if not rows:
            return
        newest = max(created(row["id"]) or 0 for row in rows)
        second = newest - self._rng.randrange(1, DISORDER - 60)
        payload = {**self._of_somebody(), "id": self._id(second)}
        if self._rng.random() < 0.5:
            self._tenant.add_application(payload)
        else:
            self._tenant.add_application(payload, position=self._place_of(second))

    def break_order(self) -> None:
        """A row that is much older than its neighbours, at the end where new rows appear."""
        oldest = min((created(row["id"]) or 0 for row in self.rows()), default=0)
        second = oldest + self._rng.randrange(10**6)
        row_id = self._id(min(second, self._tenant.second - 3_600))
        self._breaking.add(row_id)
        self._tenant.add_application({**self._of_somebody(), "id": row_id})

    def odd_id(self) -> None:
        """A row whose id does not tell its time."""
        row_id = f"A-{self._rng.randrange(10**9)}"
        self._breaking.add(row_id)
        position = self._rng.randrange(len(self.rows()) + 1)
        self._tenant.add_application({**self._of_somebody(), "id": row_id}, position=position)

    def mend_order(self) -> None:
        for row in self.rows():
            if row["id"] in self._breaking:
                self._tenant.delete_application(row["id"])
        self._breaking.clear()

    def _of_somebody(self) -> dict[str, Any]:
        rows, payload = self.rows(), self._tenant.application_at
        about = {
            "jobId": f"J{self._rng.randrange(5)}",
            "applicantSource": self._rng.choice(_SOURCES),
        }
        if not rows or self._rng.random() < 0.4:
            return {"jobApplicationData": about}
        whose = payload(self._rng.randrange(len(rows)))
        return {"candidateData": whose["candidateData"], "jobApplicationData": about}

    def _id(self, second: int) -> str:
        return f"{max(second, 0x40000000):08x}{self._rng.getrandbits(64):016x}"

    def _place_of(self, second: int) -> int:
        """The position of a row of that second in an ordered listing."""
        seconds = [created(row["id"]) or 0 for row in self.rows()]
        if self._tenant.applied.order == DESCENDING:
            return sum(each > second for each in seconds)
        return len(seconds) - sum(each > second for each in seconds)

    # -- other changes -----------------------------------------------------------------------

    def edit_near(self) -> None:
        rows = self.from_new_end()[: self._near]
        if rows:
            self._edit(self._rng.choice(rows))

    def edit_far(self) -> None:
        rows = self.from_new_end()[self._near :]
        if rows:
            self._edit(self._rng.choice(rows))

    def _edit(self, row: Row) -> None:
        word = f"{self._rng.randrange(10**6)}"
        change: dict[str, Any] = self._rng.choice(
            [
                {"customFieldData": {"note": word}},
                {"candidateData": {"firstName": f"Name {word}"}},
                {"candidateData": {"contactData": {"phoneNumber": word}}},
                {"jobApplicationData": {"applicantSource": self._rng.choice(_SOURCES)}},
                {"jobApplicationData": {"jobId": f"J{word}"}},
            ]
        )
        self._tenant.set_application(row["id"], change)

    def move_to_candidate(self) -> None:
        """An application turns out to be another candidate's, as after a merge of profiles."""
        rows = self.rows()
        if len(rows) > 1:
            row, other = self._rng.sample(rows, 2)
            self._tenant.set_application(row["id"], {"candidateData": other["candidateData"]})

    def move_status(self) -> None:
        rows = self.rows()
        if rows:
            status = self._rng.choice(_STATUSES)
            self._tenant.set_hiring_status(self._rng.choice(rows)["id"], status)

    def delete_near(self) -> None:
        rows = self.from_new_end()[: self._near]
        if rows:
            self._delete(self._rng.choice(rows))

    def delete_far(self) -> None:
        rows = self.from_new_end()[self._near :]
        if rows:
            self._delete(self._rng.choice(rows))

    def delete_many(self) -> None:
        rows = self.rows()
        for row in self._rng.sample(rows, len(rows) // self._rng.randrange(3, 20)):
            self._delete(row)

    def _delete(self, row: Row) -> None:
        self._deleted.append(row)
        self._tenant.delete_application(row["id"])

    def reappear(self) -> None:
        """A deleted row is listed again where it was."""
        if self._deleted:
            row = self._deleted.pop(self._rng.randrange(len(self._deleted)))
            second = created(row["id"])
            position = None if second is None else self._place_of(second)
            self._tenant.add_application(row, position=position)

    def reappear_at_new_end(self) -> None:
        if self._deleted:
            row = self._deleted.pop(self._rng.randrange(len(self._deleted)))
            self._breaking.add(row["id"])
            self._tenant.add_application(row)
