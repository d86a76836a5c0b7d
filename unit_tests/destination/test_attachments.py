"""Loading the content of attachments."""

from __future__ import annotations

import pytest

from destination_phenom.attachments import RETRY_PAUSE, AttachmentLoader
from destination_phenom.fetching import Fetched, Fetcher, NotFetched
from destination_phenom.records import Attachment

LATER = NotFetched("was answered with 503", retryable=True)
NEVER = NotFetched("was answered with 404")
FILE = Fetched(b"12345", "image/png")


class ScriptedFetcher(Fetcher):
    """Returns or raises the results one after the other; notes the limits."""

    def __init__(self, *results: Fetched | NotFetched) -> None:
        super().__init__()
        self.results = list(results)
        self.limits: list[int] = []

    def fetch(self, url: str, max_bytes: int) -> Fetched:
        self.limits.append(max_bytes)
        result = self.results.pop(0)
        if isinstance(result, NotFetched):
            raise result
        return result


def by_url(name: str = "cv") -> Attachment:
    return Attachment.model_validate(
        {"name": name, "type": "CV", "data_url": "https://files.example/"}
    )


@pytest.mark.parametrize(
    ("results", "pauses", "rule"),
    [
        ([FILE], [], None),
        ([LATER, FILE], [RETRY_PAUSE], None),
        ([LATER, LATER, FILE], [RETRY_PAUSE, 2 * RETRY_PAUSE], None),
        ([LATER, LATER, LATER], [RETRY_PAUSE, 2 * RETRY_PAUSE], LATER.rule),
        ([LATER, NEVER], [RETRY_PAUSE], NEVER.rule),
        ([NEVER], [], NEVER.rule),
    ],
)
def test_retries(
    results: list[Fetched | NotFetched], pauses: list[float], rule: str | None
) -> None:
    slept: list[float] = []
    fetcher = ScriptedFetcher(*results)
    files, problems = AttachmentLoader(100, fetcher, sleep=slept.append).load([by_url()], [0])
    assert slept == pauses
    assert fetcher.results == []
    assert [(each.field, each.rule) for each in problems] == (
        [("attachments[0].data_url", rule)] if rule else []
    )
    assert [file.content for file in files.values()] == ([] if rule else [FILE.content])


def test_the_limit_is_for_all_attachments_together() -> None:
    given = Attachment.model_validate({"name": "a.pdf", "type": "OTHER", "data": "eHh4"})
    fetcher = ScriptedFetcher(FILE, NEVER, FILE)
    attachments = [by_url("cv1"), given, by_url("cv2"), by_url("cv3")]
    files, problems = AttachmentLoader(100, fetcher).load(attachments, [0, 1, 2, 3])
    assert fetcher.limits == [97, 92, 92]
    assert list(files) == [0, 1, 3]
    assert [file.media_type for file in files.values()] == [
        "image/png",
        "application/pdf",
        "image/png",
    ]
    assert [each.field for each in problems] == ["attachments[2].data_url"]
