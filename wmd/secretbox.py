"""The small box in which the few secrets we must keep are locked before they reach the database.

AES-256-GCM (NIST SP 800-38D) with a fresh random 96-bit nonce per sealing. The purpose (for instance the table, column
and row) is authenticated with it, so that a ciphertext copied into another row does not open there. A token names
its key, so keys can be rotated: the first key of the setting seals, every key opens.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = "v1"
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class SecretBoxError(Exception):
    """Something could not be opened. No message of this family holds a key, a token or a plain text."""


class UnknownKey(SecretBoxError):  # noqa: N818 -- reads as what it is at the place where it is caught
    """The token was sealed with a key that is not in the setting any more: put the key back."""


class Tampered(SecretBoxError):  # noqa: N818 -- as above
    """The token is damaged, was changed, or belongs to another purpose: it will never open."""


class KeySettingError(ValueError):
    """The setting with the keys cannot be used; the message says why, without showing a key."""


class SecretBox:
    """Seals and opens short texts. ``keys`` maps key ids to 32 bytes each; ``current`` names the one that seals."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        if current not in keys:
            raise KeySettingError(f"there is no key with the id {current!r}")
        for key_id, key in keys.items():
            _check(key_id, key)
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.current = current

    def __repr__(self) -> str:
        return f"SecretBox({', '.join(self._ciphers)}; current {self.current})"

    @classmethod
    def from_setting(cls, text: str) -> SecretBox:
        """Return a box from ``id:base64key,id2:base64key``; the first key is the current one.

        Keys are 32 random bytes in Base64 (either alphabet). Raises :class:`KeySettingError`.
        """
        keys: dict[str, bytes] = {}
        for position, part in enumerate(filter(None, (part.strip() for part in text.split(","))), start=1):
            key_id, colon, encoded = part.partition(":")
            if not colon:
                raise KeySettingError(f"key number {position} is not written as id:base64key")
            if key_id in keys:
                raise KeySettingError(f"the key id {key_id!r} is used twice")
            keys[key_id] = _decode_key(key_id, encoded.strip())
        if not keys:
            raise KeySettingError("the setting holds no key")
        return cls(keys, next(iter(keys)))

    @classmethod
    def derived(cls, secret: str) -> SecretBox:
        """Return a box whose only key is derived from another secret (HKDF-SHA-256, RFC 5869).

        For demonstration mode only: there, whoever has the one secret has everything anyway.
        """
        if not secret:
            raise KeySettingError("a key cannot be derived from an empty secret")
        kdf = HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=b"wmd secret box v1")
        return cls({"derived": kdf.derive(secret.encode())}, "derived")

    def seal(self, plaintext: str, *, purpose: str) -> str:
        """Return ``plaintext`` locked as ``v1.<key id>.<nonce>.<ciphertext>`` (Base64url without padding)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[self.current].encrypt(nonce, plaintext.encode(), _bound(self.current, purpose))
        return ".".join((_VERSION, self.current, _encode(nonce), _encode(sealed)))

    def open(self, token: str, *, purpose: str) -> str:
        """Return the plain text of a token that was sealed for the same purpose.

        Raises :class:`UnknownKey` when its key is missing, :class:`Tampered` when it does not open.
        """
        key_id, nonce, sealed = _parts(token)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise UnknownKey(f"the key {key_id!r} is not in the setting")
        try:
            return cipher.decrypt(nonce, sealed, _bound(key_id, purpose)).decode()
        except InvalidTag:
            raise Tampered("the sealed text does not open for this purpose") from None

    def is_current(self, token: str) -> bool:
        """Tell whether a token was sealed with the current key. Raises :class:`Tampered` when it is no token."""
        return _parts(token)[0] == self.current

    def reseal(self, token: str, *, purpose: str) -> str:
        """Return the same secret under the current key: the token itself when it already is.

        Opens it in either case, so that a rotation also finds damage. Raises what :meth:`open` raises.
        """
        plaintext = self.open(token, purpose=purpose)
        return token if self.is_current(token) else self.seal(plaintext, purpose=purpose)


def _check(key_id: str, key: bytes) -> None:
    """Refuse an id that would break the token, and keys of another size than AES-256 takes."""
    if not _KEY_ID.fullmatch(key_id):
        raise KeySettingError("a key id is made of 1 to 32 ASCII letters, digits, hyphens and underscores")
    if len(key) != KEY_BYTES:
        raise KeySettingError(f"the key {key_id!r} has {len(key)} bytes; it needs exactly {KEY_BYTES}")


def _decode_key(key_id: str, encoded: str) -> bytes:
    """Return the bytes of a key from the setting."""
    standard = encoded.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        # The original error is left out: it may quote the key.
        raise KeySettingError(f"the key {key_id!r} is not Base64") from None


def _bound(key_id: str, purpose: str) -> bytes:
    """Return the associated data: what a token is only valid together with."""
    return f"{_VERSION}.{key_id}.{purpose}".encode()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _parts(token: str) -> tuple[str, bytes, bytes]:
    """Return key id, nonce and ciphertext of a token. Only its one canonical spelling counts."""
    parts = token.split(".")
    if len(parts) != 4 or parts[0] != _VERSION or not _KEY_ID.fullmatch(parts[1]):
        raise Tampered("this is not a sealed text")
    try:
        nonce, sealed = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts[2:])
    except (binascii.Error, ValueError):
        raise Tampered("this is not a sealed text") from None
    if len(nonce) != _NONCE_BYTES or [_encode(nonce), _encode(sealed)] != parts[2:]:
        raise Tampered("this is not a sealed text")
    return parts[1], nonce, sealed
