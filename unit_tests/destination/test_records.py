"""The rules of a record, one by one."""

from __future__ import annotations

import base64
from typing import Any

import jsonschema
import pytest

from destination_phenom.actions import validated
from destination_phenom.columns import unflatten
from destination_phenom.config import DestinationConfig, destination_config
from destination_phenom.documentation import PAGE, page
from destination_phenom.operations import operations
from destination_phenom.records import OPERATIONS, Record
from destination_phenom.rejections import Rejected

CONFIG = destination_config(
    {
        "client_id": "c",
        "client_secret": "s",
        "token_url": "https://login.test",
        "max_attachment_bytes": 10,
    }
)
Row = dict[str, Any]


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def row(**fields: Any) -> Row:
    """A valid record, flat; dotted names as keywords with two underscores."""
    made: Row = {
        "candidate.first_name": "Ada",
        "candidate.last_name": "Lovelace",
        "candidate.email_address": "ada@example.com",
        "application.job_id": "JR-1",
    }
    made.update({name.replace("__", "."): value for name, value in fields.items()})
    return made


def record(
    made: Row, operation: str = "create_application", config: DestinationConfig = CONFIG
) -> Record:
    tree, _ = unflatten(made, OPERATIONS[operation])
    return validated(operation, tree, config)


def problems(made: Row, operation: str = "create_application") -> dict[str, str]:
    with pytest.raises(Rejected) as raised:
        record(made, operation)
    return {problem.field: problem.rule for problem in raised.value.problems}


def attachment(**members: Any) -> Row:
    made: Row = {"name": "cv.pdf", "type": "CV", "data": encoded(b"x")}
    made.update(members)
    return {name: value for name, value in made.items() if value is not ...}


@pytest.mark.parametrize(
    ("fields", "field", "rule"),
    [
        ({"candidate__first_name": None}, "candidate.first_name", "is required"),
        ({"candidate__last_name": "  "}, "candidate.last_name", "is required"),
        ({"candidate__email_address": ""}, "candidate.email_address", "is required"),
        ({"application__job_id": None}, "application.job_id", "is required"),
        ({"application__job_id": "remote: "}, "application.job_id", "must name a job"),
        ({"application__job_id": "JÖB"}, "application.job_id", "ASCII"),
        ({"candidate__first_name": "x" * 21}, "candidate.first_name", "has 21 characters"),
        ({"candidate__last_name": "é" * 25}, "candidate.last_name", "at most 20"),
        ({"candidate__first_name": "A\ndam"}, "candidate.first_name", "control characters"),
        ({"candidate__first_name": "A\ud800"}, "candidate.first_name", "control characters"),
        ({"candidate__first_name": "J\ufffdrgen"}, "candidate.first_name", "damaged text"),
        ({"candidate__first_name": "A\x00da"}, "candidate.first_name", "control characters"),
        (
            {"candidate__location": {"city": "\udcfc", "country": "DE"}},
            "candidate.location.city",
            "half a surrogate pair",
        ),
        ({"source__name": "\ud83d"}, "source.name", "half a surrogate pair"),
        ({"source__id": "\ufffd"}, "source.id", "U+FFFD"),
        ({"application__job_id": "R\ud83d"}, "application.job_id", "half a surrogate pair"),
        (
            {"candidate__email_address": "\ud83d@c.de"},
            "candidate.email_address",
            "half a surrogate pair",
        ),
        (
            {"attachments": [attachment(name="\ud83d.pdf")]},
            "attachments[0].name",
            "half a surrogate pair",
        ),
        ({"attachments": [attachment(data="eA==\ud83d")]}, "attachments[0].data", "base64"),
        ({"attachments": [attachment(data=["eA=="])]}, "attachments[0].data", "must be text"),
        ({"candidate__first_name": True}, "candidate.first_name", "must be text"),
        ({"candidate__first_name": ["Ada"]}, "candidate.first_name", "must be text"),
        ({"candidate__email_address": "ada"}, "candidate.email_address", "e-mail address"),
        ({"candidate__email_address": "a@b"}, "candidate.email_address", "e-mail address"),
        ({"candidate__email_address": "a b@c.de"}, "candidate.email_address", "e-mail address"),
        ({"candidate__email_address": "jörg@c.de"}, "candidate.email_address", "ASCII"),
        *(
            ({"candidate__email_address": address}, "candidate.email_address", "e-mail address")
            for address in (
                "mailto:ann@x.example",
                "ann@x.example.",
                "Ann <ann@x.example>",
                "<ann@x.example>",
                '"ann"@x.example',
                "'ann@x.example'",
                "ann..lee@x.example",
                ".ann@x.example",
                "ann.@x.example",
                "ann@x..example",
                "ann@.x.example",
                "ann@-x.example",
                "ann@x.example, bob@x.example",
                "ann@x.example;bob@x.example",
                "ann@x.example;",
                "ann@bob@x.example",
                "ann@localhost",
                "ann@127.0.0.1",
                "ann@[127.0.0.1]",
                "ann@\u200bx.example",
                f"{'a' * 65}@x.example",
                f"ann@{'x.' * 130}example",
                # Addresses on which a careless regular expression takes minutes.
                "a@" + "." * 40_000 + "@",
                "a." * 400_000 + "@",
                "a@" + "-" * 400_000,
            )
        ),
        ({"candidate__email_address": "ann@häuser.example"}, "candidate.email_address", "ASCII"),
        (
            {"candidate__email_address": "a@c.de\r\nX: y"},
            "candidate.email_address",
            "control characters",
        ),
        ({"candidate__phone_number": "1234"}, "candidate.phone_number", "5 to 15 digits"),
        ({"candidate__phone_number": "1" * 16}, "candidate.phone_number", "5 to 15 digits"),
        ({"candidate__phone_number": "030 CALL ME"}, "candidate.phone_number", "5 to 15 digits"),
        ({"candidate__phone_number": "49+30123456"}, "candidate.phone_number", "5 to 15 digits"),
        *(
            ({"candidate__phone_number": number}, "candidate.phone_number", "no extension")
            for number in (
                "+49 30 1234567 ext. 5",
                "+49 30 1234567 x5",
                "+49 30 1234567#5",
                "+49 30 1234567;ext=5",
                "+49 30 1234567, 5",
                "*31#+49301234567",
                "++49301234567",
                "tel:+49301234567",
                "1" * 500_000,
                "\u0301\u0323" * 200_000,
            )
        ),
        ({"candidate__phone_number": 4.9e10}, "candidate.phone_number", "must be text"),
        ({"candidate__location__city": "Ulm"}, "candidate.location.country", "is required"),
        ({"candidate__location__country": "Germany"}, "candidate.location.country", "alpha-2"),
        ({"candidate__location__country": "XX"}, "candidate.location.country", "alpha-2"),
        ({"candidate__location": "Berlin"}, "candidate.location", "not valid JSON"),
        ({"candidate__location": 3}, "candidate.location", "must be an object"),
        ({"attachments": "x"}, "attachments", "not valid JSON"),
        ({"attachments": 3}, "attachments", "list"),
        ({"attachments": ["{"]}, "attachments[0]", "not valid JSON"),
        ({"attachments": [3]}, "attachments[0]", "must be an object"),
        ({"attachments": [attachment(name=None)]}, "attachments[0].name", "is required"),
        ({"attachments": [attachment(type=...)]}, "attachments[0].type", "is required"),
        ({"attachments": [attachment(type="RESUME")]}, "attachments[0].type", "'CV'"),
        ({"attachments": [attachment(data=...)]}, "attachments[0]", "exactly one"),
        ({"attachments": [attachment(data="")]}, "attachments[0]", "exactly one"),
        (
            {"attachments": [attachment(data_url="https://example.com/cv")]},
            "attachments[0]",
            "exactly one",
        ),
        ({"attachments": [attachment(data="%%%")]}, "attachments[0].data", "must be base64"),
        ({"attachments": [attachment(data="eHh")]}, "attachments[0].data", "must be base64"),
        ({"attachments": [attachment(data="é")]}, "attachments[0].data", "must be base64"),
        (
            {"attachments": [attachment(data="data:text/plain;base64,eA==")]},
            "attachments[0].data",
            "must be base64",
        ),
        (
            {"attachments": [attachment(content_type="pdf")]},
            "attachments[0].content_type",
            "media type",
        ),
        *(
            ({"attachments": [attachment(**members)]}, f"attachments[0].{field}", rule)
            for members, field, rule in (
                ({"content_type": "a/" + " " * 400_000}, "content_type", "media type"),
                ({"content_type": "a" * 400_000}, "content_type", "media type"),
                ({"content_type": "a/b\nX: y"}, "content_type", "control characters"),
                ({"data": "=" * 400_000}, "data", "base64"),
                ({"data": "eA==" + "=" * 400_000}, "data", "base64"),
                ({"data": ..., "data_url": "https://" + "." * 400_000}, "data_url", "characters"),
                ({"data": ..., "data_url": "https://" + "@" * 16_000}, "data_url", "URL"),
                ({"data": ..., "data_url": "https://a b.example/cv"}, "data_url", "host name"),
                ({"data": ..., "data_url": "https://[x/cv"}, "data_url", "URL"),
            )
        ),
        (
            {"attachments": [attachment(data=..., data_url="http://example.com/cv")]},
            "attachments[0].data_url",
            "https",
        ),
        (
            {"attachments": [attachment(data=..., data_url="https://me:pw@example.com/cv")]},
            "attachments[0].data_url",
            "password",
        ),
        (
            {"attachments": [attachment(data=..., data_url="file:///etc/passwd")]},
            "attachments[0].data_url",
            "https",
        ),
        (
            {"attachments": [attachment(data=encoded(b"x" * 11))]},
            "attachments",
            "max_attachment_bytes is 10",
        ),
        ({"attachments": [attachment(data=encoded(b"x" * 6))] * 2}, "attachments", "have 12 bytes"),
    ],
)
def test_rules(fields: Row, field: str, rule: str) -> None:
    found = problems(row(**fields))
    assert list(found) == [field]
    assert rule in found[field]


def test_every_broken_rule_is_named() -> None:
    assert list(problems({"attachments": [{"type": "CV"}]})) == [
        "candidate.first_name",
        "candidate.last_name",
        "candidate.email_address",
        "application.job_id",
        "attachments[0].name",
    ]


def test_rules_do_not_contain_values() -> None:
    made = row(
        candidate__first_name="Secret-" * 4,
        candidate__email_address="secret",
        candidate__phone_number="secret",
        candidate__location__country="secret",
        attachments=[{"name": "a", "type": "secret", "data": "secret!", "content_type": "secret"}],
    )
    assert "secret" not in str(problems(made)).lower()


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("+49 (30) 123-456", "+4930123456"),
        ("0049/30.123456", "004930123456"),
        ("\u202a030 123456\u202c", "030123456"),
        ("+４９ 30 123456", "+4930123456"),
        (4930123456, "4930123456"),
        ("12345", "12345"),
        ("+49 (0)30 1234567", "+49301234567"),
        ("+49(0)301234567", "+49301234567"),
        ("+44 (0) 20 7946 0958", "+442079460958"),
        ("+353 (0)1 234 5678", "+35312345678"),
        ("+36 (06) 1 234 5678", "+3612345678"),
        ("+36 06 20 123 4567", "+36201234567"),
        ("0036 (06)62 123 456", "003662123456"),
        ("+36 (0)62 123 456", "+3662123456"),
        ("+36 (0)20 123 4567", "+36201234567"),
        ("+52 (01) 55 1234 5678", "+525512345678"),
        ("(+49) (0)30 1234567", "+49301234567"),
        ("+(49) [0] 30-1234567", "+49301234567"),
        ("＋４９（０）３０ 1234567", "+49301234567"),
        ("+٤٩ (٠)٣٠ ١٢٣٤٥٦٧", "+49301234567"),
        ("+49 030 1234567", "+49301234567"),
        ("+49-0-30/123.45–67", "+49301234567"),
        ("0049 (0)30 1234567", "0049301234567"),
        ("(0049) (0) 30 1234567", "0049301234567"),
        ("49 (0)30 1234567", "49301234567"),
        ("(49) (0)30 1234567", "49301234567"),
        ("(0)30 1234567", "0301234567"),
        ("(030) 1234567", "0301234567"),
        ("+39 (0)6 1234567", "+39061234567"),
        ("0039 06 1234567", "0039061234567"),
        ("39 (0)6 1234567", "39061234567"),
        ("+378 (0)549 123456", "+3780549123456"),
        ("+225 07 07 12 34 56", "+2250707123456"),
        ("+1 (202) 555-0123", "+12025550123"),
        ("1" * 15, "1" * 15),
        ("+" + "1" * 15, "+" + "1" * 15),
    ],
)
def test_phone_numbers(given: Any, sent: str) -> None:
    assert record(row(candidate__phone_number=given)).candidate.phone_number == sent


@pytest.mark.parametrize(
    "address", ["o'brien+x@mail.example.co.uk", "1/b=c_d@x-y.example", "a@xn--huser-gra.example"]
)
def test_mail_addresses(address: str) -> None:
    made = record(row(candidate__email_address=f" {address} "))
    assert made.candidate.email_address == address


@pytest.mark.parametrize("character", ["x", "é", "ß", "字", "ㅎ", "😀", "'", "-"])
@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_the_length_of_names(field: str, character: str) -> None:
    """Characters are code points, regardless of their size in bytes."""
    made = row(**{f"candidate__{field}": character * 20})
    assert getattr(record(made).candidate, field) == character * 20
    made = row(**{f"candidate__{field}": character * 21})
    assert problems(made) == {
        f"candidate.{field}": "has 21 characters; Phenom takes at most 20",
    }


def test_values_are_normalized() -> None:
    made = record(
        row(
            candidate__first_name="  Ada  ",
            candidate__last_name="x" * 20 + " ",
            candidate__location__country=" de ",
            application__job_id=1001,
            attachments=[attachment(type="cover letter", data="eH\n h4\r\n")],
            source__id=7,
        )
    )
    assert made.candidate.first_name == "Ada"
    assert made.candidate.location is not None
    assert made.candidate.location.country == "DE"
    assert made.application is not None
    assert made.application.job_id == "1001"
    assert (made.attachments[0].type, made.attachments[0].data) == ("COVER_LETTER", b"xxx")
    assert made.source is not None
    assert made.source.label == "7"


def test_blank_means_not_given() -> None:
    made = record(
        row(
            candidate__phone_number="",
            candidate__location={"city": None, "country": " "},
            attachments=[],
            source={"name": ""},
        )
    )
    assert made.candidate.phone_number is None
    assert made.candidate.location is None
    assert made.attachments == ()
    assert made.source is None


def test_a_candidate_needs_no_job_but_then_an_acting_user() -> None:
    made = row(application__job_id=None)
    assert "ph_user_id" in problems(made, "create_candidate")["application.job_id"]
    acting = CONFIG.model_copy(update={"ph_user_id": "u"})
    assert record(made, "create_candidate", acting).application is None
    with pytest.raises(Rejected, match="calling code"):
        record({**made, "candidate.phone_number": "030 123456"}, "create_candidate", acting)


@pytest.mark.parametrize("operation", operations(), ids=lambda each: str(each["object_name"]))
def test_the_schema_agrees_with_the_validation(operation: Row) -> None:
    schema = operation["json_schema"]
    jsonschema.Draft7Validator.check_schema(schema)
    assert "$ref" not in str(schema)
    validator = jsonschema.Draft7Validator(schema)
    whole: Row = {
        "candidate": {
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email_address": "ada@example.com",
            "phone_number": None,
            "location": {"city": "Berlin", "country": "DE"},
        },
        "application": {"job_id": "JR-1"},
        "attachments": [attachment(), {"name": "a", "type": "OTHER", "data_url": "https://a/b"}],
        "source": None,
    }
    validator.validate(whole)
    assert record(whole, str(operation["object_name"])) is not None
    for member in ("first_name", "last_name", "email_address"):
        person = {name: value for name, value in whole["candidate"].items() if name != member}
        assert not validator.is_valid({**whole, "candidate": person})
    without_job = {name: value for name, value in whole.items() if name != "application"}
    assert validator.is_valid(without_job) == (operation["object_name"] == "create_candidate")


def test_the_page_about_records_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run: python -m destination_phenom.documentation"
    )
