from __future__ import annotations

import pytest
from lxml import etree

from tests.domain.exports.programmes import BASE_URL, empty_programme, hard_programme, schema
from tests.domain.random_programme import random_programme
from wmd.domain.exports import schedule_xml
from wmd.domain.programme import Programme


def check(data: bytes) -> None:
    etree.XMLSchema(etree.parse(schema("schedule.xml.xsd"))).assertValid(etree.fromstring(data))


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    "programme", [hard_programme(), empty_programme(), random_programme(1000)], ids=["hard", "empty", "large"]
)
def test_schedule_xml_is_valid(programme: Programme, language: str) -> None:
    check(schedule_xml.build(programme, BASE_URL, language=language))


def test_the_schema_would_notice_repeats_that_share_a_code() -> None:
    data = schedule_xml.build(hard_programme(), BASE_URL)
    first, second = (etree.fromstring(data).xpath("//event/@code")[at] for at in (0, 1))
    with pytest.raises(etree.DocumentInvalid):
        check(data.replace(f'code="{second}"'.encode(), f'code="{first}"'.encode()))


def test_schedule_xml_holds_every_session_with_its_facts() -> None:
    root = etree.fromstring(schedule_xml.build(hard_programme(), BASE_URL))
    assert len(root.xpath("//event")) == len(hard_programme().sessions)
    (event,) = root.xpath("//event[contains(title, 'script')]")
    assert {child.tag: child.text for child in event if len(child) == 0} == {
        "room": 'Hall, north; "A", Barcelona',
        "title": "</script><!--  =1+1",
        "subtitle": "Night part",
        "type": "Webinar",
        "date": "2021-10-07T23:30:00+02:00",
        "start": "23:30",
        "duration": "01:30",
        "abstract": "Summary of </script><!--  =1+1",
        "slug": "wmd2021-s22232-side-event-5",
        "track": "Public space and housing",
        "language": "en",
        "description": "Description of </script><!--  =1+1.\n\nPanel 1: care\n- What are the key lessons?",
        "url": "https://wmd.example/2021/events/E22227-side-event-5",
    }
    assert event.xpath("persons/person/text()") == ["Zoë <Nöel> & Co"]
    assert event.xpath("links/link/@href") == ["https://wmd.example/go/S22232"]


def test_schedule_xml_of_the_same_programme_is_the_same_bytes() -> None:
    assert schedule_xml.build(hard_programme(), BASE_URL) == schedule_xml.build(hard_programme(), BASE_URL)
