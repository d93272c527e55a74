"""From what was typed to content: an event, its organisation, people, links and declarations, with every finding.

What the form does not show stays as the revision that is edited (``base``) has it: external keys, states. Names
of people and raw join links travel beside the content, which holds only ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wmd.domain.content import EditionContent, EventContent, OrganisationContent
from wmd.domain.content_check import check_event, check_organisation
from wmd.domain.content_json import STORED, event_from_json, event_to_json, organisation_from_json
from wmd.domain.findings import N_, Finding, Level, errors
from wmd.domain.forms import rules
from wmd.domain.forms.fields import SECTIONS, FieldSettings, field_of
from wmd.domain.forms.named import code_of
from wmd.domain.forms.scalars import Cells
from wmd.domain.forms.session_cells import read_sessions
from wmd.domain.forms.sign_up_cells import read_sign_up
from wmd.domain.forms.typed import Typed, count_of, languages_of, original_of, too_many
from wmd.domain.questions import Asked, check_answers, kept_answer
from wmd.domain.un_regions import un_habitat_region
from wmd.domain.vocabulary import OrganiserRole

#: Stand for what gets its key or id only when it is handed in.
NEW_LEAD = "new:lead"
_ALL = frozenset(section.slug for section in SECTIONS)
_LINES = ("topics", "audience", "reminders", "interpreted", "captioned", "signed")
_TEXTS = ("activity", "format", "access", "platform", "cost", "access_note", "un_region")
#: What an organisation may be besides the one that hands in.
_PARTS = frozenset({OrganiserRole.CO.value, OrganiserRole.SUPPORTER.value})
_COUNTS = ("expected", "women", "men", "others", "not_stated")


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom we write to. Goes to the Person table and nowhere else."""

    name: str
    address: str
    role_title: str = ""
    phone: str = ""
    language: str = "en"
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Partner:
    """An organisation that takes part; ``key`` is a stand-in unless it is known, ``where`` its place in the form."""

    where: str
    key: str
    name: str
    address: str
    role: str


@dataclass(frozen=True, slots=True)
class Form:
    """What a form is read against.

    ``organisations`` are those the contact may hand in for, by key; ``declarations`` maps a kind to the version of its
    words; ``sections`` are the ones that were asked; ``base`` and ``people`` (names by id) what is edited; ``series``
    slugs; ``questions`` what the edition asks besides; ``declared`` the words of declarations that staff wrote, by
    kind. ``is_late``: the deadline has passed, so that a note is wanted.
    """

    edition: EditionContent
    settings: FieldSettings
    declarations: Mapping[str, str]
    series: frozenset[str] = frozenset()
    organisations: Mapping[str, OrganisationContent] = field(default_factory=dict)
    sections: frozenset[str] = _ALL
    base: EventContent | None = None
    people: Mapping[str, str] = field(default_factory=dict)
    questions: tuple[Asked, ...] = ()
    declared: Mapping[str, str] = field(default_factory=dict)
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class ReadForm:
    """All that was read. ``content`` is None only when something in it has no readable shape at all.

    ``people`` maps a stand-in (``new:…``) to the name a speaker was given; every finding is at a field's name.
    """

    content: EventContent | None
    organisation: OrganisationContent | None
    organisation_key: str
    contact: Contact
    second: Contact | None
    people: Mapping[str, str]
    partners: tuple[Partner, ...]
    join_link: str
    forgets_link: bool
    declarations: tuple[str, ...]
    wants_news: bool
    late_note: str
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> list[Finding]:
        """What must be mended before it can be handed in."""
        return errors(list(self.findings))


def read_form(typed: Typed, form: Form) -> ReadForm:
    """Read everything typed; raises nothing for any typed mapping."""
    cells = Cells(typed, form.settings)
    organisation, key = _organisation(cells, form)
    contact = _contact(cells, "contact")
    second = _contact(cells, "contact2")
    partners = _partners(cells, form)
    document, people = _document(cells, form, organisation, key, partners)
    join_link = cells.link("registration.join_link")
    cells.findings += too_many(typed)
    if "questions" in form.sections:
        cells.findings += check_answers(form.questions, _answers(cells, form))
    cells.findings += rules.check_typed(cells, form, has_second=bool(second.name or second.address))
    content, found = event_from_json(document)
    if content is not None:
        found = _check(content, form, organisation, partners, key, join_link)
    found = rules.without_what_comes_later([cells.placed(finding) for finding in found], typed)
    if organisation is not None:
        found += [finding.at("organisation") for finding in check_organisation(organisation)]
    given = tuple(kind for kind in form.declarations if cells.ticked(f"declarations.{kind}"))
    return ReadForm(
        content=content, organisation=organisation, organisation_key=key, contact=contact,
        second=second if second.address else None, people=people, partners=partners, join_link=join_link,
        forgets_link=cells.ticked("registration.forget_link"), declarations=given, wants_news=cells.ticked("news"),
        late_note=cells.text("late_note"), findings=_placed(cells.findings, found),
    )  # fmt: skip


def _check(
    content: EventContent,
    form: Form,
    organisation: OrganisationContent | None,
    partners: tuple[Partner, ...],
    key: str,
    join_link: str,
) -> list[Finding]:
    known = {*form.organisations, *(partner.key for partner in partners), NEW_LEAD if organisation else key}
    if form.base is not None:
        known |= {organiser.key for organiser in form.base.organisers}
    return check_event(
        content, edition=form.edition, organisations=known, series=form.series, people=None, join_link=join_link
    )


def _placed(own: list[Finding], found: list[Finding]) -> tuple[Finding, ...]:
    """Put every finding at its field; where the form itself said what is wrong, the content's word is left out."""
    said = {field_of(finding.where) for finding in own if finding.level is Level.ERROR}
    placed = [Finding(f.code, f.level, field_of(f.where), f.text, f.params) for f in own]
    for f in found:
        where = field_of(f.where)
        # A group that was left out whole has been said once, at its first field.
        if where in said and f.level is Level.ERROR:
            continue
        placed.append(Finding(f.code, f.level, where, f.text, f.params))
    return tuple(_once(placed))


def _once(findings: list[Finding]) -> list[Finding]:
    seen: set[tuple[str, str]] = set()
    kept = []
    for finding in findings:
        if (finding.code, finding.where) not in seen:
            seen.add((finding.code, finding.where))
            kept.append(finding)
    return kept


def _organisation(cells: Cells, form: Form) -> tuple[OrganisationContent | None, str]:
    """Return the organisation that is new here, or the key of the known one that was chosen."""
    if form.base is not None:
        return None, next(iter(organiser.key for organiser in form.base.organisers), "")
    key = cells.text("organisation.key")
    if key in form.organisations:
        return None, key
    if "organisation" not in form.sections:
        return None, key
    language = cells.original()
    names = {language: cells.text("organisation.name")}
    if english := cells.text("organisation.name_en"):
        names["en"] = english
    document = {
        "key": NEW_LEAD, "names": names, "language": language,
        **{name: cells.text(f"organisation.{name}") for name in ("acronym", "city", "is_member")},
        "country": cells.named("organisation.country"),
        "kind": cells.text("organisation.kind") or "other",
        "region": cells.text("organisation.region") or "global",
        "website": cells.link("organisation.website"),
        "public_email": cells.text("organisation.public_email"),
        "social": cells.words("organisation.social"),
    }  # fmt: skip
    content, findings = organisation_from_json(document, "organisation", STORED)
    cells.findings += findings
    return content, NEW_LEAD


def _contact(cells: Cells, path: str) -> Contact:
    return Contact(
        name=cells.text(f"{path}.name"),
        address=cells.text(f"{path}.address"),
        role_title=cells.text(f"{path}.role_title"),
        phone=cells.text(f"{path}.phone"),
        language=cells.text(f"{path}.language") or "en",
        zone=code_of("zones", cells.named(f"{path}.zone")) if path == "contact" else "",
    )


def _partners(cells: Cells, form: Form) -> tuple[Partner, ...]:
    known = {organiser.key: organiser.role.value for organiser in form.base.organisers} if form.base else {}
    found = []
    for index in range(1, min(count_of(cells.typed, "organisers"), 1_000)):
        path = f"organisers[{index}]"
        key = cells.text(f"{path}.key")
        name, address = cells.text(f"{path}.name"), cells.text(f"{path}.address")
        if not (name or address or key in known):
            continue
        found.append(
            Partner(path, key if key in known else f"new:{path}", name, address, _role(cells, path, known.get(key, "")))
        )
    return tuple(found)


def _role(cells: Cells, path: str, present: str) -> str:
    """Return a partner's part. Nobody becomes one that leads by being named; another part that it has already stays."""
    role = cells.text(f"{path}.role") or "co"
    if role in _PARTS or (role == present and role != OrganiserRole.LEAD.value):
        return role
    text = N_("Choose co-organiser or supporter.")
    cells.findings.append(Finding("form.role", Level.ERROR, f"{path}.role", text))
    return "co"


def _document(
    cells: Cells, form: Form, organisation: OrganisationContent | None, key: str, partners: tuple[Partner, ...]
) -> tuple[dict[str, object], dict[str, str]]:
    """Return the event's document, and the names of the people it stands for."""
    base = event_to_json(form.base) if form.base is not None else {}
    document: dict[str, object] = {"key": "", **base, "texts": _texts(cells)}
    for name in _TEXTS:
        cells.put(document, name, cells.text(name))
    cells.put(document, "language", cells.named("language"))
    for name in _LINES:
        cells.put(document, name, cells.lines(name))
    cells.put(document, "spoken", [*cells.lines("spoken"), *cells.languages("spoken_more")])
    cells.put(document, "sdgs", cells.numbers("sdgs"))
    cells.put(document, "series", cells.text("series") or None)
    cells.put(document, "hashtags", [word.lstrip("#") for word in cells.words("hashtags")])
    for name in ("stream_url", "recording_url", "web_url"):
        cells.put(document, name, cells.link(name))
    cells.put(document, "capacity", cells.number("capacity"))
    chosen = organisation or form.organisations.get(key)
    for name, theirs in (("host_city", "city"), ("host_country", "country"), ("region", "region")):
        typed = cells.named(name) if name == "host_country" else cells.text(name)
        said = typed or (getattr(chosen, theirs) if chosen else base.get(name, ""))
        cells.put(document, name, said)
    if not document.get("un_region"):
        document["un_region"] = un_habitat_region(str(document["host_country"]), str(document["region"]))
    _groups(cells, form, document)
    sessions, people = read_sessions(cells, form, str(document.get("host_country", "")))
    document["sessions"] = sessions
    lead = _leads(form) or [{"key": key or NEW_LEAD, "role": "lead"}]
    document["organisers"] = [*lead, *({"key": partner.key, "role": partner.role} for partner in partners)]
    return {name: value for name, value in document.items() if value is not None and value != ""} | {
        "key": document["key"],
        "language": document.get("language") or "en",
    }, people


def _leads(form: Form) -> list[dict[str, str]]:
    organisers = form.base.organisers if form.base else ()
    return [{"key": organiser.key, "role": "lead"} for organiser in organisers if organiser.role.value == "lead"]


def _texts(cells: Cells) -> dict[str, dict[str, str]]:
    original = original_of(cells.typed)
    return {
        tag: {
            "title": cells.text(f"texts.{tag}.title"),
            "summary": cells.text(f"texts.{tag}.summary"),
            "description": cells.text(f"texts.{tag}.description"),
            "origin": cells.text(f"texts.{tag}.origin") or ("original" if tag == original else "human"),
        }
        for tag in languages_of(cells.typed)[:100]
    }


def _groups(cells: Cells, form: Form, document: dict[str, object]) -> None:
    """Put the objects inside the document: registration, venue, access facts, review, picture, answers."""
    registration = dict(cells.group(document, "registration"))
    registration["url"] = cells.link("registration.url")
    state = cells.text("registration.state") or "missing"
    has_link = bool(registration["url"] or cells.text("registration.join_link") or registration.get("private_link_id"))
    registration["state"] = "open" if state == "missing" and has_link else state
    if cells.ticked("registration.forget_link") and not cells.text("registration.join_link"):
        registration.pop("private_link_id", None)
    read_sign_up(cells, form, registration)
    if state == "missing" and registration.get("with_us"):
        registration["state"] = "open"
    document["registration"] = {name: value for name, value in registration.items() if value not in ("", None)}
    venue = {name: cells.text(f"venue.{name}") for name in ("name", "address", "city")}
    venue["country"] = cells.named("venue.country")
    pin = {name: cells.decimal(f"venue.{name}") for name in ("latitude", "longitude")}
    filled = {name: value for name, value in {**venue, **pin}.items() if value not in ("", None)}
    document["venue"] = filled or None
    facts = {
        name.partition(".")[2]: value
        for name, value in cells.typed.items()
        if name.startswith("access_facts.") and value
    }
    cells.put(document, "access_facts", facts, pattern="access_facts.*")
    review: dict[str, object] = {name: cells.text(f"review.{name}") for name in ("theme_fit", "outcomes", "note")}
    review["urban_october"] = cells.text("review.urban_october")
    review |= {name: cells.number(f"review.{name}") for name in _COUNTS}
    document["review"] = {name: value for name, value in review.items() if value not in ("", None)} or None
    _picture(cells, document)
    if form.questions or any(name.startswith("answers.") for name in cells.typed):
        document["answers"] = _answers(cells, form)


def _picture(cells: Cells, document: dict[str, object]) -> None:
    if identity := cells.text("image.id"):
        alt = cells.text("image.alt")
        words = {cells.original(): alt} if alt else {}
        document["image"] = {"id": identity, "alt": words, "credit": cells.text("image.credit")}
    elif "image.id" in cells.typed:
        document["image"] = None


def _answers(cells: Cells, form: Form) -> dict[str, str]:
    """Return the answers as they are kept; one to a question that is asked no more stays as it was."""
    asked = {question.slug: question for question in form.questions}
    before = form.base.answers if form.base is not None else {}
    found = {slug: answer for slug, answer in before.items() if slug not in asked}
    for name, value in cells.typed.items():
        slug = name.partition(".")[2]
        if name.startswith("answers.") and value.strip():
            found[slug] = kept_answer(asked[slug], value) if slug in asked else value.strip()
    return found
