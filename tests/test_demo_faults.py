"""What is pending, refused or faulty: each file is found out for exactly what is wrong with it."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.demo_documents import FAULTS, WAITING, Json, checked, document, path_of, side, slot
from wmd.domain.findings import Level, errors

INDEX: list[Json] = json.loads((FAULTS / "index.json").read_text(encoding="utf-8"))


def test_fault_index_names_every_file() -> None:
    files = [path.name for folder in (WAITING, FAULTS) for path in folder.glob("*.json") if path.name != "index.json"]
    assert sorted(case["file"] for case in INDEX) == sorted(files)
    assert Counter(case["kind"] for case in INDEX) == {
        "pending": 4,
        "changes-requested": 2,
        "rejected": 2,
        "fault": 28,
        "update": 2,
    }


@pytest.mark.parametrize("case", INDEX, ids=lambda case: case["file"])
def test_fault_file_is_found_out(case: Json) -> None:
    findings = checked(path_of(case["file"]))
    assert sorted({finding.code for finding in errors(findings)}) == sorted(case["errors"])
    assert sorted({f.code for f in findings if f.level is Level.WARNING}) == sorted(case["warnings"])


def test_duplicate_is_the_event_it_repeats_in_another_title() -> None:
    (again,) = document(WAITING / "rejected-duplicate.json")["events"]
    first = side(25)
    assert slot(again) == slot(first)
    assert again["key"] != first["key"]
    assert again["texts"]["es"]["title"] != first["texts"]["es"]["title"]
    assert again["texts"]["es"]["description"] == first["texts"]["es"]["description"]


def test_changed_link_is_the_only_difference_of_the_update() -> None:
    before, after = (document(FAULTS / f"link-changed-{when}.json")["events"][0] for when in ("before", "after"))
    assert before["registration"].pop("url") != after["registration"].pop("url")
    assert before == after
