"""A browser without scripts, as a person uses one: it opens pages, fills the form that stands there, presses a button.

Only what a page really offers can be filled or pressed, hidden fields go along, and cookies stay. The mailbox is the
folder of the demonstration's outgoing mail.
"""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from lxml import html
from werkzeug.test import TestResponse

BASE_URL = "http://wmd.example"


class Browser:
    """One person's browser before the application."""

    def __init__(self, app: Flask) -> None:
        self._client = app.test_client()
        self.path = ""
        self.status = 0
        self.page: html.HtmlElement = html.document_fromstring("<html></html>")

    def open(self, path: str) -> html.HtmlElement:
        """Open an address of ours, following redirects; return the page."""
        return self._arrived(self._client.get(path, base_url=BASE_URL))

    def fill(self, *, at: str = "", **values: str) -> None:
        """Fill fields of the form that has all of them (``__`` stands for a dot, see :meth:`type`)."""
        self.type({name.replace("__", "."): value for name, value in values.items()}, at=at)

    def type(self, values: dict[str, str], *, at: str = "") -> None:
        """Fill fields by name. A box takes ``yes`` or a value to tick, of several one to a line; a list its value."""
        form = self._form(list(values), at)
        for name, value in values.items():
            _put(_fields(form, name), value)

    def press(self, words: str, *, at: str = "") -> html.HtmlElement:
        """Press the button with these words; return the page it leads to."""
        scope = self.page.xpath(at)[0] if at else self.page
        buttons = [
            button
            for button in scope.xpath(".//form//button | //button[@form]")
            if " ".join(button.text_content().split()) == words and not button.get("disabled")
        ]
        assert buttons, (self.path, words, [" ".join(b.text_content().split()) for b in scope.xpath("//button")])
        button = buttons[0]
        named = button.get("form")
        form = self.page.get_element_by_id(named) if named else next(button.iterancestors("form"))
        values = [pair for control in _controls(form) for pair in _values(control)]
        if button.get("name"):
            values.append((button.get("name"), button.get("value") or ""))
        action = button.get("formaction") or form.get("action") or self.path
        if (form.get("method") or "get").lower() == "get":
            return self._arrived(self._client.get(action, query_string=values, base_url=BASE_URL))
        data: dict[str, list[str]] = {}
        for name, value in values:
            data.setdefault(name, []).append(value)
        return self._arrived(self._client.post(action, data=data, base_url=BASE_URL))

    def follow(self, words: str) -> html.HtmlElement:
        """Follow the link with these words."""
        links = [link for link in self.page.xpath("//a[@href]") if " ".join(link.text_content().split()) == words]
        assert links, (self.path, words, [" ".join(a.text_content().split()) for a in self.page.xpath("//main//a")])
        return self.open(links[0].get("href"))

    def texts(self, path: str) -> list[str]:
        """Return the words of what an XPath finds, one string for each."""
        return [" ".join(each.text_content().split()) for each in self.page.xpath(path)]

    def values(self, path: str) -> list[str]:
        """Return the strings of what an XPath of attributes finds."""
        return [str(each) for each in self.page.xpath(path)]

    def says(self) -> str:
        """Return all words of the page's main part."""
        return " ".join(self.texts("//main"))

    def _form(self, names: list[str], at: str) -> html.FormElement:
        for form in self.page.xpath(at or "//form"):
            if all(_fields(form, name) for name in names):
                return form
        offered = [sorted({control.get("name") for control in _controls(form)}) for form in self.page.forms]
        raise AssertionError((self.path, names, offered))

    def _arrived(self, response: TestResponse) -> html.HtmlElement:
        """Follow redirects, at most ten, and remember where we are."""
        for _ in range(10):
            here = urlsplit(response.request.url)
            self.path = here.path + (f"?{here.query}" if here.query else "")
            if response.status_code not in {301, 302, 303, 308}:
                break
            response = self._client.get(response.headers["Location"], base_url=BASE_URL)
        self.status = response.status_code
        self.page = html.document_fromstring(response.get_data(as_text=True))
        return self.page


def _controls(form: html.FormElement) -> list[html.HtmlElement]:
    """Return the named controls of a form: those inside it, and those elsewhere that say they are its own."""
    path = "//*[self::input or self::select or self::textarea][@name]"
    inside = [control for control in form.xpath("." + path) if control.get("form") in {None, form.get("id")}]
    return inside + [
        control
        for control in form.getroottree().xpath(path + "[@form=$id]", id=form.get("id") or "-")
        if form not in control.iterancestors()
    ]


def _fields(form: html.FormElement, name: str) -> list[html.HtmlElement]:
    return [control for control in _controls(form) if control.get("name") == name]


def _values(control: html.HtmlElement) -> list[tuple[str, str]]:
    """Return what a control sends (HTML §4.10.21.4)."""
    name = control.get("name")
    if control.get("disabled") is not None:
        return []
    if control.tag == "select":
        chosen = [option for option in control.iter("option") if option.get("selected") is not None]
        if not chosen and control.get("multiple") is None:
            chosen = list(control.iter("option"))[:1]
        return [(name, option.get("value", option.text or "")) for option in chosen]
    kind = control.get("type", "")
    if kind in {"submit", "button", "reset", "image", "file"}:
        return []
    if kind in {"checkbox", "radio"}:
        return [(name, control.get("value", "on"))] if control.get("checked") is not None else []
    if control.tag == "textarea":
        # Browsers leave out a line end right after the tag (HTML §13.2.6.4.7).
        return [(name, (control.value or "").removeprefix("\n"))]
    return [(name, control.value or "")]


def _put(fields: list[html.HtmlElement], value: str) -> None:
    first = fields[0]
    kind = first.get("type", "")
    if kind == "checkbox":
        wanted = set(value.splitlines())
        for box in fields:
            box.checked = box.get("value") in wanted
        assert {box.get("value") for box in fields if box.checked} == wanted, (first.get("name"), wanted)
    elif kind == "radio":
        for box in fields:
            if box.get("value") == value:
                box.set("checked", "checked")
            elif "checked" in box.attrib:
                del box.attrib["checked"]
    elif first.tag == "textarea":
        first.value = f"\n{value}"
    else:
        first.value = value


class Mailbox:
    """The mails that went out, as files, the oldest first."""

    def __init__(self, var_dir: Path) -> None:
        self._folder = var_dir / "mail"

    def mails(self, to: str = "") -> list[EmailMessage]:
        """Return the mails to an address, or all."""
        read = [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted(self._folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        ]
        found = [mail for mail in read if isinstance(mail, EmailMessage)]
        return [mail for mail in found if to in str(mail["To"])]

    def subjects(self, to: str = "") -> list[str]:
        """Return the subjects of the mails to an address."""
        return [str(mail["Subject"]) for mail in self.mails(to)]

    def newest_link(self, to: str, part: str) -> str:
        """Return the path of the newest link to an address that holds ``part``."""
        for mail in reversed(self.mails(to)):
            body = mail.get_body(("plain",))
            assert body is not None
            for found in re.findall(r"https?://[^\s<>]+", body.get_content()):
                if part in found:
                    parts = urlsplit(found)
                    return parts.path + (f"?{parts.query}" if parts.query else "")
        raise AssertionError((to, part, self.subjects(to)))
