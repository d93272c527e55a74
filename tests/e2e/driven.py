"""A real browser with the hands of :class:`tests.browser.Browser`: by mouse, or by keyboard alone."""

from __future__ import annotations

from urllib.parse import urlsplit

from lxml import html
from playwright.sync_api import Locator, Page

#: 0 when the element has the focus; else how many stops of Tab lie on the way to it, negative when it stands before. A
#: guess: a group of radio buttons is one stop, and a date has three.
_WHERE = """e => {
    const focus = document.activeElement;
    if (e === focus) return 0;
    const stops = [...document.querySelectorAll('a[href], button, input, select, summary, textarea, [tabindex]')]
        .filter((each) => each.tabIndex >= 0 && !each.disabled && each.type !== 'hidden' && each.checkVisibility());
    const [from, to] = [stops.indexOf(focus), stops.indexOf(e)];
    const steps = from < 0 || to < 0 ? 1 : Math.abs(to - from);
    return focus.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_PRECEDING ? -steps : steps;
}"""
#: So often the guess is trusted: it may overshoot, and would overshoot again on the way back.
_GUESSES = 3
#: So many letters are typed key by key; the rest comes as one piece, as from a clipboard.
_TYPED = 60
#: Nobody presses Tab more often than this on one page.
_MOST_TABS = 600


class Driven:
    """One person before a real browser. With ``by_keyboard`` nothing is clicked: Tab, Enter, Space and letters."""

    def __init__(self, page: Page, base_url: str, *, by_keyboard: bool = False) -> None:
        self._page = page
        self._base_url = base_url
        self._by_keyboard = by_keyboard

    @property
    def path(self) -> str:
        """Where we are: path and query."""
        here = urlsplit(self._page.url)
        return here.path + (f"?{here.query}" if here.query else "")

    def open(self, path: str) -> None:
        """Type an address of ours into the address bar."""
        self._page.goto(self._base_url + path)

    def fill(self, *, at: str = "", **values: str) -> None:
        """Fill fields of a form by name, ``__`` for a dot."""
        self.type({name.replace("__", "."): value for name, value in values.items()}, at=at)

    def type(self, values: dict[str, str], *, at: str = "") -> None:
        """Fill fields by name. A box takes the values to tick, one to a line; a list its value."""
        for name, value in values.items():
            fields = self._page.locator(f'xpath={at}//*[@name="{name}"]')
            first = fields.first
            kind = first.evaluate("e => e.type")
            if kind in {"checkbox", "radio"}:
                for wanted in value.splitlines():
                    self._tick(self._page.locator(f'xpath={at}//*[@name="{name}" and @value="{wanted}"]'))
            elif self._by_keyboard:
                self._type_into(first, kind, value)
            else:
                self._show(first)
                first.select_option(value) if kind == "select-one" else first.fill(value)

    def press(self, words: str, *, at: str = "") -> None:
        """Press the button with these words."""
        button = self._page.locator(f'xpath={at}//button[normalize-space(.)="{words}"]').first
        self._enter(button)

    def follow(self, words: str) -> None:
        """Follow the link with these words."""
        self._enter(self._page.locator(f'xpath=//a[@href][normalize-space(.)="{words}"]').first)

    def texts(self, path: str) -> list[str]:
        """Return the words of what an XPath finds, one string for each."""
        return [" ".join(each.text_content().split()) for each in self._document().xpath(path)]

    def values(self, path: str) -> list[str]:
        """Return the strings of what an XPath of attributes finds."""
        return [str(each) for each in self._document().xpath(path)]

    def says(self) -> str:
        """Return all words of the page's main part."""
        return " ".join(self.texts("//main"))

    def _document(self) -> html.HtmlElement:
        return html.document_fromstring(self._page.content())

    def _enter(self, target: Locator) -> None:
        """Press or follow, and wait for the page it leads to."""
        self._show(target)
        with self._page.expect_navigation():
            if self._by_keyboard:
                self._reach(target)
                self._page.keyboard.press("Enter")
            else:
                target.click()

    def _tick(self, box: Locator) -> None:
        self._show(box)
        if not self._by_keyboard:
            box.check()
        elif not box.is_checked():
            self._reach(box)
            self._page.keyboard.press("Space")

    def _type_into(self, field: Locator, kind: str, value: str) -> None:
        self._show(field)
        self._reach(field)
        keyboard = self._page.keyboard
        if kind == "select-one":
            words = field.evaluate("(e, value) => [...e.options].find(o => o.value === value).label", value)
            keyboard.type(words)
        elif kind == "date":
            year, month, day = value.split("-")
            keyboard.type(f"{day}{month}{year}")
            if field.input_value() != value:
                # The order of the parts is that of the browser's own language, not of the page's.
                keyboard.press("ArrowLeft")
                keyboard.press("ArrowLeft")
                keyboard.type(f"{month}{day}{year}")
        elif kind == "time":
            keyboard.type(value.replace(":", ""))
        else:
            keyboard.press("ControlOrMeta+a")
            keyboard.type(value[:_TYPED])
            if rest := value[_TYPED:]:
                keyboard.insert_text(rest)

    def _show(self, target: Locator) -> None:
        """Open the folded parts that something stands in."""
        folded = target.locator("xpath=ancestor::details[not(@open)]/summary")
        for _ in range(folded.count()):
            summary = folded.first
            if self._by_keyboard:
                self._reach(summary)
                self._page.keyboard.press("Enter")
            else:
                summary.click()

    def _reach(self, target: Locator) -> None:
        """Press Tab, or Shift and Tab, until something has the focus."""
        for number in range(_MOST_TABS):
            where = target.evaluate(_WHERE)
            if where == 0:
                return
            # At first as far as guessed, then step by step.
            for _ in range(abs(where) if number < _GUESSES else 1):
                self._page.keyboard.press("Tab" if where > 0 else "Shift+Tab")
        raise AssertionError(f"Tab does not reach {target}")
