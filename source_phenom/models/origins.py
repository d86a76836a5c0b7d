"""Which unified columns a remote field feeds: the FEEDS tables of all models together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from source_phenom.models import applications, candidates, hiring_team, jobs
from source_phenom.models.integration_fields import INTEGRATION_FIELDS
from source_phenom.models.remapping import NamedField, Override

_CUSTOM_FIELDS = "custom_fields"
_CANDIDATE_DATA = "candidateData"


class Origins:
    """Finds the columns (``model.column``) that a remote path feeds, with the tenant's overrides.

    Paths are written as in ``field_overrides``: they begin in the job or the application, with dots
    between the parts. A path into a list names a member of its elements.

    :param overrides: ``field_overrides`` of the configuration. :param named: ``custom_fields``.
    """

    def __init__(
        self, overrides: Iterable[Override] = (), named: Iterable[NamedField] | None = None
    ) -> None:
        self._added: dict[str, list[str]] = {}
        self._replaced: set[str] = set()
        for override in overrides:
            columns = [f"{override.model}.{override.field}"]
            if override.field == "email_addresses":
                columns.append(f"{override.model}.email")
            if not override.keep_default:
                self._replaced.update(columns)
            for path in override.paths:
                self._added.setdefault(without_indexes(path), []).extend(columns)
        for field in named or ():
            column = f"{field.model}.{_CUSTOM_FIELDS}"
            self._replaced.add(column)
            self._added.setdefault(without_indexes(field.path), []).append(column)

    def of_job(self, path: str, *, is_object: bool = False) -> tuple[str, ...]:
        """Columns that the field ``path`` of a job feeds.

        :param is_object: whether the field is an object. The members of an object feed
            integration_fields, the object itself does not.
        """
        of_team = _nearest(hiring_team.FEEDS, path)
        if of_team is not None:
            return self._with_overrides(path, of_team)
        own = _nearest(jobs.FEEDS, path)
        if own is None:
            own = () if is_object else (INTEGRATION_FIELDS,)
        return self._with_overrides(path, _of(jobs.MODEL, (*_of_additional_field(path), *own)))

    def of_application(self, path: str, *, is_object: bool = False) -> tuple[str, ...]:
        """Columns of applications and candidates that a field of an application feeds."""
        is_candidate_data = _is_within(path, _CANDIDATE_DATA)
        default = () if is_object else (INTEGRATION_FIELDS,)
        found: list[str] = []
        for model, feeds, is_default in (
            (candidates.MODEL, candidates.FEEDS, is_candidate_data),
            (applications.MODEL, applications.FEEDS, not is_candidate_data),
        ):
            columns = _nearest(feeds, path)
            if columns is None:
                columns = default if is_default else ()
            found += _of(model, columns)
        return self._with_overrides(path, found)

    def _with_overrides(self, path: str, columns: Iterable[str]) -> tuple[str, ...]:
        kept = (column for column in columns if column not in self._replaced)
        return tuple(dict.fromkeys([*self._added.get(path, ()), *kept]))


def _nearest(feeds: Mapping[str, tuple[str, ...]], path: str) -> tuple[str, ...] | None:
    """The entry of the path, else of the closest object that contains it."""
    while path:
        if path in feeds:
            return feeds[path]
        path = path.rpartition(".")[0]
    return None


def _of_additional_field(path: str) -> tuple[str, ...]:
    parent, _, key = path.partition(".")
    return jobs.additional_feeds(key) if parent == "additionalFields" and key else ()


def _of(model: str, columns: Iterable[str]) -> list[str]:
    return [f"{model}.{column}" for column in columns]


def _is_within(path: str, parent: str) -> bool:
    return path == parent or path.startswith(f"{parent}.")


def without_indexes(path: str) -> str:
    """A path without the positions in lists."""
    return ".".join(part for part in path.split(".") if not part.isdecimal())
