"""The style sheet, the scripts, the fonts and the templates keep what docs/design.md and the statement promise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wmd.domain.vocabulary import TOOLKIT_TOPICS

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "wmd" / "static"
CSS = re.sub(r"/\*.*?\*/", "", (STATIC / "style.css").read_text(encoding="utf-8"), flags=re.DOTALL)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted(STATIC.glob("*.js"))

TEXT_PAIRS = [
    (text, ground)
    for text in ("ink", "soft", "action", "action-deep", "now", "good")
    for ground in ("paper", "sheet", "sunk", "glow")
]
TINTS = ("climate", "governance", "health", "gender", "housing", "mobility", "economy", "digital")


def tokens(theme: str) -> dict[str, str]:
    """Return the colours of a theme by name, as the style sheet declares them."""
    light, dark = CSS.split("@media (prefers-color-scheme: dark)", 1)
    dark = dark.split("@layer base", 1)[0]
    found = dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})\b", light))
    return found | dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})\b", dark)) if theme == "dark" else found


def luminance(colour: str) -> float:
    """Return relative luminance (WCAG 2.2, definition of that name)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2, 1.4.3)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_formula_gives_the_known_extremes() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#777777", "#777777") == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_colours_on_every_ground_reach_aa(theme: str) -> None:
    colours = tokens(theme)
    pairs = [*TEXT_PAIRS, ("on-action", "action"), ("on-action", "action-deep"), ("paper", "ink")]
    too_low = {
        (text, ground): round(contrast(colours[text], colours[ground]), 2)
        for text, ground in pairs
        if contrast(colours[text], colours[ground]) < 4.5
    }
    assert too_low == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edges_of_controls_and_topic_marks_stand_out(theme: str) -> None:
    colours = tokens(theme)
    too_low = {
        (mark, ground): round(contrast(colours[mark], colours[ground]), 2)
        for mark in ("edge", *TINTS)
        for ground in ("paper", "sheet", "sunk", "glow")
        if contrast(colours[mark], colours[ground]) < 3
    }
    assert too_low == {}


def test_theme_colours_in_the_head_are_those_of_the_paper() -> None:
    base = (ROOT / "templates" / "base.html").read_text(encoding="utf-8")
    named = re.findall(r'theme-color" content="(#[0-9a-f]{6})" media="\(prefers-color-scheme: (\w+)\)', base)
    assert named == [(tokens("light")["paper"], "light"), (tokens("dark")["paper"], "dark")]


def test_every_toolkit_topic_has_its_tint() -> None:
    named = dict(re.findall(r"\.topic--([a-z-]+) \{ --tint: var\(--([a-z]+)\); \}", CSS))
    assert sorted(named) == sorted(slug for slug, _ in TOOLKIT_TOPICS)
    assert sorted(named.values()) == sorted(TINTS)


def test_style_sheet_uses_logical_properties_only() -> None:
    physical = (
        r"(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right|top|bottom)(?:-[a-z]+)?"
        r"|border-(?:top|bottom)-(?:left|right)-radius|left|right|top|bottom"
    )
    found = re.findall(rf"(?<![\w-])(?:{physical})\s*:", CSS)
    found += re.findall(r"(?:text-align|float|clear)\s*:\s*(?:left|right)", CSS)
    # Four values in one declaration are top, right, bottom, left: they do not mirror unless both sides are alike.
    for name, values in re.findall(r"(?<![\w-])(margin|padding|inset|border-width):\s*([^;]+);", CSS):
        parts = re.sub(r"\([^()]*(?:\([^()]*\)[^()]*)*\)", "", values).split()
        found += [f"{name}: {values}"] if len(parts) == 4 and parts[1] != parts[3] else []
    assert found == []


def rules(media: str) -> str:
    """Return everything that stands inside the blocks of a media query."""
    return "".join(re.findall(rf"@media {re.escape(media)} \{{((?:[^{{}}]|\{{[^{{}}]*\}})*)\}}", CSS))


@pytest.mark.parametrize("media", ["(max-width: 39.99rem)", "print"])
def test_note_on_made_up_events_is_seen_on_phones_and_paper(media: str) -> None:
    assert re.findall(r"\.demo-banner \.short[^{]*\{ display: (\w+); \}", rules(media)) in (["inline"], ["block"])
    assert ".demo-banner .short, .on-paper { display: none; }" in CSS


@pytest.mark.parametrize("media", ["(max-width: 39.99rem)", "print"])
def test_list_of_the_band_is_open_on_phones_and_paper(media: str) -> None:
    opened = ".band + details::details-content { content-visibility: visible; block-size: auto; }"
    assert rules(media).count(opened) == 1


def test_calendar_menu_opens_in_place() -> None:
    # Laid over the page it ended below the fold, with its last entry cut off.
    assert re.findall(r"\.calendar > \.sheet \{ position: (\w+);", CSS) == ["static"]


def test_style_sheet_asks_nothing_of_anybody_else() -> None:
    addresses = re.findall(r"url\(([^)]*)\)", CSS)
    assert addresses == ['"fonts/display-latin.woff2"', '"fonts/display-latin-ext.woff2"']
    assert "@import" not in CSS


@pytest.mark.parametrize("name", ["prefers-color-scheme: dark", "prefers-reduced-motion", "forced-colors", "print"])
def test_style_sheet_answers_the_reader_s_wish(name: str) -> None:
    assert re.search(rf"@media [^{{]*{name}", CSS)


#: The scripts of public pages; forms and staff pages load others besides, each for itself.
PUBLIC_SCRIPTS = frozenset({"copy.js", "menus.js", "relative.js", "star.js", "zone.js"})


def test_weights_stay_within_what_a_page_may_cost() -> None:
    style = (STATIC / "style.css").stat().st_size
    scripts = sum(path.stat().st_size for path in SCRIPTS if path.name in PUBLIC_SCRIPTS)
    fonts = {path.name: path.stat().st_size for path in (STATIC / "fonts").glob("*.woff2")}
    assert style <= 32_000
    assert scripts <= 6_500
    assert max(path.stat().st_size for path in SCRIPTS) <= 6_000
    assert max(fonts.values()) <= 30_000
    # The rest of 100 kB is for the page itself.
    assert style + scripts + fonts["display-latin.woff2"] <= 68_000


def test_fonts_come_with_their_licence() -> None:
    assert "SIL Open Font License, Version 1.1" in (STATIC / "fonts" / "OFL.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_holds_no_inline_style_script_or_handler(path: Path) -> None:
    if path.is_relative_to(ROOT / "templates" / "mail"):
        pytest.skip("mail programs need inline styles")
    source = path.read_text(encoding="utf-8")
    found = re.findall(r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']|javascript:", source)
    for attributes in re.findall(r"<script\b([^>]*)>", source):
        if "src=" not in attributes and "application/ld+json" not in attributes:
            found.append(f"<script{attributes}>")
    assert found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_loads_nothing_from_elsewhere(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    loaded = re.findall(r"<(?:script|img|iframe|video|audio|source|embed|object)\b[^>]*(?:src|data)=\"https?:", source)
    loaded += re.findall(r"<link\b[^>]*rel=\"(?:stylesheet|preload|icon)\"[^>]*href=\"https?:", source)
    assert loaded == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_script_is_a_module_without_imports_or_markup(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert re.findall(r"innerHTML|eval\(|document\.write|\bimport\b|https?://", source) == []


def test_sentences_use_curly_apostrophes() -> None:
    found: list[str] = []
    for path in TEMPLATES:
        source = path.read_text(encoding="utf-8")
        sentences = re.findall(r"_\(\"([^\"]*)\"|{% trans[^%]*%}(.*?){% endtrans", source, re.DOTALL)
        found += [text for pair in sentences for text in pair if re.search(r"\w'\w|\w' ", text)]
    assert found == []
