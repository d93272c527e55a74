"""All that is wrong with a whole file, when it is laid beside what is known already."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from wmd.domain.content import EditionContent, ProgrammeFile
from wmd.domain.content_check import check_edition, check_event, check_organisation, check_series
from wmd.domain.documents.read_file import ReadFile, with_lines
from wmd.domain.documents.shape import child
from wmd.domain.documents.text_rules import PublicText, lint_text
from wmd.domain.findings import N_, Finding, Level


def check_file(
    read_file: ReadFile,
    *,
    edition: EditionContent | None,
    organisations: Collection[str],
    series: Collection[str],
) -> list[Finding]:
    """Return every finding about a file, those of reading it included, in the order of its lines.

    ``edition`` is the one that ``read_file.file.edition_slug`` names, ``None`` when there is none yet;
    ``organisations`` and ``series`` are the keys and slugs that are known already. The file may be applied when none
    of the findings is an error.
    """
    file = read_file.file
    target = file.edition or edition
    found = [*_alone(read_file, file), *_duplicates(read_file)]
    unread = any(finding.level is Level.ERROR for finding in read_file.findings)
    if target is None and not unread:
        text = N_("There is no edition “{slug}” yet; describe it in a JSON file first.")
        params = {"slug": file.edition_slug}
        found.append(Finding("edition.unknown", Level.ERROR, "edition.slug", text, params))
    if target is not None:
        known = {*organisations, *_given_keys(read_file)}
        slugs = {*series, *(item.slug for item in file.series)}
        found += _events(read_file, target, known, slugs)
    everything = [*read_file.findings, *with_lines(found, read_file.lines)]
    return sorted(everything, key=lambda finding: finding.line or 0)


def _given_keys(read_file: ReadFile) -> Iterable[str]:
    return (organisation.key for organisation in read_file.file.organisations)


def _events(
    read_file: ReadFile, edition: EditionContent, organisations: Collection[str], series: Collection[str]
) -> Iterator[Finding]:
    people = {person.key for person in read_file.file.people}
    for event in read_file.imported():
        for finding in check_event(
            event.content,
            edition=edition,
            organisations=organisations,
            series=series,
            people=people,
            join_link=event.join_link,
        ):
            yield finding.at(event.where)


def _alone(read_file: ReadFile, file: ProgrammeFile) -> Iterator[Finding]:
    """Check what needs nothing else: the edition, organisations, series and people of the file."""
    if file.edition is not None:
        yield from (finding.at("edition") for finding in check_edition(file.edition))
    for where, organisation in zip(read_file.organisation_paths, file.organisations, strict=True):
        yield from (finding.at(where) for finding in check_organisation(organisation))
    for index, series in enumerate(file.series):
        yield from (finding.at(child("series", index)) for finding in check_series(series))
    for index, person in enumerate(file.people):
        where = child("people", index)
        if not person.key.strip() or not person.name.strip():
            yield Finding("content.missing", Level.ERROR, where, N_("A person needs a key and a name."))
        yield from lint_text(PublicText(child(where, "name"), person.name))


def _duplicates(read_file: ReadFile) -> Iterator[Finding]:
    """Find what a file may hold only once."""
    file = read_file.file
    yield from _twice("key.duplicate", "key", zip(read_file.event_paths, (e.key for e in file.events), strict=True))
    yield from _twice("code.duplicate", "code", zip(read_file.event_paths, (e.code for e in file.events), strict=True))
    keys = zip(read_file.organisation_paths, _given_keys(read_file), strict=True)
    yield from _twice("key.duplicate", "key", keys)
    yield from _twice("key.duplicate", "slug", ((child("series", i), s.slug) for i, s in enumerate(file.series)))
    yield from _twice("key.duplicate", "key", ((child("people", i), p.key) for i, p in enumerate(file.people)))
    sessions = [
        (child(child(where, "sessions"), index), session)
        for where, event in zip(read_file.event_paths, file.events, strict=True)
        for index, session in enumerate(event.sessions)
    ]
    yield from _twice("id.duplicate", "id", ((where, session.id) for where, session in sessions))
    yield from _twice("session.uid-duplicate", "uid", ((where, session.uid) for where, session in sessions))
    leads = [where for where, event in zip(read_file.event_paths, file.events, strict=True) if event.is_lead]
    for where in leads[1:]:
        yield Finding("event.lead-twice", Level.ERROR, child(where, "is_lead"), N_("An edition has one lead event."))


def _twice(code: str, name: str, values: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for where, value in values:
        if value and value in first:
            text = N_("{first} has the same; each needs its own.")
            yield Finding(code, Level.ERROR, child(where, name), text, {"first": first[value]})
        first.setdefault(value, where)
