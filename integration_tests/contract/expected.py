"""Section 3 of the contract as naive code: lists of payloads in, records out.

The tests compare what `source-phenom read` emits with these records. So this module shares nothing
with the connector: no import, no table, no helper. Every rule quotes its sentence of the contract.
Where the contract leaves a choice, the comment begins with "Choice:".
"""

from __future__ import annotations

import json
import re
import unicodedata
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from functools import cache, lru_cache
from time import time
from typing import Any

import babel
import babel.languages
import pycountry

Payload = Mapping[str, Any]
Record = dict[str, Any]
Listed = tuple[str, Any]  # (the site type that was asked for, one item of the listing)

STREAMS = (
    "users",
    "jobs",
    "candidates",
    "applications",
    "roles",
    "job_user_role_assignments",
    "job_hiring_team_members",
)

# "Without it only the Jobs and Apply APIs are used": columns that other APIs fill are null.
_NOT_ASKED_FOR: dict[str, dict[str, None]] = {
    "jobs": dict.fromkeys(("closed_at", "remote_created_at", "remote_updated_at")),
    "applications": dict.fromkeys(
        (
            "current_stage",
            "rejected_at",
            "rejection_reason_name",
            "remote_created_at",
            "remote_updated_at",
        )
    ),
    "candidates": dict.fromkeys(("remote_created_at", "remote_updated_at", "tags")),
}


def expected_records(
    open_jobs: Sequence[Listed],
    closed_jobs: Sequence[Listed],
    applications: Sequence[Any],
    *,
    config: Mapping[str, Any],
) -> dict[str, dict[str, Record]]:
    """Return stream name -> unified id -> record for what a gateway lists.

    Args:
        open_jobs: `(requested site type, item)`; those of `site_types` count.
        closed_jobs: the same for `closedJobs`; counts only with `include_closed_jobs`.
        applications: the items of the application listing.
        config: a source configuration; read are `integration_id`, `site_types`,
            `include_closed_jobs` and `locale`, each with the default of section 2.

    Records have every column of sections 3.1 and 3.2 but `changed_at`.
    """
    integration_id = config.get("integration_id", "phenom")
    chosen_jobs = _choose_jobs(open_jobs, closed_jobs, config)
    # Choice: an application without an id is skipped whole, its candidate data included.
    listed_applications = [
        item for item in applications if isinstance(item, Mapping) and remote_key(item.get("id"))
    ]
    records = {
        "users": _users(chosen_jobs),
        "jobs": _jobs(chosen_jobs),
        "candidates": _candidates(listed_applications),
        "applications": _applications(listed_applications, integration_id),
        "roles": _roles(),
        "job_user_role_assignments": _assignments(chosen_jobs, integration_id),
        "job_hiring_team_members": _members(chosen_jobs, integration_id),
    }
    result: dict[str, dict[str, Record]] = {}
    for model, by_key in records.items():
        result[model] = {}
        for remote_id, fields in by_key.items():
            record: Record = {"id": unified_id(integration_id, model, remote_id)}
            # "`remote_id` - Phenom's own key as text (not on the two join models)."
            if model not in ("job_user_role_assignments", "job_hiring_team_members"):
                record["remote_id"] = remote_id
            # "`remote_deleted_at` - null while Phenom still returns the record"
            record["remote_deleted_at"] = None
            record.update(fields)
            result[model][record["id"]] = record
    return result


def unified_id(integration_id: str, model: str, key: str) -> str:
    """Return the unified id of the record of `model` with `key`."""
    # "`uuid5(uuid5(NAMESPACE_URL, "urn:phenom:" + integration_id), model + ":" + key)`,
    # lower-case text. `model` is the stream's name"
    tenant = uuid.uuid5(uuid.NAMESPACE_URL, "urn:phenom:" + integration_id)
    return str(uuid.uuid5(tenant, model + ":" + key)).lower()


# ---------------------------------------------------------------------------------------------
# Values


def text(value: Any) -> str | None:
    """Return what a unified text column holds for a remote value."""
    # "the field becomes null (or text where the unified type is text)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return json.dumps(value)
    # Choice: blank text is null, other text is passed as it is, surrounding spaces included.
    if isinstance(value, str) and value.strip() != "":
        return value
    return None


def remote_key(value: Any) -> str | None:
    """Return what a remote id, or a reference to one, is as the key of a record."""
    # "Keys and references are trimmed, so that `" R-1 "` and `R-1` are one job wherever it is
    # named."
    given = text(value)
    return None if given is None else given.strip()


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _given_object(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value
    # "may also come as JSON text, or as a list of `{key, value}` or `{name, value}`: they are read
    # as the object they mean"
    if isinstance(value, str):
        try:
            return _given_object(json.loads(value))
        except ValueError:
            return None
    # Choice: entries that are neither are left out; a list without any is no object.
    found = {}
    for entry in _list(value):
        if isinstance(entry, Mapping) and "value" in entry:
            name = text(entry["key"] if "key" in entry else entry.get("name"))
            if name is not None:
                found[name] = entry["value"]
    return found or None


# ---------------------------------------------------------------------------------------------
# Jobs


def _choose_jobs(
    open_jobs: Sequence[Listed], closed_jobs: Sequence[Listed], config: Mapping[str, Any]
) -> dict[str, tuple[str, str, Payload]]:
    """Return jobId -> (status, site type, payload), one variant per job."""
    chosen: dict[str, tuple[str, str, Payload]] = {}
    for job_id, (site_type, payload) in _best_variants(open_jobs, config).items():
        # "`status` OPEN from the listing, CLOSED from closedJobs"
        chosen[job_id] = ("OPEN", site_type, payload)
    # "`include_closed_jobs` ... also reads `closedJobs` (status CLOSED)"
    if config.get("include_closed_jobs", False):
        for job_id, (site_type, payload) in _best_variants(closed_jobs, config).items():
            # "A job that is both open and closed is open."
            if job_id not in chosen:
                chosen[job_id] = ("CLOSED", site_type, payload)
    return chosen


def _best_variants(
    listing: Sequence[Listed], config: Mapping[str, Any]
) -> dict[str, tuple[str, Payload]]:
    best: dict[str, tuple[Any, str, Payload]] = {}
    for requested, payload in listing:
        # "`site_types` ... job listings to read"
        if requested not in config.get("site_types", ["external"]):
            continue
        if not isinstance(payload, Mapping):
            continue
        # Choice: a job without an id is skipped whole, its hiring team included.
        job_id = remote_key(payload.get("jobId"))
        if job_id is None:
            continue
        # Choice: the payload's own site type counts; where it names none, the one asked for.
        site_type = text(payload.get("siteType")) or requested
        rank = _variant_rank(requested, site_type, payload, config)
        if job_id not in best or rank < best[job_id][0]:
            best[job_id] = (rank, site_type, payload)
    return {job_id: (site_type, payload) for job_id, (_, site_type, payload) in best.items()}


def _variant_rank(
    requested: str, site_type: str, payload: Payload, config: Mapping[str, Any]
) -> tuple[int, int, str, str]:
    # "`locale` first, then the order of `site_types`, then the smallest locale as text."
    wanted = config.get("locale")
    locale = text(payload.get("locale")) or ""  # Choice: no locale is the smallest text.
    is_other_locale = 1
    if wanted is not None and _plain_locale(locale) == _plain_locale(wanted):
        is_other_locale = 0
    site_types = [_plain(one) for one in config.get("site_types", ["external"])]
    # Choice: a job whose own site type was not asked for stands where it was listed.
    own = _plain(site_type)
    place = site_types.index(own if own in site_types else _plain(requested))
    # Choice: of variants that are equal in all this the one whose JSON text is smallest.
    content = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return (is_other_locale, place, locale, content)


def _plain(site_type: str) -> str:
    # Choice: site types are compared without regard to case and surrounding spaces.
    return site_type.strip().lower()


def _plain_locale(locale: str) -> str:
    # Choice: en_US, en-US and en_us are one locale.
    return locale.strip().lower().replace("-", "_")


def _jobs(chosen_jobs: Mapping[str, tuple[str, str, Payload]]) -> dict[str, Record]:
    result = {}
    for job_id, (status, site_type, payload) in chosen_jobs.items():
        additional = _object(_given_object(payload.get("additionalFields")))
        result[job_id] = {
            "name": text(payload.get("title")),  # "`name` = title"
            "description": text(payload.get("description")),
            "employment_type": employment_type(payload.get("employmentType")),
            "status": status,
            "visibility": visibility(site_type, payload.get("displayCareerSite")),
            "category": text(payload.get("category")),
            "department": department(additional),
            "post_url": text(payload.get("applyUrl")),  # "`post_url` = applyUrl"
            "location": location(
                street_1=payload.get("address"),
                street_2=None,
                city=payload.get("city"),
                state=payload.get("state"),
                zip_code=payload.get("postalCode"),
                country=payload.get("country"),
            ),
            # "`custom_fields` = additionalFields"
            "custom_fields": _given_object(payload.get("additionalFields")),
            "integration_fields": job_integration_fields(payload),
            "opened_at": opened_at(additional),
            **_NOT_ASKED_FOR["jobs"],
        }
    return result


# Choice: temporary, permanent and regular name no kind: each can be any of them.
EMPLOYMENT_WORDS = (
    ("INTERNSHIP", ("intern", "internship", "co op")),
    ("SEASONAL", ("seasonal",)),
    ("CONTRACT", ("contract", "contractor", "fixed term", "freelance", "freelancer")),
    ("PART_TIME", ("part time", "parttime", "pt")),
    ("FULL_TIME", ("full time", "fulltime", "ft", "vollzeit", "tempo pieno", "正社員")),
)


def employment_type(value: Any) -> str | None:
    """Return one of the five unified types, or what Phenom says."""
    # "a list of texts"; Choice: where no kind is named, they are joined.
    entries = value if isinstance(value, list) else [value]
    given = [one for one in map(text, entries) if one is not None]
    if not given:
        return None
    # "words decide, in any order and with anything around them"
    words = " | ".join(" ".join(re.findall(r"[^\W_]+", one.lower())) for one in given)
    # Choice: half of a name counts where it is all there is.
    words = {"full": "full time", "part": "part time"}.get(words, words)
    # "the first of INTERNSHIP, SEASONAL, CONTRACT, PART_TIME, FULL_TIME counts"
    for unified, names in EMPLOYMENT_WORDS:
        if any(f" {name} " in f" {words} " for name in names):
            return unified
    # "else Phenom's text"
    return ", ".join(given)


def visibility(site_type: str, display_career_site: Any) -> str:
    """Return PUBLIC, UNLISTED, INTERNAL or Phenom's own site type."""
    # Choice: the text "false" is false as well.
    hidden = display_career_site is False or (
        isinstance(display_career_site, str) and display_career_site.strip().lower() == "false"
    )
    # "`visibility` PUBLIC for site type external, INTERNAL for internal, UNLISTED for external
    # with `displayCareerSite` false, else Phenom's text"
    if _plain(site_type) == "external":
        return "UNLISTED" if hidden else "PUBLIC"
    if _plain(site_type) == "internal":
        return "INTERNAL"
    return site_type


# The sentence of the contract. The names of the keys are read from it.
ADDITIONAL_FIELDS = """\
`department` and `opened_at` look into `additionalFields` by key without regard to case and
punctuation: `department`, `departmentName`, `dept`; `openedAt`, `openDate`, `dateOpened`,
`postedDate`, `datePosted`, `postingDate`, `postedOn`, `createdDate`, `dateCreated`, the first that
holds a valid value."""
DEPARTMENT_KEYS, OPENED_AT_KEYS = (
    re.findall(r"`(\w+)`", names) for names in ADDITIONAL_FIELDS.partition(":")[2].split(";")
)


def _values_under(additional: Mapping[str, Any], names: Iterable[str]) -> list[Any]:
    # Choice: "the first" follows the order of the names in the contract. Two keys that are the same
    # name are in the order of their text, because members of a JSON object have no order. Spaces
    # are punctuation.
    found = []
    for name in names:
        for key, value in sorted(additional.items()):
            if "".join(c for c in key.lower() if c.isalnum()) == name.lower():
                found.append(value)
    return found


def department(additional: Mapping[str, Any]) -> str | None:
    """Return the department that `additionalFields` names."""
    for value in _values_under(additional, DEPARTMENT_KEYS):
        if text(value) is not None:
            return text(value)
    return None


def opened_at(additional: Mapping[str, Any]) -> str | None:
    """Return the opening time that `additionalFields` holds, like 2024-01-05T00:00:00.000Z."""
    for value in _values_under(additional, OPENED_AT_KEYS):
        if timestamp(value) is not None:
            return timestamp(value)
    return None


# ---------------------------------------------------------------------------------------------
# Dates

DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%d. %m. %Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%d. %B %Y",
    "%d-%b-%Y",
    "%d-%B-%Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%B %d %Y",
    "%a, %d %b %Y",
    "%A, %d %B %Y",
    "%A, %B %d, %Y",
    "%a, %b %d, %Y",
    "%a, %d.%m.%Y",
    "%a %b %d %Y",
)
DAY_LAST_FORMATS = ("%m.%d.%Y",)  # Choice: days come first between dots, unless that is no date.
TIME_FORMATS = (
    "",
    "%z",
    "T%H:%M",
    "T%H:%M:%S",
    "T%H:%M:%S.%f",
    "T%H:%M%z",
    "T%H:%M:%S%z",
    "T%H:%M:%S.%f%z",
    " %H:%M",
    " %H:%M:%S",
    " %H:%M:%S.%f",
    " %H:%M%z",
    " %H:%M:%S%z",
    " %H:%M:%S.%f%z",
    " %H:%M %z",
    " %H:%M:%S %z",
    " %H:%M:%S.%f %z",
    " %I:%M %p",
    " %I:%M:%S %p",
)
WHOLE_FORMATS = ("%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %z %Y")  # ctime, Java


def timestamp(value: Any) -> str | None:
    """Return a remote date or time in UTC, to the millisecond, or None where it is none."""
    # "(ISO and common written dates, epoch seconds or milliseconds; a date alone is midnight UTC)"
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _from_epoch(value)
    if not isinstance(value, str):
        return None
    written = " ".join(value.split())
    if re.fullmatch(r"\d{8}", written):  # ISO's basic form
        return _from_written(f"{written[:4]}-{written[4:6]}-{written[6:]}")
    if re.fullmatch(r"\d{1,16}(\.\d+)?", written):
        return _from_epoch(float(written))
    return _from_written(written)


def _from_epoch(number: float) -> str | None:
    # Choice: seconds between 1973 and 2191, or a thousand times as much; else it is no date.
    if 1e8 <= number <= 7e9:
        number = number * 1000
    elif not 1e11 <= number <= 7e12:
        return None
    seconds, milliseconds = divmod(int(round(number, 3)), 1000)
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z"


@cache
def _from_written(written: str) -> str | None:
    # "a zone that is written counts as it is meant (`UTC+02:00` and `GMT+0200` ...)"
    written = re.sub(r"\b(UTC|GMT)([+-]\d\d:?\d\d)", r"\2", written)
    written = re.sub(r"([+-]\d{4}) \([^()\d]+\)$", r"\1", written)  # (India Standard Time)
    written = re.sub(r"Z\[UTC\]$", "Z", written)
    written = re.sub(r"\b(UTC|GMT)\b", "+0000", written)
    written = re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", written)
    written = re.sub(r"(:\d\d\.\d{6})\d+", r"\1", written)  # strptime knows microseconds only
    written = re.sub(r"(:\d\d(?:\.\d+)?[+-]\d\d)$", r"\g<1>00", written)  # +01 is +0100
    formats = [date + time for time in TIME_FORMATS for date in DATE_FORMATS]
    last = [date + time for time in TIME_FORMATS for date in DAY_LAST_FORMATS]
    meant = _moments(written, [*formats, *WHOLE_FORMATS]) or _moments(written, last)
    # "What is ambiguous ... is null, never a guess."
    if len(meant) != 1:
        return None
    moment = meant.pop()
    # Choice: what is finer than a millisecond is cut off, not rounded.
    day = f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}"
    return f"{day}T{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _moments(written: str, formats: Iterable[str]) -> set[datetime]:
    found = set()
    for one in formats:
        try:
            moment = datetime.strptime(written, one)
            # Choice: a weekday that is not that day's makes it no date.
            if one.startswith(("%a", "%A")) and not written.startswith(moment.strftime("%a")):
                continue
            # Choice: a time without a zone is UTC.
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=timezone.utc)
            found.add(moment.astimezone(timezone.utc))
        except (ValueError, OverflowError):
            continue
    return found


# ---------------------------------------------------------------------------------------------
# Locations


def location(
    *, street_1: Any, street_2: Any, city: Any, state: Any, zip_code: Any, country: Any
) -> Record | None:
    """Return the unified location, None where every part is empty."""
    # "in the order street_1, street_2, city, state, zip_code, country"
    parts = [text(part) for part in (street_1, street_2, city, state, zip_code, country)]
    given = [part for part in parts if part is not None]
    # "null as a whole when empty"
    if not given:
        return None
    # "`{city, country, raw, state, street_1, street_2, zip_code}`, all nullable"
    return {
        "city": text(city),
        "country": country_code(country),
        # "`raw` is the non-empty parts as Phenom gave them ... joined with ", ""
        "raw": ", ".join(given),
        "state": text(state),
        "street_1": text(street_1),
        "street_2": text(street_2),
        "zip_code": text(zip_code),
    }


# Choice: these names are everyday names besides those of ISO 3166 and CLDR.
EVERYDAY_NAMES = {
    "GB": ["UK", "U.K.", "Great Britain", "Britain", "England", "Scotland", "Wales",
           "Northern Ireland", "Great Britain & Northern Ireland"],
    "CN": ["Mainland China"],
    "DE": ["DE - Germany", "Germany (DE)"],
    "CD": ["DR Congo"],
    "US": ["U.S.", "U.S.A.", "United States of America", "America"],
    "KR": ["South Korea", "Korea", "Republic of Korea",
           "Korea, Republic of (South Korea)"],
    "KP": ["North Korea"],
    "RU": ["Russia"],
    "NL": ["Holland", "The Netherlands"],
    "CZ": ["Czech Republic", "Czechia"],
    "TR": ["Turkey"],
    "VN": ["Vietnam", "Viet Nam"],
    "IR": ["Iran"],
    "SY": ["Syria"],
    "BO": ["Bolivia"],
    "VE": ["Venezuela"],
    "TZ": ["Tanzania"],
    "TW": ["Taiwan"],
    "MD": ["Moldova"],
    "LA": ["Laos"],
    "BN": ["Brunei"],
    "MK": ["Macedonia", "North Macedonia"],
    "CI": ["Ivory Coast"],
    "CV": ["Cape Verde"],
    "SZ": ["Swaziland"],
    "PS": ["Palestine"],
    "MM": ["Burma", "Myanmar"],
    "VA": ["Vatican", "Vatican City"],
    "AE": ["UAE", "Emirates"],
    "HK": ["Hong Kong"],
    "MO": ["Macau", "Macao"],
}  # fmt: skip


def country_code(value: Any) -> str | None:
    """Return ISO 3166-1 alpha-2 where the remote country can be resolved, else Phenom's text."""
    given = text(value)
    if given is None:
        return None
    # "`country` is ISO 3166-1 alpha-2 where it can be resolved, else Phenom's text"
    return _country_names().get(_folded(given), given)


def _folded(name: str) -> str:
    # Choice: case, accents, dots and surrounding spaces do not matter.
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    without_marks = "".join(c for c in decomposed if not unicodedata.combining(c) and c != ".")
    return " ".join(without_marks.split())


@lru_cache(maxsize=1)
def _country_names() -> dict[str, str]:
    names: dict[str, str] = {}
    # The last name written wins, so the most certain source comes last.
    english = babel.Locale("en")
    for country in pycountry.countries:
        for language in babel.languages.get_official_languages(country.alpha_2):
            try:
                native = babel.Locale.parse(language).territories.get(country.alpha_2)
            except (babel.UnknownLocaleError, ValueError):
                continue
            if native:
                names[_folded(native)] = country.alpha_2
    for country in pycountry.countries:
        if country.alpha_2 in english.territories:
            names[_folded(english.territories[country.alpha_2])] = country.alpha_2
        for attribute in ("name", "official_name", "common_name"):
            if getattr(country, attribute, None):
                names[_folded(getattr(country, attribute))] = country.alpha_2
    for code, everyday in EVERYDAY_NAMES.items():
        for name in everyday:
            names[_folded(name)] = code
    for country in pycountry.countries:
        names[country.numeric] = country.alpha_2
        names[_folded(country.alpha_3)] = country.alpha_2
        names[_folded(country.alpha_2)] = country.alpha_2
    return names


# ---------------------------------------------------------------------------------------------
# Hiring teams


def _hiring_team(payload: Payload) -> list[tuple[str, str, str | None]]:
    """Return (user key, role key, full name) for each mention, in the contract's order."""
    team: list[tuple[str, str, str | None]] = []
    # "the hiring manager first when `hiringManagerEmail` is non-empty (role HIRING_MANAGER)"
    email = text(payload.get("hiringManagerEmail"))
    if email is not None:
        name = text(payload.get("hiringManagerName"))
        team.append((_user_key(email), "HIRING_MANAGER", name))
    # "then every `multiRecruiter` entry with a non-empty `recruiterEmail`, in list order
    # (RECRUITER)"
    for entry in _list(payload.get("multiRecruiter")):
        email = text(_object(entry).get("recruiterEmail"))
        if email is not None:
            team.append((_user_key(email), "RECRUITER", text(entry.get("recruiterName"))))
    return team


def _user_key(email: str) -> str:
    # "the e-mail address, trimmed and lower-cased"
    return email.strip().lower()


def split_name(full_name: str | None) -> tuple[str | None, str | None]:
    """Return (first name, last name)."""
    if full_name is None:
        return (None, None)
    # ""Last, First" is understood"
    if "," in full_name:
        last, first = full_name.split(",", 1)
        first_words, last_words = " ".join(first.split()), " ".join(last.split())
        if first_words and last_words:
            return (first_words, last_words)
        # Choice: "Last," and ", First" have one part, so the comma says nothing.
        full_name = full_name.replace(",", " ")
    words = full_name.split()
    if not words:
        return (None, None)
    # "one word is a first name"
    if len(words) == 1:
        return (words[0], None)
    # "the last word is the last name"
    return (" ".join(words[:-1]), words[-1])


def _users(chosen_jobs: Mapping[str, tuple[str, str, Payload]]) -> dict[str, Record]:
    users: dict[str, Record] = {}
    # "the name comes from the job whose jobId is smallest among those that give one"
    for job_id in sorted(chosen_jobs):
        # Choice: where one job gives a person two names, the first in the team's order counts.
        for user_key, _, full_name in _hiring_team(chosen_jobs[job_id][2]):
            first_name, last_name = split_name(full_name)
            # "A user on several jobs is one record"
            if user_key not in users:
                # "`email` = the key where it is an e-mail address, else null"
                email = user_key if _is_email(user_key) else None
                users[user_key] = {"first_name": None, "last_name": None, "email": email}
            user = users[user_key]
            # Choice: a name of nothing but commas is none.
            if user["first_name"] is None and user["last_name"] is None:
                user["first_name"] = first_name
                user["last_name"] = last_name
    return users


def _roles() -> dict[str, Record]:
    # "`remote_label` "Hiring Manager", "Recruiter" · `scope` JOB · `unified_type` = the key"
    # Choice: both roles are always there, also where no job has a hiring team.
    return {
        "HIRING_MANAGER": {
            "remote_label": "Hiring Manager",
            "scope": "JOB",
            "unified_type": "HIRING_MANAGER",
        },
        "RECRUITER": {"remote_label": "Recruiter", "scope": "JOB", "unified_type": "RECRUITER"},
    }


def _members(
    chosen_jobs: Mapping[str, tuple[str, str, Payload]], integration_id: str
) -> dict[str, Record]:
    members: dict[str, Record] = {}
    for job_id, (_, _, payload) in chosen_jobs.items():
        for user_key, role_key, _ in _hiring_team(payload):
            key = job_id + ":" + user_key  # "`jobId + ":" + user key`"
            # "The same person twice is one member with both roles"
            if key not in members:
                members[key] = {
                    "job_id": unified_id(integration_id, "jobs", job_id),
                    "user_id": unified_id(integration_id, "users", user_key),
                    "roles": [],
                }
            # "`roles` array of unified types in order"
            if role_key not in members[key]["roles"]:
                members[key]["roles"].append(role_key)
    return members


def _assignments(
    chosen_jobs: Mapping[str, tuple[str, str, Payload]], integration_id: str
) -> dict[str, Record]:
    assignments: dict[str, Record] = {}
    for job_id, (_, _, payload) in chosen_jobs.items():
        for user_key, role_key, _ in _hiring_team(payload):
            member_key = job_id + ":" + user_key
            # "`jobId + ":" + user key + ":" + role key`"; "and never two equal assignments"
            assignments[member_key + ":" + role_key] = {
                # "`job_user_id` (id of the hiring team member) · `role_id`"
                "job_user_id": unified_id(integration_id, "job_hiring_team_members", member_key),
                "role_id": unified_id(integration_id, "roles", role_key),
            }
    return assignments


# ---------------------------------------------------------------------------------------------
# Applications and candidates


def _applications(applications: Sequence[Payload], integration_id: str) -> dict[str, Record]:
    result: dict[str, Record] = {}
    for payload in applications:
        application_id = remote_key(payload.get("id"))
        assert application_id is not None
        if application_id in result:  # Choice: of two applications with one id the first listed.
            continue
        # "`job_id` = id of jobs for `jobApplicationData.jobId`, even when that job is not listed
        # (internal, closed, deleted, the literal `JOBID`); null when blank"
        placed = _object(payload.get("jobApplicationData"))
        job_id = remote_key(placed.get("jobId"))
        # "without either the candidate is not emitted and `candidate_id` is null"
        candidate = candidate_key(payload)
        result[application_id] = {
            # "`source` = applicantSource"
            "source": text(placed.get("applicantSource")),
            # "`remote_job_id` = jobId as Phenom has it, trimmed, also the literal `JOBID`"
            "remote_job_id": job_id,
            "applied_at": applied_at(application_id),
            "job_id": None if job_id is None else unified_id(integration_id, "jobs", job_id),
            "candidate_id": (
                None if candidate is None else unified_id(integration_id, "candidates", candidate)
            ),
            # "`outcome` PENDING, HIRED, DECLINED, or null when unknown": the listing has none.
            "outcome": None,
            **_NOT_ASKED_FOR["applications"],
            # "`custom_fields` = customFieldData"
            "custom_fields": _given_object(payload.get("customFieldData")),
            "integration_fields": application_integration_fields(payload),
        }
    return result


def applied_at(application_id: str) -> str | None:
    """Return when an application was made."""
    # "`applied_at` = the time in the id where that is 24 hexadecimal digits and a time between
    # 2000 and a day from now, else null"
    if len(application_id) != 24 or not set(application_id) <= set("0123456789abcdefABCDEF"):
        return None
    second = int(application_id[:8], 16)
    if not datetime(2000, 1, 1, tzinfo=timezone.utc).timestamp() <= second <= time() + 86_400:
        return None
    return f"{datetime.fromtimestamp(second, timezone.utc):%Y-%m-%dT%H:%M:%S}.000Z"


def candidate_key(application: Payload) -> str | None:
    """Return the key of the candidate of an application."""
    data = _object(application.get("candidateData"))
    # "`candidateData.id`; without one `email:` + the lower-cased address"
    candidate_id = remote_key(data.get("id"))
    if candidate_id is not None:
        return candidate_id
    email = _valid_email(_object(data.get("contactData")).get("email"))
    return None if email is None else "email:" + email.lower()


def _valid_email(value: Any) -> str | None:
    given = text(value)
    # "trimmed, invalid ones dropped"
    return given.strip() if given is not None and _is_email(given.strip()) else None


def _is_email(given: str) -> bool:
    # Choice: the bare address, with no name or scheme beside it and no stray dots.
    local, _, domain = given.partition("@")
    return (
        bool(re.fullmatch(r"[^@\s\"(),:;<>\[\]\\]+@[^@\s\"(),:;<>\[\]\\]+", given))
        and all(local.split("."))
        and all(domain.split("."))
        and "." in domain
    )


def _candidates(applications: Sequence[Payload]) -> dict[str, Record]:
    by_candidate: dict[str, list[Payload]] = {}
    for payload in applications:
        whose = candidate_key(payload)
        if whose is not None:
            by_candidate.setdefault(whose, []).append(payload)
    result: dict[str, Record] = {}
    for whose, mine in by_candidate.items():
        # "Newest and oldest: application ids are 24 hexadecimal digits ...; compare them as text."
        newest = max(mine, key=lambda one: str(remote_key(one["id"])))
        oldest = min(mine, key=lambda one: str(remote_key(one["id"])))
        data = _object(newest.get("candidateData"))
        address = _object(data.get("addressData"))
        company, title = current_position(data.get("experienceData"))
        email = _valid_email(_object(data.get("contactData")).get("email"))
        result[whose] = {
            "first_name": text(data.get("firstName")),
            "last_name": text(data.get("lastName")),
            "company": company,
            "title": title,
            # "`source` = applicantSource of the candidate's oldest application"
            "source": text(_object(oldest.get("jobApplicationData")).get("applicantSource")),
            **_NOT_ASKED_FOR["candidates"],
            "phone_numbers": phone_numbers(data.get("contactData")),
            "email": email,  # "`email` = the first of them"
            # "`email_addresses` `[{email_address, type}]`, trimmed, invalid ones dropped, type
            # null"
            "email_addresses": [] if email is None else [{"email_address": email, "type": None}],
            "location": location(
                street_1=address.get("addressLine1"),
                street_2=address.get("addressLine2"),
                city=address.get("city"),
                state=address.get("region"),
                zip_code=None,
                country=address.get("country"),
            ),
            "custom_fields": _given_object(newest.get("customFieldData")),
            "integration_fields": candidate_integration_fields(newest),
        }
    return result


def current_position(experience: Any) -> tuple[str | None, str | None]:
    """Return (company, title) of the current position."""
    positions = [one for one in _list(experience) if isinstance(one, Mapping)]
    current = None
    # "(currentlyWorkHere, else the one without an end)"
    # Choice: the first of several.
    for one in positions:
        says = _object(one.get("fromTo")).get("currentlyWorkHere")
        # Choice: true, yes, y and 1 say so, in any case.
        if (text(says) or "").strip().lower() in ("true", "yes", "y", "1"):
            current = one
            break
    if current is None:
        for one in positions:
            # Choice: no `fromTo` at all is no end either; anything but blank text is an end.
            end = _object(one.get("fromTo")).get("endDate")
            if end is None or (isinstance(end, str) and end.strip() == ""):
                current = one
                break
    if current is None:
        return (None, None)
    return (text(current.get("companyName")), text(current.get("title")))


def phone_numbers(contact_data: Any) -> list[Record]:
    """Return the candidate's phone number as a list of at most one."""
    contact = _object(contact_data)
    given = text(contact.get("phoneNumber")) or ""
    # "the number without spaces and punctuation"
    number = ""
    for letter in given:
        if letter.isalnum() or (letter == "+" and number == ""):
            number += letter
    # Choice: letters stay; what has no digit ("n/a") is no number.
    if not any(letter.isdigit() for letter in number):
        return []
    # "preceded by `+` and the digits of countryPhoneCode where that is given and the number does
    # not begin with `+`"
    code = re.sub(r"[^0-9]", "", text(contact.get("countryPhoneCode")) or "")
    if code and not number.startswith("+"):
        number = "+" + code + number
    # "type = deviceType or null"
    return [{"phone_number": number, "type": text(contact.get("deviceType"))}]


# ---------------------------------------------------------------------------------------------
# Integration fields

# Fields that some unified field carries; every other one is an integration field.
CARRIED_OF_JOB = {
    "applyUrl",
    "category",
    "description",
    "jobId",
    "title",
    "employmentType",
    "city",
    "state",
    "country",
    "address",
    "postalCode",
    "hiringManagerEmail",
    "hiringManagerName",
    "displayCareerSite",
    "multiRecruiter",
    "additionalFields",  # "The tenant's own object is in `custom_fields` ... not repeated here."
}
CARRIED_OF_CONTACT = {"countryPhoneCode", "phoneNumber", "deviceType", "email"}
CARRIED_OF_ADDRESS = {"addressLine1", "addressLine2", "region", "city", "country"}


def job_integration_fields(payload: Payload) -> list[Record]:
    """Return the integration fields of a job."""
    found: list[Record] = []
    for key, value in payload.items():
        if key not in CARRIED_OF_JOB:
            found += _fields_at(key, key, value)
    return _sorted_by_id(found)


def application_integration_fields(payload: Payload) -> list[Record]:
    """Return the integration fields of an application."""
    found: list[Record] = []
    for key, value in payload.items():
        # Choice: where jobApplicationData is no object, its value is a field of its own, for no
        # unified field carries it; the same for contactData and addressData below.
        if key not in ("id", "candidateData", "customFieldData"):
            found += _fields_at(key, key, value)
    return _sorted_by_id(found)


def candidate_integration_fields(payload: Payload) -> list[Record]:
    """Return the integration fields of the candidate of an application."""
    found: list[Record] = []
    for key, value in _object(payload.get("candidateData")).items():
        if key == "contactData" and isinstance(value, Mapping):
            for inner, inner_value in value.items():
                if inner not in CARRIED_OF_CONTACT:
                    found += _fields_at(f"candidateData.contactData.{inner}", inner, inner_value)
        elif key == "addressData" and isinstance(value, Mapping):
            for inner, inner_value in value.items():
                if inner not in CARRIED_OF_ADDRESS:
                    found += _fields_at(f"candidateData.addressData.{inner}", inner, inner_value)
        elif key not in ("id", "firstName", "lastName"):
            found += _fields_at(f"candidateData.{key}", key, value)
    return _sorted_by_id(found)


def _fields_at(path: str, key: str, value: Any) -> list[Record]:
    # "lists are values, objects are descended into"
    if isinstance(value, Mapping):
        found: list[Record] = []
        for inner, inner_value in value.items():
            found += _fields_at(f"{path}.{inner}", inner, inner_value)
        return found
    # "one for every non-empty remote field"; Choice: empty is null, blank text, [] and {}.
    if value is None or value == [] or (isinstance(value, str) and value.strip() == ""):
        return []
    # "`[{id, key, type, value, label}]` ... `id` is the remote path, `key` its last part, `type`
    # DEFAULT, `label` null where Phenom gives none"
    return [{"id": path, "key": key, "type": "DEFAULT", "value": value, "label": None}]


def _sorted_by_id(fields: list[Record]) -> list[Record]:
    return sorted(fields, key=lambda field: str(field["id"]))  # "sorted by id"
