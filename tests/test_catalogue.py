"""The gettext catalogue: every sentence of the interface is in it, and it holds nothing else."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
KEYWORDS = {"_": None, "gettext": None, "N_": None, "lazy_gettext": None, "ngettext": (1, 2)}


def extracted() -> Catalog:
    """Return what the sources say, as `make words` extracts it."""
    mapping = (ROOT / "wmd" / "translations" / "babel.cfg").read_text(encoding="utf-8")
    methods, options = parse_mapping_cfg(io.StringIO(mapping))
    catalogue = Catalog()
    for _name, _line, message, _comments, context in extract_from_dir(ROOT, methods, options, keywords=KEYWORDS):
        catalogue.add(message, context=context)
    return catalogue


def ids(catalogue: Catalog) -> set[object]:
    return {message.id for message in catalogue if message.id}


def test_template_of_the_catalogue_is_fresh() -> None:
    with (ROOT / "wmd" / "translations" / "messages.pot").open("rb") as file:
        stored = read_po(file)

    wanted = ids(extracted())
    assert (ids(stored) - wanted, wanted - ids(stored)) == (set(), set())


def test_english_catalogue_has_every_sentence() -> None:
    with (ROOT / "wmd" / "translations" / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        english = read_po(file)

    assert ids(english) == ids(extracted())


def test_places_in_sentences_survive_formatting() -> None:
    broken = []
    for message in extracted():
        for text in message.id if isinstance(message.id, tuple) else (message.id,):
            if "%(" in text and "{" in text:
                broken.append(text)
    assert broken == []
