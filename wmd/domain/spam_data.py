"""What spam looks like, as data: phrases that sell, hosts that hide where they lead, and how much each sign weighs.

The phrases are compared without accents and case, as whole words. They are sales talk that an event about cities has no
use for; words that such an event may well use (invest, housing, loan, health) are not here alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

#: By language, only for those who edit the list: every phrase is looked for in every text.
SALE_PHRASES: Mapping[str, tuple[str, ...]] = {
    "en": (
        "last chance", "limited offer", "limited time offer", "act now", "buy now", "order now", "click here",
        "guaranteed yield", "guaranteed return", "guaranteed profit", "guaranteed income", "double your money",
        "get rich", "passive income", "risk free", "money back", "no questions asked", "no paperwork", "make money",
        "free money", "cheap price", "best price", "discount code", "promo code", "cash prize", "you have won",
        "investor call", "cards accepted", "price rises", "this offer", "free spins", "online casino",
        "sports betting", "payday loan", "instant loan", "crypto giveaway", "bitcoin profit", "forex signals",
        "backlinks", "seo services", "weight loss", "miracle cure", "cheap viagra", "adult dating", "replica watches",
    ),
    "es": (
        "ultima oportunidad", "oferta limitada", "compre ahora", "compra ahora", "haga clic aqui", "haz clic aqui",
        "rentabilidad garantizada", "ganancias garantizadas", "duplique su dinero", "dinero facil", "sin riesgo",
        "ingresos pasivos", "gane dinero", "gana dinero", "prestamo inmediato", "casino en linea",
        "apuestas deportivas", "codigo promocional", "ha ganado", "perder peso",
    ),
    "fr": (
        "derniere chance", "offre limitee", "achetez maintenant", "cliquez ici", "rendement garanti",
        "revenus garantis", "doublez votre argent", "argent facile", "sans risque", "revenus passifs",
        "gagnez de l'argent", "pret immediat", "casino en ligne", "paris sportifs", "code promo", "vous avez gagne",
        "perdre du poids",
    ),
    "pt": (
        "ultima chance", "oferta limitada", "compre agora", "clique aqui", "rendimento garantido", "dinheiro facil",
        "sem risco", "renda passiva", "ganhe dinheiro", "emprestimo imediato", "cassino online",
        "apostas esportivas", "codigo promocional", "voce ganhou",
    ),
    "de": (
        "letzte chance", "jetzt kaufen", "hier klicken", "garantierte rendite", "geld verdienen", "ohne risiko",
        "sofortkredit", "online casino", "sportwetten", "gutscheincode", "sie haben gewonnen",
    ),
    "ru": (
        "последний шанс", "купить сейчас", "нажмите здесь", "гарантированный доход", "быстрые деньги", "без риска",
        "пассивный доход", "онлайн казино", "ставки на спорт", "промокод", "вы выиграли",
    ),
    "ar": ("اشتر الان", "اضغط هنا", "ربح مضمون", "دخل سلبي", "بدون مخاطر", "كازينو اونلاين", "لقد ربحت"),
    "zh": ("立即购买", "点击这里", "保证收益", "稳赚不赔", "在线赌场", "体育投注", "加微信", "限时优惠", "恭喜中奖"),
}  # fmt: skip

#: Hosts whose links say nothing of where they lead, and hosts that are little else than sales.
HIDING_HOSTS: frozenset[str] = frozenset(
    [
        "adf.ly", "bit.do", "bit.ly", "cutt.ly", "goo.gl", "is.gd", "linktr.ee", "ow.ly", "rb.gy", "rebrand.ly",
        "shorturl.at", "t.co", "t.ly", "t.me", "telegram.me", "tiny.cc", "tinyurl.com", "wa.me", "chat.whatsapp.com",
    ]
)  # fmt: skip

#: How much each sign weighs; at :data:`SUSPECT_FROM` an entry is set aside for a person to look at.
WEIGHTS: Mapping[str, int] = {
    "spam.honeypot": 6,
    "spam.fast": 6,
    "spam.no-render-time": 4,
    "spam.many-links": 6,
    "spam.some-links": 2,
    "spam.hiding-host": 2,
    "spam.same-text": 6,
    "spam.sale-words": 4,
    "spam.many-sale-words": 6,
    "spam.mixed-scripts": 4,
    "spam.language": 2,
    "spam.shouting": 2,
    "spam.markup": 4,
}
SUSPECT_FROM = 6

#: Nobody reads and fills the form in less.
FASTEST = timedelta(seconds=3)
#: Links in the texts of one event (its own registration and web address are fields of their own and do not count).
SOME_LINKS = 4
MANY_LINKS = 12
#: The same text in this many other submissions of the last day.
SAME_TEXT = 3
SAME_TEXT_WITHIN = timedelta(days=1)
#: Shorter texts are alike by chance.
SHORTEST_COMPARED = 40
SOME_SALE_PHRASES = 2
MANY_SALE_PHRASES = 4
