"""`docs/streams.md` agrees with the schemas and the mapping."""

from __future__ import annotations

import re

import jsonschema
import pytest

from docs.reference import page, picture, privacy
from docs.reference.relations import REFERENCES
from docs.reference.samples import samples
from source_phenom import manifest

STREAMS = manifest.stream_names()
HOW_TO_UPDATE = "run: python -m docs.reference"


def columns(stream: str) -> dict[str, object]:
    found: dict[str, object] = manifest.schema(stream)["properties"]
    return found


def test_page_is_up_to_date() -> None:
    assert page.PATH.read_text(encoding="utf-8") == page.page(), HOW_TO_UPDATE
    assert privacy.PATH.read_text(encoding="utf-8") == privacy.page(), HOW_TO_UPDATE


def test_privacy_page_shows_every_personal_column() -> None:
    text = privacy.table()
    for stream in STREAMS:
        _, _, rest = text.partition(f"[{stream}](streams.md#{stream})")
        shown = re.findall(r"^\| `(\w+)` \|", rest.partition("\n**[")[0], re.MULTILINE)
        described = manifest.schema(stream)["properties"]
        assert shown == [name for name in described if described[name]["x-personal-data"]]


def test_picture_shows_every_column_and_reference() -> None:
    diagram = picture.picture()
    for stream in STREAMS:
        entity = re.search(rf"^    {stream} {{\n(.*?)^    }}", diagram, re.MULTILINE | re.DOTALL)
        assert entity is not None
        shown = [line.split()[1] for line in entity[1].splitlines()]
        assert shown == list(columns(stream))
        marked = [line.split()[1] for line in entity[1].splitlines() if '"personal"' in line]
        described = manifest.schema(stream)["properties"]
        assert marked == [name for name in described if described[name]["x-personal-data"]]
    drawn = re.findall(r"^    (\w+) }o--o[|{] (\w+) : (\w+)$", diagram, re.MULTILINE)
    assert drawn == [(each.stream, each.target, each.column) for each in REFERENCES]


def test_every_id_column_is_a_reference() -> None:
    ids = {
        (stream, column)
        for stream in STREAMS
        for column in columns(stream)
        if column.endswith("_id") and not column.startswith("remote_")
    }
    assert ids <= {(each.stream, each.column) for each in REFERENCES}
    for each in REFERENCES:
        assert each.column in columns(each.stream)
        assert each.target in STREAMS


@pytest.mark.parametrize("stream", STREAMS)
def test_example_fits_its_schema(stream: str) -> None:
    record = samples()[stream]
    assert set(record) == set(columns(stream))
    jsonschema.validate(record, manifest.schema(stream))


def test_examples_refer_to_each_other() -> None:
    for each in REFERENCES:
        value = samples()[each.stream][each.column]
        found = value if isinstance(value, str) else value[0]["id"]
        assert found == samples()[each.target]["id"], each
