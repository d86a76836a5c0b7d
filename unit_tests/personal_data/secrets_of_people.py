"""A tenant whose every personal value has a mark of its own, and a search for these marks."""

from __future__ import annotations

import base64
import re
from itertools import count
from typing import Any

from unit_tests.reading.recruiting import Applied, Recruiting

FIRST = 0x65F0C1D2


class Marks:
    """Makes personal values and remembers the mark of each."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._numbers = count(100)

    def text(self, form: str = "{}") -> str:
        """A text with a new mark in it, in mixed case."""
        mark = f"zqmark{next(self._numbers)}x"
        self.all.append(mark)
        return form.format(mark.replace("zq", "Zq"))

    def address(self) -> str:
        """An address with a mark on either side: the domain can be a person's name too."""
        return self.text("{}.Person@") + self.text("{}.com")


def found_marks(*contents: bytes) -> set[str]:
    """The marks in the contents, in whatever case or encoding.

    In an encoding that hides the number, the encoded text stands for the mark.
    """
    found: set[str] = set()
    for content in contents:
        lowered = content.lower()
        found |= {mark.decode() for mark in _MARK.findall(lowered)}
        found |= {shape.decode("latin-1") for shape in _ENCODED if shape in lowered}
        found |= {shape.decode() for shape in _BASE64 if shape in content}
    return found


def _encoded(text: str) -> list[bytes]:
    """A text, encoded in the ways in which programs write text."""
    wide = [text.encode("utf-16-le"), text.encode("utf-16-be")]
    hexadecimal = [shape.hex().encode() for shape in (text.encode(), *wide)]
    escaped = "".join(f"\\u{ord(character):04x}" for character in text)
    percent = "".join(f"%{ord(character):02x}" for character in text)
    return [*wide, *hexadecimal, escaped.encode(), percent.encode()]


def _base64(text: str) -> list[bytes]:
    """What base64 of a longer text holds of a text, for each position that it may begin at."""
    shapes = []
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + text.encode())
        shapes.append(encoded[-(-before * 4 // 3) : (before + len(text)) * 4 // 3])
    return shapes


_MARK = re.compile(rb"zqmark\d+x")
_CASES = ("zqmark", "Zqmark", "ZQMARK")
_ENCODED = [shape.lower() for text in _CASES for shape in _encoded(text)]
_BASE64 = [shape for text in _CASES for shape in _base64(text)]


def person(marks: Marks, address: str | None, **more: Any) -> dict[str, Any]:
    """The ``candidateData`` of an application, every field of a profile filled."""
    return {
        "firstName": marks.text(" {} "),
        "middleName": marks.text(),
        "lastName": marks.text("Ö {}"),
        "contactData": {
            "email": address,
            "countryPhoneCode": "49",
            "phoneNumber": marks.text("(0341) {}"),
            "phoneExtension": marks.text(),
            "deviceType": "Mobile",
            "skype": marks.text(),
        },
        "addressData": {
            "addressLine1": marks.text("{} Street 7"),
            "addressLine2": marks.text("c/o {}"),
            "city": "Dresden",
            "region": "Sachsen",
            "country": "Germany",
        },
        "smsOptIn": False,
        "experienceData": [
            {
                "companyName": "Sample Analytics",
                "title": "Analyst",
                "description": marks.text(),
                "fromTo": {"currentlyWorkHere": "true"},
            }
        ],
        "educationData": [{"school": marks.text()}],
        "resumeText": marks.text(),
        **more,
    }


def applied(
    number: int,
    marks: Marks,
    data: dict[str, Any],
    *,
    manager: str = "",
    job: str = "JR-1",
) -> Applied:
    """An application, listed and in the Candidates API."""
    key = f"{FIRST + number:08x}{number:016x}"
    address = data["contactData"]["email"]
    second = FIRST + number
    return Applied(
        row={
            "id": key,
            "candidateData": data,
            "jobApplicationData": {"jobId": job, "applicantSource": f"Board {number}"},
            "customFieldData": {"motherName": marks.text(), marks.text(): 1},
            "notes": marks.text(),
        },
        user_id=data.get("id"),
        addresses=(address,) if address else (),
        job_id=job,
        own={
            "phApplicationId": key,
            "jobId": job,
            "hiringStatus": {"value": f"Stage {number}", "rejectionReason": "Position filled"},
            "createdDate": second * 1000,
            "updatedDate": (second + 1) * 1000,
        },
        history=(
            {
                "createdDate": (second + 3600) * 1000,
                "actionType": "HIRING_STATUS_UPDATED",
                "actionValue": job,
                "content": marks.text(),
                "previousValue": "New",
                "updatedValue": f"Stage {number}",
                "recruitersUserId": manager or "u-1",
                "recruiterName": marks.text(),
            },
        ),
        files=(
            {
                "attachmentId": f"att-{number}",
                "attachmentName": marks.text("cv-{}.pdf"),
                "attachmentType": "Resume",
                "uploadedBy": marks.text(),
            },
        ),
        status=f"Stage {number}",
    )


def tenant(marks: Marks) -> Recruiting:
    """Candidates with an id, with an address only, with an address as id, and with neither."""
    manager, recruiter, as_id, addressed = (marks.address() for _ in range(4))
    by_id, same = person(marks, marks.address(), id="c-1"), marks.address()
    people = [
        by_id,
        {**person(marks, marks.address(), id="c-1"), "lastName": marks.text()},
        person(marks, same),
        person(marks, same.upper()),
        person(marks, addressed, id=addressed),
        person(marks, None),
    ]
    job = {
        "jobId": "JR-1",
        "reqId": "R-1",
        "title": "Data Engineer",
        "description": f"<a href='mailto:{marks.address()}'>write</a> to {marks.address()}.",
        "companyName": "Example Works",
        "address": "Beispielstrasse 1",
        "city": "Leipzig",
        "country": "Germany",
        "hiringManagerName": marks.text("{} Summer"),
        "hiringManagerEmail": manager,
        "recruiterName": marks.text("Winter, {}"),
        "recruiterEmail": recruiter,
        "multiRecruiter": [
            {"recruiterName": marks.text(), "recruiterEmail": recruiter},
            {"recruiterName": marks.text(), "recruiterEmail": marks.text("no address but {}")},
        ],
        "contactPerson": {"name": marks.text(), "phone": 5},
        "additionalFields": {"Department": "Analytics", "owner": marks.address(), "cost": 4711},
    }
    other = {"jobId": "JR-2", "title": "Analyst", "hiringManagerEmail": manager.upper()}
    return Recruiting(
        applied=[
            applied(number, marks, data, manager=as_id if number == 2 else "")
            for number, data in enumerate(people)
        ],
        jobs=[job, other],
        employees=[
            {
                "id": "u-1",
                "userName": manager,
                "name": {"givenName": marks.text(), "familyName": marks.text()},
                "displayName": marks.text(),
                "title": "Head of Data",
                "emails": [{"value": manager, "primary": True}],
                "active": True,
                "roles": [{"value": "Hiring Manager", "type": "crm"}],
                "groups": [{"value": "g-1", "display": "Managers"}],
                "nickName": marks.text(),
            },
            {"id": as_id, "userName": marks.text(), "active": False},
        ],
        groups=[
            {"value": "g-1", "display": "Managers", "members": [{"display": marks.text()}]},
        ],
        profiles=[
            {
                "userId": data["id"],
                "candidateId": data["id"],
                "firstName": marks.text(),
                "emailList": [{"email": data["contactData"]["email"]}],
                "dateCreated": 1_700_000_000_000,
                "updatedDate": 1_700_000_000_000 + number,
            }
            for number, data in enumerate(people)
            if "id" in data
        ],
        tags={"talent pool": ["c-1", addressed]},
    )
