"""What an organiser asks those who register, in one line: for whoever reads it before it is asked."""

from __future__ import annotations

from wmd.domain.content import SignUpQuestionContent
from wmd.web.catalogue import gettext
from wmd.web.names import best_text


def asked_words(question: SignUpQuestionContent, language: str = "en") -> str:
    """Return a question with the answers it offers, each in its own quotation marks, and whether it must be answered.

    One answer that holds several words with commas is so seen to be one.
    """
    kinds = {"yes-no": gettext("yes or no"), "number": gettext("a number"), "text": gettext("own words")}
    choices = ", ".join(gettext("“%(answer)s”", answer=each) for each in question.choices)
    notes = [
        gettext("one of %(answers)s", answers=choices) if question.kind == "choice" else kinds.get(question.kind, ""),
        gettext("must be answered") if question.is_required else "",
    ]
    return f"{best_text(question.label, language)[0]} ({', '.join(filter(None, notes))})"
