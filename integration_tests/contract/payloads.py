"""Unusual payloads: what a gateway may send besides what its description says.

`jobs()` and `applications()` are hypothesis strategies for single items, `tenant(...)` collects
many of them into the listings of one tenant, `FIXED` is a small hand-made tenant, and
`ROOM` holds rows for which the contract leaves a choice.
Addresses end in .example or .test: no payload is a person's.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

SITE_TYPES = ["external", "internal", "campus"]
LOCALES = ["en_US", "de_DE", "fr_CA", "ja_JP"]

MISSING = object()
"""Marks a key that is missing."""


@dataclass
class Tenant:
    """The listings of one tenant; jobs as (site type that lists them, item)."""

    open_jobs: list[tuple[str, Any]] = field(default_factory=list)
    closed_jobs: list[tuple[str, Any]] = field(default_factory=list)
    applications: list[Any] = field(default_factory=list)


def tenant(*, jobs_count: int, applications_count: int, seed_number: int) -> Tenant:
    """Return a tenant with about that many items; the same for the same seed.

    A listing shows no item twice: jobs differ in jobId, site type or locale, applications in id.
    """
    result = Tenant()
    seen: set[str] = set()
    for number, (is_open, site_type, job) in enumerate(drawn(jobs(), jobs_count, seed_number)):
        place = json.dumps([is_open, site_type, str(job.get("siteType")), str(job.get("locale"))])
        if _renamed_if_seen(job, "jobId", f"J{number}-again", place, seen):
            (result.open_jobs if is_open else result.closed_jobs).append((site_type, job))
    drawn_applications = drawn(applications(), applications_count, seed_number + 1)
    for number, application in enumerate(drawn_applications):
        new_id = f"{0x60000000 + (number * 7919) % 10_000_000:08x}{number:016x}"
        if _renamed_if_seen(application, "id", new_id, "applications", seen):
            result.applications.append(application)
    return result


def _renamed_if_seen(
    item: dict[str, Any], id_field: str, new_id: str, place: str, seen: set[str]
) -> bool:
    """Make ids unique in a listing; false for a second item with the same value that is no id."""
    mark = place + str(item.get(id_field)).strip()
    if mark in seen:
        if not isinstance(item.get(id_field), (str, int)) or not str(item[id_field]).strip():
            return False
        item[id_field] = new_id
    seen.add(mark)
    return True


def drawn(strategy: st.SearchStrategy[Any], count: int, seed_number: int) -> list[Any]:
    """Return `count` examples of a strategy, so that many of them fit into one read."""
    bag: list[Any] = []

    @seed(seed_number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(item: Any) -> None:
        bag.append(item)

    collect()
    return bag


# ---------------------------------------------------------------------------------------------
# Values

UNEXPECTED: list[Any] = [
    MISSING,
    None,
    "",
    "   ",
    "\t\n",
    "\u00a0\u3000",
    0,
    7,
    -3,
    2.5,
    12345678901,
    True,
    False,
    [],
    ["x", None],
    {},
    {"a": 1, "b": {"c": ["d"]}},
]
NO_ID: list[Any] = [MISSING, None, "", "  ", [], ["J1"], {}, {"id": "J1"}]


def _mostly(good: st.SearchStrategy[Any], bad: list[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 9).flatmap(lambda n: st.sampled_from(bad) if n == 9 else good)


def _often(good: st.SearchStrategy[Any], bad: list[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 9).flatmap(lambda n: st.sampled_from(bad) if n >= 7 else good)


def _either(*values: Any) -> st.SearchStrategy[Any]:
    return _mostly(st.sampled_from(values), UNEXPECTED)


def _object(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    def without_missing(drawn_fields: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in drawn_fields.items() if value is not MISSING}

    return st.fixed_dictionaries(fields).map(without_missing)


WORDS = [
    "Software Engineer",
    "  padded  ",
    "Ingénieur·e données",
    "データエンジニア",
    "مهندس برمجيات",
    "👩‍🚀 Astronaut",
    "<p>We <b>hire</b> &amp; train</p>\n<ul><li>now</li></ul>",
    'quotes " and \\ and \u2028 and \x7f',
    "null",
    "e\u0301 decomposed",
    "line\r\nbreak",
]
words = st.sampled_from(WORDS) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=12
)

EMPLOYMENT_TYPES = [
    "FULL_TIME",
    "Full Time",
    "full-time",
    "Fulltime",
    " FULL TIME ",
    "full__time",
    "FT",
    "Part Time",
    "part_time",
    "PART-TIME",
    "PartTime",
    "PT",
    "Contract",
    "CONTRACTOR",
    "contractor ",
    "Seasonal",
    "SEASONAL",
    "Internship",
    "intern",
    "Intern",
    "Apprenticeship",
    "Per Diem",
    "Volunteer",
    "Vollzeit?!",
    "Full Time, Part Time",
    "正社員",
    "Full Time - Exempt",
    "Intern (Fixed Term) (Trainee)",
    "International",
    ["Full time"],
    ["Per Diem", "Volunteer"],
    ["Seasonal", "Full Time"],
]

COUNTRIES = [
    "DE",
    "de",
    " fr ",
    "DEU",
    "usa",
    "USA",
    "U.S.A.",
    "UK",
    "United Kingdom",
    "United States",
    "united states of america",
    "Germany",
    "Deutschland",
    "España",
    "日本",
    "Россия",
    "Russia",
    "South Korea",
    "Korea, Republic of",
    "Czech Republic",
    "Czechia",
    "The Netherlands",
    "Netherlands",
    "Viet Nam",
    "Vietnam",
    "Türkiye",
    "Côte d'Ivoire",
    "Ivory Coast",
    "Brasil",
    "Schweiz",
    "Suisse",
    "भारत",
    "中国",
    "Ελλάδα",
    "Hong Kong",
    "Korea, Republic of (South Korea)",
    "Nirvana",
    "ZZ",
    "Remote",
    "EMEA",
    "ｘｘ",
]

DATES: list[Any] = [
    "2024-01-05",
    "2024-01-05T10:20",
    "2024-01-05T10:20:30",
    "2024-01-05T10:20:30Z",
    "2024-01-05T10:20:30.4Z",
    "2024-01-05T10:20:30.456Z",
    "2024-01-05T10:20:30.456789Z",
    "2024-01-05T10:20:30+01:00",
    "2024-01-05T00:20:30+0530",
    "2024-01-05T23:20:30.456-08:00",
    "2024-01-05 10:20:30",
    "2024-01-05 10:20",
    " 2024-01-05 ",
    "2024/01/05",
    "01/25/2024",
    "1/25/2024",
    "5/5/2024",
    "12/31/2023",
    "31/12/2023",
    "05.01.2024",
    "5.1.2024",
    "31.12.2023",
    "January 5, 2024",
    "Jan 5, 2024",
    "5 January 2024",
    "05 Jan 2024",
    "5-Jan-2024",
    "Fri, 05 Jan 2024 10:20:30 GMT",
    "Fri, 05 Jan 2024 10:20:30 +0200",
    "01/25/2024 10:20:30",
    "2024-01-05 10:20 UTC+02:00",
    "Fri Jan 05 2024 10:20:30 GMT-0530 (Some Time)",
    "2024-01-05T10:20:30Z[UTC]",
    "2024-01-05Z",
    "2024-01-05+01:00",
    "1704449999.0",
    "2024-02-29",
    1704449999,
    1704449999123,
    "1704449999",
    "1704449999123",
    "1999-12-31T23:59:59.999Z",
    "January 5th, 2024",
    "Friday, January 5, 2024",
    "Fri Jan 05 10:20:30 UTC 2024",
    "01/25/2024 10:20 PM",
    "05.01.2024 14:20",
    "25-12-2023",
    "01.13.2024",
    "20240105",
    20240105.0,
    "2024-01-05T10:20:30+01",
    "2024-01-05T10:20:30.1234567Z",
    "2024-01-05T10:20:30.9999Z",
]
NO_DATES: list[Any] = [
    MISSING,
    None,
    "",
    "  ",
    True,
    False,
    [],
    ["2024-01-05"],
    {"date": "2024-01-05"},
    "n/a",
    "TBD",
    "ASAP",
    "soon",
    "today",
    "tomorrow",
    "May",
    "Friday",
    "10:30",
    "2024-13-45",
    "2023-02-29",
    "2024-01",
    "Jan 2024",
    "2024",
    7,
    -1704449999,
    1e18,
    "31/31/2024",
    "first of never",
    "01/05/2024",
    "05-01-2024",
    "24-01-05",
    "5.1.24",
    "1/5/24",
    "2024-01-05, 2024-02-05",
    "2024-01-05/2024-02-05",
    "2024-01-05 10:20 IST",
    "Sat, 05 Jan 2024 10:20:30 GMT",
]
DATE_KEYS = [
    "openedAt",
    "OPENED_AT",
    "open date",
    "openDate",
    "Date Opened",
    "postedDate",
    "posted-date",
    "date_posted",
    "PostingDate",
    "posted.on",
    "Created Date",
    "dateCreated",
    "closedDate",
    "updatedDate",
]
DEPARTMENT_KEYS = [
    "department",
    "Department",
    "DEPARTMENT_NAME",
    "departmentName",
    "Dept",
    "dept.",
    "Department Name",
    "departmentCode",
    "sub department",
]

KEY_VALUE_SHAPES: list[Any] = [
    '{"dept": "R&D", "deep": {"a": [1]}}',
    ' [{"key": "Department", "value": "R&D"}] ',
    '"{}"',
    "{",
    "[]",
    "null",
    "3",
    [{"key": "dept", "value": "R&D"}, {"name": "openedAt", "value": "2024-01-05"}],
    [{"key": 5, "value": None}, {"key": " ", "value": 1}, {"key": "b"}, None, "c"],
    [{"name": "a", "value": 1, "type": "NUMBER"}, {"key": "k", "name": "a", "value": 2}],
]
NAMES = [
    "Anna Schmidt",
    "Anna Maria Schmidt",
    "Schmidt, Anna",
    "Schmidt,Anna Maria",
    "van der Berg, Jan",
    "  Anna   Schmidt ",
    "Cher",
    "山田 太郎",
    "محمد علي",
    "José  Núñez",
    "O'Neil\u00a0Pat",
]
USER_MAILS = [
    "anna@corp.example",
    "ANNA@corp.example",
    " Anna@Corp.Example ",
    "bob@corp.example",
    "Bob@Corp.example",
    "chloé@corp.example",
    "dan@corp.example",
    "eve@corp.example\n",
    "no mail at all",
    "JOHN",
]
unknown_fields = st.dictionaries(
    st.sampled_from(["zeta", "Alpha", "x-1", "jobID", "größe", "nested", "list"]),
    st.sampled_from(
        [
            "new",
            0,
            False,
            3.25,
            None,
            " ",
            [],
            {},
            [1, {"a": None}],
            {"b": {"c": 1, "d": None, "e": {}}, "a": ["x"], "f": " "},
            {"c": {"b": {"a": {"z": False}}}},
        ]
    ),
    max_size=3,
)

# ---------------------------------------------------------------------------------------------
# Jobs

_recruiters = st.lists(
    _mostly(
        _object({"recruiterName": _either(*NAMES), "recruiterEmail": _either(*USER_MAILS)}).flatmap(
            lambda entry: unknown_fields.map(lambda more: {**more, **entry})
        ),
        [None, "anna@corp.example", 5, [], {}, ["bob@corp.example"]],
    ),
    max_size=4,
)


def _additional_fields() -> st.SearchStrategy[dict[str, Any]]:
    dates = st.dictionaries(
        st.sampled_from(DATE_KEYS), _often(st.sampled_from(DATES), NO_DATES), max_size=3
    )
    departments = st.dictionaries(
        st.sampled_from(DEPARTMENT_KEYS),
        _often(st.sampled_from(["R&D", "Sales ", "営業", "Ops"]), [None, "", " ", [], {}, 42]),
        max_size=3,
    )
    return st.tuples(departments, dates, unknown_fields).map(
        lambda three: {
            key: value for fields in three for key, value in fields.items() if value is not MISSING
        }
    )


_job_fields: dict[str, st.SearchStrategy[Any]] = {
    "jobId": _mostly(
        st.integers(1, 80).map(lambda n: f"J{n}")
        | st.integers(1, 20)
        | st.sampled_from([" J5 ", "j5", "R-1/ä", "JOBID", "a:b"]),
        NO_ID,
    ),
    "reqId": _either("R1", "R2"),
    "title": _mostly(words, UNEXPECTED),
    "description": _mostly(words, UNEXPECTED),
    "employmentType": _either(*EMPLOYMENT_TYPES),
    "category": _mostly(words, UNEXPECTED),
    "companyName": _mostly(words, UNEXPECTED),
    "locale": _mostly(st.sampled_from(LOCALES), [MISSING, None, "", " ", "de-de", 7, {}]),
    "displayCareerSite": st.sampled_from(
        [True, True, True, False, "false", 0, "no", None, MISSING]
    ),
    "applyUrl": _either("https://jobs.corp.example/apply?id=1&x=ä", "/apply"),
    "city": _either("Berlin", "São Paulo", "東京"),
    "state": _either("BE", "SP"),
    "country": _either(*COUNTRIES),
    "address": _either("Main St 1", "1 Rue de la Paix, Bât. 2"),
    "postalCode": _either("10115", "01310-100", "  "),
    "hiringManagerEmail": _often(_either(*USER_MAILS), UNEXPECTED),
    "hiringManagerName": _either(*NAMES),
    "recruiterEmail": _either(*USER_MAILS),
    "recruiterName": _either(*NAMES),
    "source": _either("Workday"),
    "multiLocation": _either([{"city": "Berlin"}, {"city": None}], [None]),
    "multiCategory": _either([{"category": "IT"}], [{}]),
    "multiRecruiter": _often(_recruiters, [MISSING, None, [], {}, "anna@corp.example", 3]),
    "additionalFields": _often(
        _additional_fields(),
        [MISSING, None, [], {}, "", "text", 3, ["a"], *KEY_VALUE_SHAPES],
    ),
    "visibilityLocale": _either(["en_US"], ["de_DE", "en_US"]),
    "visibilitySiteType": _either(["external"]),
}


@st.composite
def jobs(draw: Callable[..., Any]) -> tuple[bool, str, dict[str, Any]]:
    """Draw (is open, site type that lists it, job)."""
    site_type = draw(st.sampled_from(SITE_TYPES))
    own_site_type = draw(
        _mostly(
            st.just(site_type),
            [MISSING, None, "", " ", "unknown", "External", " INTERNAL ", {"a": 1}, 5],
        )
    )
    if draw(st.integers(0, 30)) == 30:
        job: dict[str, Any] = {}
    else:
        job = draw(_object({**_job_fields, "siteType": st.just(own_site_type)}))
    more = draw(unknown_fields) if draw(st.booleans()) else {}
    return draw(st.integers(0, 3)) > 0, site_type, {**more, **job}


# ---------------------------------------------------------------------------------------------
# Applications

APPLICANT_MAILS = [
    "kim@home.test",
    "KIM@Home.Test",
    "  lee@home.test ",
    "münz@häuser.test",
    "a.b+c@mail.home.test",
    "not-a-mail",
    "two@at@signs.test",
    "no@dot",
    "spa ce@home.test",
    "@home.test",
]
PHONES: list[Any] = [
    "0170 1234567",
    "(0170) 123-45.67",
    "+49 170 1234567",
    " +1 (212) 555-0100",
    "2125550100",
    2125550100,
    "212/555/0100",
    "00 49 170 1",
    "0170 1234567 ext. 5",
    "n/a",
    "---",
    "+",
    "0170+1",
]
PHONE_CODES: list[Any] = ["+49", "49", "0049", "(1)", 1, "+1-868"]

_positions = st.lists(
    _mostly(
        _object(
            {
                "companyName": _mostly(words, UNEXPECTED),
                "title": _mostly(words, UNEXPECTED),
                "location": _either("Berlin"),
                "fromTo": _mostly(
                    _object(
                        {
                            "format": st.just("MM-yyyy"),
                            "startDate": st.just("01-2020"),
                            "endDate": st.sampled_from(
                                [
                                    "02-2021",
                                    "2022",
                                    "Present",
                                    2020,
                                    {"y": 1},
                                    "",
                                    " ",
                                    None,
                                    MISSING,
                                ]
                            ),
                            "currentlyWorkHere": st.sampled_from(
                                [
                                    "true",
                                    "True",
                                    True,
                                    " yes",
                                    "Y",
                                    "1",
                                    "false",
                                    False,
                                    "",
                                    None,
                                    MISSING,
                                ]
                            ),
                        }
                    ),
                    [{}],
                ),
            }
        ),
        [None, "worked hard", 3, [], {}],
    ),
    max_size=3,
)
_contact = _object(
    {
        "email": _often(_either(*APPLICANT_MAILS), UNEXPECTED),
        "phoneNumber": _mostly(st.sampled_from(PHONES), [MISSING, None, "", "  ", [], {}, ["1"]]),
        "countryPhoneCode": _often(
            st.sampled_from(PHONE_CODES), [MISSING, None, "", " ", [], {}, "DE", "+"]
        ),
        "deviceType": _either("Mobile", "Landline"),
        "phoneExtension": _either("12", 12),
    }
)
_address = _object(
    {
        "addressLine1": _either("Main St 1"),
        "addressLine2": _either("Flat 2"),
        "region": _either("BE"),
        "city": _either("Berlin", "東京"),
        "country": _either(*COUNTRIES),
    }
)
NO_OBJECT: list[Any] = [MISSING, None, {}, [], "text", 3, True, [{}]]


def _with_unknown(base: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(unknown_fields, base).map(lambda two: {**two[0], **two[1]})


_candidate_data = _with_unknown(
    _object(
        {
            "id": _often(
                st.integers(1, 60).map(lambda n: f"c{n}")
                | st.integers(1, 20).map(lambda n: f"\u00a0c{n}\t")
                | st.integers(1, 10),
                NO_ID,
            ),
            "firstName": _mostly(words, UNEXPECTED),
            "middleName": _either("Q."),
            "lastName": _mostly(words, UNEXPECTED),
            "smsOptIn": _either(True, False),
            "contactData": _mostly(_with_unknown(_contact), NO_OBJECT),
            "addressData": _mostly(_with_unknown(_address), NO_OBJECT),
            "experienceData": _mostly(_positions, [MISSING, None, {}, "text", 3]),
            "educationData": _either([{"schoolName": "MIT", "degree": None}], [None]),
        }
    )
)
_application_ids = st.tuples(
    st.integers(0x60000000, 0x66000000), st.integers(0, 2**64 - 1)
).map(lambda two: f"{two[0]:08x}{two[1]:016x}")  # fmt: skip


def applications() -> st.SearchStrategy[dict[str, Any]]:
    """Draw an application."""
    return _with_unknown(
        _object(
            {
                "id": _mostly(
                    _application_ids,
                    [*NO_ID, "short", 991, "ABCDEF0123456789", " 65a0000000000000000000aa\n"],
                ),
                "candidateData": _mostly(_candidate_data, NO_OBJECT),
                "jobApplicationData": _mostly(
                    _with_unknown(
                        _object(
                            {
                                "jobId": _mostly(
                                    st.integers(1, 120).map(lambda n: f"J{n}")
                                    | st.integers(1, 20)
                                    | st.sampled_from(["JOBID", " J5 ", "j5"]),
                                    NO_ID,
                                ),
                                "applicantSource": _either("LinkedIn", "Career Site", "Partner X"),
                            }
                        )
                    ),
                    NO_OBJECT,
                ),
                "customFieldData": _often(unknown_fields, [*NO_OBJECT, *KEY_VALUE_SHAPES]),
            }
        )
    )


# ---------------------------------------------------------------------------------------------
# Hand-made


def _application(number: int, **candidate_data: Any) -> dict[str, Any]:
    return {
        "id": f"65a00000{number:016x}",
        "candidateData": candidate_data,
        "jobApplicationData": {"jobId": "A1", "applicantSource": "LinkedIn"},
        "customFieldData": {},
    }


FIXED = Tenant(
    open_jobs=[
        ("external", {"jobId": "A1", "locale": "en_US", "siteType": "external", "title": "One"}),
        ("external", {"jobId": "A1", "locale": "de_DE", "siteType": "external", "title": "Eins"}),
        ("internal", {"jobId": "A1", "locale": "aa_AA", "siteType": "internal", "title": "In"}),
        ("internal", {"jobId": "A2", "locale": "en_US", "siteType": "internal", "title": "Two"}),
        (
            "external",
            {
                "jobId": 3,
                "displayCareerSite": False,
                "hiringManagerEmail": " Ann@Corp.Example",
                "hiringManagerName": "Lee, Ann",
                "multiRecruiter": [
                    {"recruiterEmail": "ANN@corp.example", "recruiterName": "Ann Other"},
                    {"recruiterEmail": "bo@corp.example", "recruiterName": " "},
                    {"recruiterEmail": "bo@corp.example", "recruiterName": "Bo"},
                    {"recruiterEmail": " ", "recruiterName": "Nobody"},
                    {"recruiterName": "Nobody"},
                ],
            },
        ),
        ("external", {}),
        ("external", {"jobId": " ", "title": "Blank", "hiringManagerEmail": "x@corp.example"}),
        ("external", {"jobId": "a", "hiringManagerEmail": "bo@corp.example"}),
        (
            "external",
            {
                "jobId": "b",
                "hiringManagerEmail": "BO@corp.example",
                "hiringManagerName": "Bo van Dyk",
            },
        ),
    ],
    closed_jobs=[
        ("external", {"jobId": "A1", "siteType": "external", "title": "Closed one"}),
        ("external", {"jobId": "C1", "siteType": "external", "title": "Closed"}),
        ("internal", {"jobId": "C1", "siteType": "internal", "title": "Closed inside"}),
    ],
    applications=[
        _application(2, id="k1", firstName="New"),
        _application(1, id="k1", firstName="Old"),
        _application(3, contactData={"email": " Mail@Home.Test "}),
        _application(4, contactData={"email": "mail@home.test"}),
        _application(5, contactData={"email": "nothing"}),
        {"id": "65a00000ffffffffffffffff"},
        {"id": "65a00000fffffffffffffffe", "jobApplicationData": {"jobId": "JOBID"}},
        {"id": None, "candidateData": {"id": "k9"}},
        {},
    ],
)


def _room_job(number: int, **fields: Any) -> tuple[str, dict[str, Any]]:
    return ("external", {"jobId": f"room-{number:03d}", "siteType": "external", **fields})


def _room_mail(number: int) -> str:
    return f"room-{number:03d}@corp.example"


def _numbered(rows: list[dict[str, Any]], base: int) -> list[tuple[str, dict[str, Any]]]:
    return [_room_job(base + number, **row) for number, row in enumerate(rows)]


ROOM = Tenant(
    open_jobs=[
        *_numbered(
            [
                {"employmentType": value}
                for value in [
                    "Full",
                    "Part",
                    "full–time",
                    "Regular Full-Time",
                    "Full-Time Regular",
                    "Full time employee",
                    "Permanent",
                    "Regular",
                    "Permanent Part Time",
                    "Temporary",
                    "Temp",
                    "Fixed Term",
                    "Fixed-term contract",
                    "Freelance",
                    "Contract to hire",
                    "Seasonal worker",
                    "Co-op",
                    "Trainee",
                    "Working student",
                    "Vollzeit",
                ]
            ],
            0,
        ),
        *_numbered(
            [
                {"additionalFields": {"openedAt": value, "dateCreated": "2020-02-02"}}
                for value in [
                    0,
                    7,
                    -1704449999,
                    1704449999.5,
                    20240105,
                    "20240105",
                    "2024",
                    "2024-01",
                    "Jan 2024",
                    "05-01-2024",
                    "25-12-2023",
                    "01.13.2024",
                    "5.1.24",
                    "1/5/24",
                    "01/05/2024 10:20 AM",
                    "05.01.2024 14:20",
                    "January 5th, 2024",
                    "Friday, January 5, 2024",
                    "Fri Jan 05 10:20:30 UTC 2024",
                    "2024-01-05T10:20:30.1234567Z",
                    "2024-01-05T10:20:30.9999Z",
                    "2024-01-05T10:20:30+01",
                    "2024-01-05Z",
                    "0001-01-01T00:00:00",
                    "9999-12-31",
                    "5. Januar 2024",
                    "5. 1. 2024",
                    "Fri, 05.01.2024",
                    "2024-01-05T10:20:30Z[UTC]",
                    1e18,
                ]
            ],
            100,
        ),
        *_numbered(
            [
                {"country": value}
                for value in [
                    276,
                    "276",
                    "Kosovo",
                    "XK",
                    "England",
                    "Korea",
                    "Congo",
                    "DR Congo",
                    "America",
                    "Cote d'Ivoire",
                    "Burma",
                    "UAE",
                    "Deutschland.",
                    "DE - Germany",
                    "Germany (DE)",
                    "Great Britain & Northern Ireland",
                    "EL",
                    "Yugoslavia",
                    "Mainland China",
                ]
            ],
            200,
        ),
        *_numbered(
            [
                {"hiringManagerEmail": _room_mail(number), "hiringManagerName": value}
                for number, value in enumerate(
                    [
                        "Schmidt,",
                        ", Anna",
                        ",",
                        "Schmidt, Anna, PhD",
                        "Anna Schmidt, PhD",
                        "Anna Schmidt (HR)",
                        12,
                        "山田、太郎",
                        "Schmidt， Anna",
                    ]
                )
            ],
            300,
        ),
        *_numbered(
            [
                {"siteType": "External"},
                {"siteType": " external "},
                {"siteType": "INTERNAL"},
                {"siteType": {"a": 1}},
                {"siteType": 5},
                {"displayCareerSite": "false"},
                {"displayCareerSite": "FALSE"},
                {"displayCareerSite": 0},
                {"displayCareerSite": "no"},
                {"additionalFields": {"dept": "Third", "department": "First"}},
                {"additionalFields": {"DEPARTMENT": "A", "department": "B"}},
                {"additionalFields": {"department": True}},
                {"additionalFields": {"department": {"name": "Inner"}, "dept": "Third"}},
                {"additionalFields": {"dateCreated": "2020-01-01", "openedAt": "2024-01-05"}},
                {"additionalFields": {"a": {"department": "Nested"}}},
                {"companyName": {"name": "Corp", "empty": {}}},
                {"source": {}},
                {"title": {"en": "lost?"}},
                {"additionalFields": ["lost?"]},
                {"title": 1e21},
                {"title": 1.0},
                {"title": "zero width \u200b"},
                {"title": "\u200b"},
                {"hiringManagerEmail": "İ@corp.example"},
                {"hiringManagerEmail": "STRASSE@corp.example"},
                {"hiringManagerEmail": 12345},
                {"hiringManagerEmail": "comma@corp.example", "hiringManagerName": " , "},
                {"hiringManagerEmail": "comma@corp.example", "hiringManagerName": "Lee, Kim"},
                {"hiringManagerEmail": True},
                {"multiRecruiter": {"recruiterEmail": "lonely@corp.example"}},
                {"a.b": 1, "a": {"c": 2}},
                {"": "empty key"},
                {"jobId": True},
                {"jobId": 5.0},
                {"jobId": "  "},
            ],
            400,
        ),
        ("external", {"jobId": "room-v1", "locale": "en-us", "siteType": "external"}),
        ("external", {"jobId": "room-v1", "locale": "de_DE", "siteType": "external"}),
        ("external", {"jobId": "room-v2", "locale": None, "siteType": "external", "title": "?"}),
        ("external", {"jobId": "room-v2", "locale": "de_DE", "siteType": "external"}),
        ("external", {"jobId": "room-v3", "locale": "de_DE", "siteType": "other", "title": "?"}),
        ("internal", {"jobId": "room-v3", "locale": "de_DE", "siteType": "internal"}),
        ("external", {"jobId": "room-v4", "locale": "de_DE", "title": "listed outside"}),
        ("internal", {"jobId": "room-v4", "locale": "de_DE", "title": "listed inside"}),
        ("external", {"jobId": "room-v5", "locale": "de_DE", "title": "first"}),
        ("external", {"jobId": "room-v5", "locale": "de_DE", "title": "second"}),
        ("external", {"jobId": " room-v6 ", "locale": "en_US", "siteType": "external"}),
        ("external", {"jobId": "room-v6\u00a0", "locale": "de_DE", "siteType": "external"}),
        ("internal", {"jobId": "room-v6", "locale": "aa_AA", "siteType": "internal"}),
        ("external", {"jobId": "\troom-v7", "hiringManagerEmail": "pad@corp.example"}),
        ("external", {"jobId": "\u200broom-v7", "title": "A zero-width space is no white space."}),
    ],
    closed_jobs=[
        ("external", {"jobId": "room-c1", "title": "no site type"}),
        ("external", {"jobId": "room-v6 ", "title": "Open as well"}),
        ("external", {"jobId": " room-c2 "}),
    ],
    applications=[
        *[
            _application(1000 + number, id=f"room-p{number}", contactData=contact)
            for number, contact in enumerate(
                [
                    {"phoneNumber": "0170 1234567 ext. 5"},
                    {"phoneNumber": "n/a"},
                    {"phoneNumber": "---"},
                    {"phoneNumber": "+"},
                    {"phoneNumber": "(+49) 170 1"},
                    {"phoneNumber": "00 49 170 1", "countryPhoneCode": "49"},
                    {"phoneNumber": "0170 1", "countryPhoneCode": "+49 (0)"},
                    {"phoneNumber": "0170+1"},
                    {"phoneNumber": True},
                    {"phoneNumber": "１２３"},
                    {"phoneNumber": "1$2|3~4^5`6=7<8>9"},
                    {"phoneNumber": "0170 1", "countryPhoneCode": "Germany (+49)"},
                    {"phoneNumber": 4917.5},
                    {"email": "Kim <kim@home.test>"},
                    {"email": "kim@home.test, lee@home.test"},
                    {"email": "mailto:kim@home.test"},
                ]
            )
        ],
        *[
            _application(
                2000 + number,
                id=f"room-x{number}",
                experienceData=[
                    {"companyName": "First", "title": "1", "fromTo": first},
                    {"companyName": "Second", "title": "2", "fromTo": second},
                ],
            )
            for number, (first, second) in enumerate(
                [
                    ({"endDate": "2020"}, {"currentlyWorkHere": "yes", "endDate": "2020"}),
                    ({"endDate": "2020"}, {"currentlyWorkHere": "Y", "endDate": "2020"}),
                    ({"endDate": "2020"}, {"currentlyWorkHere": "1", "endDate": "2020"}),
                    ({"endDate": "2020"}, {"currentlyWorkHere": 1, "endDate": "2020"}),
                    ({"endDate": "2020"}, {"currentlyWorkHere": "on", "endDate": "2020"}),
                    ({"endDate": "2020"}, {"endDate": "Present"}),
                    ({"currentlyWorkHere": "false"}, {"endDate": "2020"}),
                    ({"endDate": ""}, {"endDate": "", "startDate": "2024"}),
                    ({"endDate": "2020"}, None),
                    ({"endDate": "2020"}, "text"),
                    ({"endDate": {"y": 2020}}, {"endDate": "2020"}),
                    ({"endDate": 2020}, {"endDate": ""}),
                    ({"currentlyWorkHere": "true"}, {"currentlyWorkHere": "true"}),
                ]
            )
        ],
        _application(3000, id="room-e1", experienceData={"companyName": "Object"}),
        _application(3001, id="room-e2", experienceData="text"),
        _application(3002, id="room-e3", addressData={"postalCode": "10115", "zipCode": "10115"}),
        _application(3003, id="room-e4", contactData=["lost?"], addressData="lost?"),
        _application(3004, id=True),
        _application(3005, id="room-e6", experienceData=[{}, {"companyName": "Later"}]),
        {**_application(3006, id="room-e7"), "resumeData": {"fileName": "cv.pdf"}},
        {**_application(3007, id="room-e8"), "jobApplicationData": "lost?"},
        {**_application(3008, id="room-e9"), "jobApplicationData": {"jobId": True}},
        {**_application(3009, id="room-e10"), "jobApplicationData": {"jobId": "J1 "}},
        {**_application(3010, id="room-e11"), "id": "65A00000FFFFFFFFFFFFFFF0"},
        {**_application(3011, id="room-e11"), "id": "65a00000fffffffffffffff1"},
        {**_application(3012, id="room-e12"), "customFieldData": ["lost?"]},
        {**_application(3013, id="room-e13"), "id": True},
        {
            **_application(3014, id="room-e14"),
            "jobApplicationData": {"jobId": "A1", "applicantSource": {"name": "LinkedIn"}},
        },
        *[
            {**_application(4000, id=" room-p1\u3000", firstName=key), "id": key}
            for key in [
                " 65a00000fffffffffffffff2 ",
                "65A00000FFFFFFFFFFFFFFF3\u00a0",
                "386d4380fffffffffffffff4",
                "386d437ffffffffffffffff5",
                "00000000fffffffffffffff6",
                "fffffffffffffffffffffff7",
                "65a00000-ffffffffffffff8",
                "٦٥٦٥٦٥٦٥٦٥٦٥٦٥٦٥٦٥٦٥٦٥٦٥",
            ]
        ],
        {**_application(4001, id="room-p1"), "jobApplicationData": {"jobId": " JOBID\n"}},
        {**_application(4002, id="\troom-p1"), "jobApplicationData": {"jobId": "\u3000room-v6"}},
    ],
)
"""Rows for which the contract leaves a choice; `expected.py` marks them with "Choice:"."""
