"""The secret box: what it locks opens only here, for the same purpose, and whole."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wmd.secretbox import KeySettingError, SecretBox, SecretBoxError, Tampered, UnknownKey

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
LINK = "https://example.zoom.us/j/81234567890?pwd=secret"
PURPOSE = "private_link:7f3c1b9a"


def encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


@pytest.fixture
def box() -> SecretBox:
    return SecretBox({"2026": NEW, "2021": OLD}, "2026")


def test_seal_has_the_documented_form_and_hides_the_text(box: SecretBox) -> None:
    token = box.seal(LINK, purpose=PURPOSE)
    version, key_id, nonce, sealed = token.split(".")
    assert (version, key_id, len(nonce)) == ("v1", "2026", 16)
    # GCM adds a tag of sixteen bytes and nothing else.
    assert len(base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))) == len(LINK) + 16
    assert "zoom" not in token
    assert "=" not in token


def test_seal_uses_a_fresh_nonce_each_time(box: SecretBox) -> None:
    nonces = {box.seal(LINK, purpose=PURPOSE).split(".")[2] for _ in range(100)}
    assert len(nonces) == 100


@given(st.text(max_size=300), st.text(max_size=40))
def test_open_gives_back_any_text(plaintext: str, purpose: str) -> None:
    box = SecretBox({"k": OLD}, "k")
    assert box.open(box.seal(plaintext, purpose=purpose), purpose=purpose) == plaintext


def test_open_refuses_another_purpose(box: SecretBox) -> None:
    token = box.seal(LINK, purpose="private_link:1")
    with pytest.raises(Tampered):
        box.open(token, purpose="private_link:2")


def test_open_refuses_every_changed_character(box: SecretBox) -> None:
    token = box.seal(LINK, purpose=PURPOSE)
    for position in range(len(token)):
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        with pytest.raises(SecretBoxError):
            box.open(changed, purpose=PURPOSE)


def test_open_refuses_a_token_relabelled_with_another_key() -> None:
    same_key_twice = SecretBox({"a": OLD, "b": OLD}, "a")
    token = same_key_twice.seal(LINK, purpose=PURPOSE)
    with pytest.raises(Tampered):
        same_key_twice.open(token.replace("v1.a.", "v1.b."), purpose=PURPOSE)


@pytest.mark.parametrize(
    "token", ["", "v1", LINK, "v1.2026..", "v2.2026.AAAAAAAAAAAAAAAA.AAAA", "v1.2026.AAAA.AAAA", "v1.2026.é.é",
              "v1.2026.AAAAAAAAAAAAAAAA.A", "v1.2026.AAAAAAAAAAAAAAAA.", "v1.20 26.AAAAAAAAAAAAAAAA.AAAA"],
)  # fmt: skip
def test_open_refuses_what_was_never_sealed(box: SecretBox, token: str) -> None:
    with pytest.raises(Tampered):
        box.open(token, purpose=PURPOSE)


def test_open_refuses_a_second_spelling_of_the_same_bytes(box: SecretBox) -> None:
    token = box.seal("x", purpose=PURPOSE)
    with pytest.raises(Tampered):
        box.open(token + "=", purpose=PURPOSE)


def test_rotation_opens_with_the_old_key_and_reseals_with_the_new(box: SecretBox) -> None:
    token = SecretBox({"2021": OLD}, "2021").seal(LINK, purpose=PURPOSE)
    fresh = box.reseal(token, purpose=PURPOSE)
    assert (box.is_current(token), box.is_current(fresh)) == (False, True)
    assert SecretBox({"2026": NEW}, "2026").open(fresh, purpose=PURPOSE) == LINK
    assert box.reseal(fresh, purpose=PURPOSE) == fresh


def test_reseal_finds_damage_even_under_the_current_key(box: SecretBox) -> None:
    token = box.seal(LINK, purpose=PURPOSE)
    with pytest.raises(Tampered):
        box.reseal(token[:-4], purpose=PURPOSE)


def test_open_with_a_key_that_was_taken_away_says_which(box: SecretBox) -> None:
    token = SecretBox({"2019": OLD}, "2019").seal(LINK, purpose=PURPOSE)
    with pytest.raises(UnknownKey, match="'2019'"):
        box.open(token, purpose=PURPOSE)


def test_from_setting_takes_the_first_key_as_current_and_both_alphabets() -> None:
    key = bytes([251, 255] * 16)
    urlsafe = base64.urlsafe_b64encode(key).decode().rstrip("=")
    box = SecretBox.from_setting(f" new:{urlsafe} , old:{encoded(OLD)},")
    token = SecretBox({"old": OLD}, "old").seal(LINK, purpose=PURPOSE)
    assert box.current == "new"
    assert box.open(token, purpose=PURPOSE) == LINK
    assert SecretBox({"new": key}, "new").open(box.seal("x", purpose="p"), purpose="p") == "x"


SHORT = encoded(b"sixteen bytes..!")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("", "holds no key"),
        (" , ", "holds no key"),
        (encoded(OLD), "key number 1 is not written as id:base64key"),
        (f"a:{encoded(OLD)},b", "key number 2 is not written as id:base64key"),
        (f"a:{encoded(OLD)},a:{encoded(NEW)}", "the key id 'a' is used twice"),
        (f"a:{SHORT}", "the key 'a' has 16 bytes; it needs exactly 32"),
        ("a:", "the key 'a' has 0 bytes; it needs exactly 32"),
        ("a:not base64!", "the key 'a' is not Base64"),
        (f":{encoded(OLD)}", "a key id is made of"),
        (f"a.b:{encoded(OLD)}", "a key id is made of"),
    ],
)
def test_from_setting_refuses_clearly_and_shows_no_key(setting: str, words: str) -> None:
    with pytest.raises(KeySettingError, match=words) as caught:
        SecretBox.from_setting(setting)
    assert SHORT not in str(caught.value)
    assert encoded(OLD) not in str(caught.value)


def test_box_refuses_a_current_key_that_it_does_not_have() -> None:
    with pytest.raises(KeySettingError, match="no key with the id 'b'"):
        SecretBox({"a": OLD}, "b")


def test_derived_box_is_the_same_for_the_same_secret_only() -> None:
    token = SecretBox.derived("demonstration").seal(LINK, purpose=PURPOSE)
    assert SecretBox.derived("demonstration").open(token, purpose=PURPOSE) == LINK
    with pytest.raises(Tampered):
        SecretBox.derived("another").open(token, purpose=PURPOSE)
    with pytest.raises(KeySettingError):
        SecretBox.derived("")


def test_box_and_errors_show_no_secret(box: SecretBox) -> None:
    token = box.seal(LINK, purpose=PURPOSE)
    with pytest.raises(Tampered) as caught:
        box.open(token, purpose="other")
    assert repr(box) == "SecretBox(2026, 2021; current 2026)"
    assert token.split(".")[3] not in str(caught.value)
    assert LINK not in str(caught.value)
