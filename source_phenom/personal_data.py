"""What a run does with personal data (specification, section 3.4).

The JSON schemas decide. Each property says whether it holds personal data (``x-personal-data``).
If it does, it says what becomes of it with ``personal_data: pseudonymous`` (``x-pseudonymous``):

=====================  ============================================================================
``key``                it is, or is computed from, a key that may be made of an e-mail address
``pseudonym``          the pseudonym of the text
``address_pseudonym``  the pseudonym of the text in lower case
``null``               null
``addresses``          e-mail addresses inside its texts become pseudonyms; the rest stays
``fields``             integration_fields: those named in ``x-clear-fields`` stay, of the others
                       texts become pseudonyms and other values null
``members``            its members say it, each for itself
=====================  ============================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from source_phenom import manifest
from source_phenom.config import SourceConfig
from source_phenom.models import (
    application_activities,
    candidate_documents,
    candidates,
    employees,
    hiring_team,
    jobs,
)
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.origins import Origins, without_indexes
from source_phenom.models.pseudonyms import PseudonymousIds, Pseudonyms
from source_phenom.models.remapping import Remapping

MEMBER = "pseudonyms"
"""Member of a stream's state: which key its pseudonyms were made with; missing without any."""

PERSONAL = "x-personal-data"
TREATMENT = "x-pseudonymous"
CLEAR_FIELDS = "x-clear-fields"

Schema = Mapping[str, Any]
Treatment = Callable[[Any], Any]
Step = Callable[[dict[str, Any]], None]
"""Hides the personal data of a record, in place."""

_OF_USERS = frozenset({hiring_team.USERS, hiring_team.MEMBERS, hiring_team.ASSIGNMENTS})
"""Streams all of whose keys have the e-mail address of a user in them."""
_OF_CANDIDATES = frozenset({application_activities.MODEL, candidate_documents.MODEL})


def personal_data(config: SourceConfig) -> PersonalData:
    """What the configuration wants."""
    if config.personal_data == "full":
        return PersonalData(None)
    assert config.pseudonym_key is not None
    return PersonalData(Pseudonyms(config.pseudonym_key.get_secret_value()))


class PersonalData:
    """One mode of ``personal_data``. In full mode everything stays as it is.

    :param pseudonyms: None in full mode.
    """

    def __init__(self, pseudonyms: Pseudonyms | None) -> None:
        self._pseudonyms = pseudonyms

    @property
    def is_hidden(self) -> bool:
        """Whether no personal data may be in records, states and files."""
        return self._pseudonyms is not None

    @property
    def tag(self) -> str | None:
        """A text by which a state shows that its pseudonyms have this key; None in full mode."""
        return None if self._pseudonyms is None else self._pseudonyms.of("tag of a state")

    def remember(self, memory: dict[str, Any]) -> None:
        """Note in a stream's state which mode its keys are of."""
        memory.pop(MEMBER, None)
        if self.tag is not None:
            memory[MEMBER] = self.tag

    # -- records -----------------------------------------------------------------------------

    def step(self, stream: str) -> Step | None:
        """What hides the personal data of a stream's records, in place; None if there is nothing to
        do."""
        if self._pseudonyms is None:
            return None
        return _Treatments(self._pseudonyms).of_members(manifest.schema(stream)["properties"])

    def keeps(self, stream: str, column: str) -> bool:
        """Whether a column can have values. It need not be mapped if it is emptied anyway."""
        return self._pseudonyms is None or _property(stream, column).get(TREATMENT) != "null"

    def remapping(self, config: SourceConfig) -> Remapping:
        """The tenant's own mapping. It must not lead personal data into other columns."""
        protect = None if self._pseudonyms is None else _Remapped(self._pseudonyms)
        return Remapping(config.field_overrides, config.custom_fields, protect)

    # -- keys --------------------------------------------------------------------------------

    def ids(self, integration_id: str) -> UnifiedIds:
        """The unified ids."""
        if self._pseudonyms is None:
            return UnifiedIds(integration_id)
        return PseudonymousIds(integration_id, self._pseudonyms)

    def key(self, key: str) -> str:
        """The key of the record of a candidate or an employee."""
        return key if self._pseudonyms is None else self._pseudonyms.of_key(key)

    def user_key(self, key: str) -> str:
        """The key of a user's record. Whatever is in its place in a job, it may be a name."""
        return key if self._pseudonyms is None else self._pseudonyms.of(key)

    def hidden_key(self, stream: str, key: str) -> str:
        """What a stream's key of full mode is in this mode. A key of this mode stays as it is.

        The key of a join model is only recognised as one that has to go: the result is no key.
        """
        if self._pseudonyms is None:
            return key
        if stream in _OF_USERS:
            is_hidden = self._pseudonyms.is_pseudonym(key)
            return key if is_hidden else self._pseudonyms.of(key)
        if stream in _OF_CANDIDATES:
            candidate = candidates.candidate_of_child(key) or ""
            prefix = candidates.child_key_prefix(candidate)
            hidden = candidates.child_key_prefix(self._pseudonyms.of_key(candidate))
            return hidden + key[len(prefix) :] if hidden != prefix else key
        if stream in (candidates.MODEL, employees.MODEL):
            return self._pseudonyms.of_key(key)
        return key


class _Treatments:
    """Makes the treatments that schemas name."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms

    def of_members(self, properties: Mapping[str, Schema]) -> Step | None:
        """Treats the members of an object in place; None if all of them stay as they are."""
        kinds = {name: schema.get(TREATMENT) for name, schema in properties.items()}
        nulls = dict.fromkeys(name for name, kind in kinds.items() if kind == "null")
        # Keys are hidden where they are made: ids, states and references depend on them too.
        treatments = [
            (name, self._of(properties[name]))
            for name, kind in kinds.items()
            if kind not in (None, "key", "null")
        ]
        if not nulls and not treatments:
            return None

        def step(record: dict[str, Any]) -> None:
            record.update(nulls)
            for name, treat in treatments:
                value = record.get(name)
                if value is not None:
                    record[name] = treat(value)

        return step

    def _of(self, schema: Schema) -> Treatment:
        kind = schema[TREATMENT]
        if kind == "members":
            return self._of_container(schema)
        if kind == "fields":
            return _Fields(self._pseudonyms, frozenset(schema[CLEAR_FIELDS]))
        return {
            "pseudonym": _of_text(self._pseudonyms.of),
            "address_pseudonym": _of_text(self._pseudonyms.of_address),
            "addresses": self._pseudonyms.without_addresses,
        }[kind]

    def _of_container(self, schema: Schema) -> Treatment:
        """Treats an object, or the objects of a list. They belong to the record alone."""
        step = self.of_members(_members(schema))
        assert step is not None

        def treat(value: Any) -> Any:
            for each in value if type(value) is list else (value,):
                if type(each) is not dict:
                    return None
                step(each)
            return value

        return treat


class _Fields:
    """Treats ``integration_fields`` whose description of fields says which of them are clear."""

    def __init__(self, pseudonyms: Pseudonyms, clear: frozenset[str]) -> None:
        self._hidden = _of_text(pseudonyms.of_text)
        self._clear = clear

    def __call__(self, fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            field
            if field["id"] in self._clear
            else {**field, "value": self._hidden(field["value"])}
            for field in fields
        ]


class _Remapped:
    """Treats values that ``field_overrides`` and ``custom_fields`` lead into other columns.

    A text stays as it is if the default mapping shows the value of its remote path in a column that
    is not personal. Else it becomes a pseudonym.
    """

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms
        self._origins = Origins()
        self._treatments: dict[tuple[str, str], Treatment | None] = {}

    def __call__(self, model: str, column: str, path: str, value: Any) -> Any:
        if (model, path) not in self._treatments:
            self._treatments[model, path] = self._of_path(model, without_indexes(path))
        treat = self._treatments[model, path]
        if treat is None:
            return value
        return _treated(value, _property(model, column), treat)

    def _of_path(self, model: str, path: str) -> Treatment | None:
        shown = (
            self._origins.of_job(path)
            if model == jobs.MODEL
            else self._origins.of_application(path)
        )
        kinds = set(self._kinds(shown, path))
        if None in kinds:
            return None
        if "addresses" in kinds:
            return self._pseudonyms.without_addresses
        return _of_text(self._pseudonyms.of_text)

    def _kinds(self, columns: tuple[str, ...], path: str) -> Iterator[str | None]:
        """The treatment of each column; None for one that is not personal."""
        for name in columns:
            schema = _property(*name.split(".", 1))
            if schema.get(TREATMENT) == "fields":
                yield None if path in schema[CLEAR_FIELDS] else "fields"
            else:
                yield schema[TREATMENT] if schema[PERSONAL] else None


def _treated(value: Any, schema: Schema, treat: Treatment) -> Any:
    """A value for a column, with its texts treated, but for those that the column hides anyway."""
    kind = schema.get(TREATMENT)
    if kind in ("pseudonym", "address_pseudonym", "null"):
        return value
    members = _members(schema)
    if type(value) is dict and members:
        return {name: _treated(each, members[name], treat) for name, each in value.items()}
    if type(value) is list and members:
        return [_treated(each, schema, treat) for each in value]
    return None if value is None else treat(value)


def _property(model: str, column: str) -> Schema:
    """The schema of a column."""
    found: Schema = manifest.schema(model)["properties"][column]
    return found


def _members(schema: Schema) -> Mapping[str, Schema]:
    """The schemas of the members of an object, or of the objects in a list."""
    found: Mapping[str, Schema] = schema.get("properties") or schema.get("items", {}).get(
        "properties", {}
    )
    return found


def _of_text(treat: Callable[[str], str]) -> Treatment:
    """The treatment of a text; whatever else is in its place is null."""
    return lambda value: treat(value) if type(value) is str else None
