"""Settings: the only reader of the environment.

Every setting is documented beside its default, in :data:`SETTINGS`; the table in the README is made
from it. Nonsense stops the start with a sentence that names the variable. A secret may also come from
a file: ``NAME_FILE`` holds its path.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from wmd.secretbox import KeySettingError, SecretBox

ROOT = Path(__file__).resolve().parent

#: name, default in production ("" = must be given, None = optional), default in demonstration mode, meaning
SETTINGS: tuple[tuple[str, str | None, str | None, str], ...] = (
    ("WMD_MODE", "production", "demo", "`production`, or `demo` for the demonstration on this machine only."),
    ("WMD_SECRET_KEY", "", "(made)", "At least 32 random characters; signs cookies and links. Required."),
    ("WMD_BASE_URL", "", "http://127.0.0.1:$PORT", "The public address, such as `https://wmd.example.org`. Required."),
    ("WMD_DATABASE_URL", "", "sqlite file in `var/`", "`postgresql+psycopg://…` or `sqlite:///…`. Required."),
    (
        "WMD_MAIL_URL",
        "",
        "(none)",
        "SMTP server, `smtp://user:password@host:587` or `smtps://…`; `?starttls=no` on your own network. Required.",
    ),
    ("WMD_MAIL_FROM", None, None, "Address that mail comes from; default: `events@` the host of the base URL."),
    ("WMD_MAIL_REPLY_TO", None, None, "Address that answers go to; default: that of `WMD_MAIL_FROM`."),
    (
        "WMD_MAIL_RATE",
        "0",
        "0",
        "Most mails a minute that the server takes, from all schedulers together; 0: no limit.",
    ),
    (
        "WMD_MAIL_PER_DOMAIN",
        "2",
        "2",
        "Most mails to one recipient domain handed over at the same time by one scheduler; 0: no limit.",
    ),
    (
        "WMD_BOUNCE_URL",
        None,
        None,
        "Mailbox that mails come back to (that of `WMD_MAIL_FROM`): `imaps://user:password@host/Folder`.",
    ),
    (
        "WMD_LINK_KEYS",
        "",
        "(made)",
        "Keys that encrypt private links: `id:base64 of 32 bytes`, current first. Required.",
    ),
    ("WMD_UID_DOMAIN", None, None, "Domain in calendar UIDs; default: the host of the base URL. UIDs once made stay."),
    ("WMD_EDITION", None, "demo", "Slug of the edition that `/` leads to; default: the next or latest one."),
    ("WMD_VAR_DIR", "var", "var", "Folder for the SQLite file and the last good copies."),
    ("WMD_HOST", "127.0.0.1", "127.0.0.1", "Address to listen on; demonstration mode insists on loopback."),
    ("PORT", "8000", "8000", "Port to listen on."),
    (
        "WMD_SCHEDULER_PORT",
        "0",
        "0",
        "Port on loopback on which the scheduler answers `/healthz` and `/readyz`; 0: none.",
    ),
    ("WMD_WORKERS", "2", "2", "Web worker processes."),
    ("WMD_PROXY_HOPS", "0", "0", "Trusted reverse proxies in front of the service."),
    ("WMD_PUBLISHED_MB", "64", "64", "Most memory for complete public responses, per worker, in megabytes."),
    (
        "WMD_OIDC_ISSUER",
        None,
        None,
        "Issuer of an OpenID Connect provider for the staff’s single sign-on, `https://…`; then also the two below.",
    ),
    (
        "WMD_OIDC_CLIENT_ID",
        None,
        None,
        "Our client id there; its redirect address is `/sign-in/oidc/callback` below the base URL.",
    ),
    (
        "WMD_OIDC_CLIENT_SECRET",
        None,
        None,
        "Our client secret there.",
    ),
    (
        "WMD_OIDC_SECOND_FACTOR",
        None,
        None,
        "Values of its `acr` or `amr`, with commas, that count as second factor; by default ours is asked for.",
    ),
    (
        "WMD_ZOOM_ACCOUNT_ID",
        None,
        None,
        "Account id of a server-to-server app in our own Zoom account; then also the two below. Without: pasted links.",
    ),
    ("WMD_ZOOM_CLIENT_ID", None, None, "Its client id."),
    ("WMD_ZOOM_CLIENT_SECRET", None, None, "Its client secret."),
    (
        "WMD_ZOOM_WEBHOOK_SECRET",
        None,
        None,
        "Secret token of its webhooks, which go to `/hooks/zoom`; without it none is taken.",
    ),
    (
        "WMD_ZOOM_PLAN",
        "pro",
        "pro",
        "Plan of our Zoom account: `free`, `pro` or `business`; half of its calls are used.",
    ),
    (
        "WMD_ZOOM_HOST",
        None,
        None,
        "Zoom user (id, or address) whose webinars staff pick from, and under whom we create some.",
    ),
    (
        "WMD_ZOOM_PARTNER_CLIENT_ID",
        None,
        None,
        "Client id of an OAuth app with which partners connect Zoom accounts of theirs; then also its secret.",
    ),
    ("WMD_ZOOM_PARTNER_CLIENT_SECRET", None, None, "Its client secret."),
    (
        "WMD_ZOOM_PARTNER_WEBHOOK_SECRET",
        None,
        None,
        "Secret token of that app’s webhooks, which go to `/hooks/zoom` as well.",
    ),
    ("WMD_ZOOM_URL", None, None, "Only in demonstration mode: a fake Zoom on this machine, `http://127.0.0.1:8090`."),
    ("WMD_ZOOM_PANEL", None, None, "Only in demonstration mode: the page with that Zoom's buttons, on this machine."),
    (
        "WMD_LINK_WATCH",
        "on",
        "off",
        "`on`: look once a day, and before each session, whether pasted Zoom links still lead to a registration page.",
    ),
    ("WMD_LOG_LEVEL", "INFO", "INFO", "DEBUG, INFO, WARNING or ERROR."),
)

_SAMPLES = ("change-me", "changeme", "secret", "example", "sample", "demo")


class SettingError(ValueError):
    """A setting is missing or makes no sense; the message names it and says what it should be."""


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, checked. Built by :meth:`from_env`, or directly in tests."""

    mode: str
    secret_key: str = field(repr=False)
    base_url: str
    database_url: str = field(repr=False)
    link_keys: str = field(repr=False)
    mail_url: str = field(default="", repr=False)
    mail_from: str = ""
    mail_reply_to: str = ""
    mail_rate: int = 0
    mail_per_domain: int = 2
    bounce_url: str = field(default="", repr=False)
    uid_domain: str = ""
    edition: str | None = None
    var_dir: Path = ROOT / "var"
    host: str = "127.0.0.1"
    port: int = 8000
    scheduler_port: int = 0
    workers: int = 2
    proxy_hops: int = 0
    published_bytes: int = 64_000_000
    log_level: str = "INFO"
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_second_factor: frozenset[str] = frozenset()
    zoom_account_id: str = ""
    zoom_client_id: str = ""
    zoom_client_secret: str = field(default="", repr=False)
    zoom_webhook_secret: str = field(default="", repr=False)
    zoom_plan: str = "pro"
    zoom_host: str = ""
    zoom_partner_client_id: str = ""
    zoom_partner_client_secret: str = field(default="", repr=False)
    zoom_partner_webhook_secret: str = field(default="", repr=False)
    zoom_url: str = ""
    zoom_panel_url: str = ""
    link_watch: bool = False

    @property
    def is_demo(self) -> bool:
        """Whether demonstration features exist at all in this process."""
        return self.mode == "demo"

    @property
    def has_zoom(self) -> bool:
        """Whether we may speak to Zoom for our own account."""
        return bool(self.zoom_client_id)

    @property
    def demo_rooms_file(self) -> Path:
        """Where the rooms lie that the demonstration's own Zoom begins with."""
        return self.var_dir / "zoom-rooms.json"

    @property
    def has_zoom_partners(self) -> bool:
        """Whether partners may connect accounts of theirs."""
        return bool(self.zoom_partner_client_id)

    @property
    def zoom_webhook_secrets(self) -> tuple[str, ...]:
        """What Zoom may sign its messages with, one for each app; none is taken where there are none."""
        return tuple(filter(None, (self.zoom_webhook_secret, self.zoom_partner_webhook_secret)))

    @property
    def hostname(self) -> str:
        """Host of the public address, without port."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def sender(self) -> str:
        """Address that mail comes from."""
        return self.mail_from or f"events@{self.hostname}"

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Values of the Host header that are answered: that of the base URL, and loopback names in a demonstration."""
        netloc = urlsplit(self.base_url).netloc
        if not self.is_demo:
            return frozenset({netloc})
        return frozenset({netloc, f"127.0.0.1:{self.port}", f"localhost:{self.port}", f"[::1]:{self.port}"})

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Config:
        """Read and check the environment; raise :class:`SettingError` on anything missing or nonsensical."""
        env = os.environ if env is None else env
        mode = env.get("WMD_MODE", "production")
        if mode not in {"production", "demo"}:
            msg = f"WMD_MODE is {mode!r}: it must be production or demo."
            raise SettingError(msg)
        config = _demo(env) if mode == "demo" else _production(env)
        _check(config)
        return config


def _secret(env: Mapping[str, str], name: str) -> str:
    if path := env.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            msg = f"{name}_FILE points to a file that cannot be read: {error.strerror}."
            raise SettingError(msg) from error
        except UnicodeDecodeError:
            # Without the original error, because that quotes the bytes of the secret.
            msg = f"{name}_FILE points to a file that is not text."
            raise SettingError(msg) from None
    return env.get(name, "")


def _whole_number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
        msg = f"{name} is {text!r}: it must be a whole number from {low} to {high}."
        raise SettingError(msg)
    return int(text)


def _switch(env: Mapping[str, str], name: str, default: str) -> bool:
    text = env.get(name) or default
    if text not in {"on", "off"}:
        msg = f"{name} is {text!r}: it must be on or off."
        raise SettingError(msg)
    return text == "on"


def _shared(env: Mapping[str, str]) -> dict[str, object]:
    return {
        "var_dir": Path(env.get("WMD_VAR_DIR") or ROOT / "var").resolve(),
        "port": _whole_number(env, "PORT", 8000, 1, 65535),
        "scheduler_port": _whole_number(env, "WMD_SCHEDULER_PORT", 0, 0, 65535),
        "workers": _whole_number(env, "WMD_WORKERS", 2, 1, 64),
        "proxy_hops": _whole_number(env, "WMD_PROXY_HOPS", 0, 0, 5),
        "published_bytes": _whole_number(env, "WMD_PUBLISHED_MB", 64, 8, 4096) * 1_000_000,
        "log_level": env.get("WMD_LOG_LEVEL", "INFO"),
        "host": env.get("WMD_HOST", "127.0.0.1"),
        "oidc_issuer": env.get("WMD_OIDC_ISSUER", ""),
        "oidc_client_id": env.get("WMD_OIDC_CLIENT_ID", ""),
        "oidc_client_secret": _secret(env, "WMD_OIDC_CLIENT_SECRET"),
        "oidc_second_factor": frozenset(filter(None, re.split(r"[,\s]+", env.get("WMD_OIDC_SECOND_FACTOR", "")))),
        "zoom_account_id": env.get("WMD_ZOOM_ACCOUNT_ID", ""),
        "zoom_client_id": env.get("WMD_ZOOM_CLIENT_ID", ""),
        "zoom_client_secret": _secret(env, "WMD_ZOOM_CLIENT_SECRET"),
        "zoom_webhook_secret": _secret(env, "WMD_ZOOM_WEBHOOK_SECRET"),
        "zoom_plan": env.get("WMD_ZOOM_PLAN") or "pro",
        "zoom_host": env.get("WMD_ZOOM_HOST", ""),
        "zoom_partner_client_id": env.get("WMD_ZOOM_PARTNER_CLIENT_ID", ""),
        "zoom_partner_client_secret": _secret(env, "WMD_ZOOM_PARTNER_CLIENT_SECRET"),
        "zoom_partner_webhook_secret": _secret(env, "WMD_ZOOM_PARTNER_WEBHOOK_SECRET"),
        "zoom_url": env.get("WMD_ZOOM_URL", "").rstrip("/"),
        "zoom_panel_url": env.get("WMD_ZOOM_PANEL", "").rstrip("/"),
        "link_watch": _switch(env, "WMD_LINK_WATCH", "off" if env.get("WMD_MODE") == "demo" else "on"),
        "mail_url": _secret(env, "WMD_MAIL_URL"),
        "bounce_url": _secret(env, "WMD_BOUNCE_URL"),
        "mail_from": env.get("WMD_MAIL_FROM", ""),
        "mail_reply_to": env.get("WMD_MAIL_REPLY_TO", ""),
        "mail_rate": _whole_number(env, "WMD_MAIL_RATE", 0, 0, 100_000),
        "mail_per_domain": _whole_number(env, "WMD_MAIL_PER_DOMAIN", 2, 0, 100),
    }


def _demo(env: Mapping[str, str]) -> Config:
    shared = _shared(env)
    var_dir = Path(str(shared["var_dir"]))
    # A demonstration needs no setting: its secret is made once and kept beside its database.
    secret = _secret(env, "WMD_SECRET_KEY") or _made_secret(var_dir)
    base_url = env.get("WMD_BASE_URL") or f"http://127.0.0.1:{shared['port']}"
    return Config(
        mode="demo",
        secret_key=secret,
        base_url=base_url.rstrip("/"),
        database_url=_secret(env, "WMD_DATABASE_URL") or f"sqlite:///{var_dir / 'wmd.sqlite3'}",
        link_keys=_secret(env, "WMD_LINK_KEYS"),
        uid_domain=env.get("WMD_UID_DOMAIN") or "wmd.example",
        edition=env.get("WMD_EDITION") or "demo",
        **shared,  # type: ignore[arg-type]
    )


def _made_secret(var_dir: Path) -> str:
    path = var_dir / "demo-secret"
    if not path.exists():
        var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Several processes may come here at once: each writes a whole file, and the first to give it the name decides.
        with tempfile.NamedTemporaryFile("w", dir=var_dir, prefix="demo-secret-", encoding="ascii") as file:
            file.write(os.urandom(32).hex())
            file.flush()
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text(encoding="ascii").strip()


def _production(env: Mapping[str, str]) -> Config:
    wanted = {
        "WMD_SECRET_KEY": "at least 32 random characters",
        "WMD_BASE_URL": "the public address, https://…",
        "WMD_DATABASE_URL": "postgresql+psycopg://… or sqlite:///…",
        "WMD_MAIL_URL": "smtp://user:password@host:587",
        "WMD_LINK_KEYS": "id:base64 of 32 random bytes",
    }
    values = {name: _secret(env, name) for name in wanted}
    missing = [f"{name} ({meaning})" for name, meaning in wanted.items() if not values[name]]
    if missing:
        msg = "Production needs these settings: " + "; ".join(missing) + ". For a trial on this machine: make run."
        raise SettingError(msg)
    secret = values["WMD_SECRET_KEY"]
    if len(secret) < 32 or len(set(secret)) < 8 or any(secret.lower().startswith(sample) for sample in _SAMPLES):
        msg = "WMD_SECRET_KEY is too short or a sample value: give at least 32 random characters."
        raise SettingError(msg)
    base_url = values["WMD_BASE_URL"].rstrip("/")
    return Config(
        mode="production",
        secret_key=secret,
        base_url=base_url,
        database_url=values["WMD_DATABASE_URL"],
        link_keys=values["WMD_LINK_KEYS"],
        uid_domain=env.get("WMD_UID_DOMAIN") or (urlsplit(base_url).hostname or ""),
        edition=env.get("WMD_EDITION") or None,
        **_shared(env),  # type: ignore[arg-type]
    )


def _check(config: Config) -> None:
    _check_base_url(config)
    _check_database_url(config.database_url)
    _check_link_keys(config)
    _check_single_sign_on(config)
    _check_zoom(config)
    if not config.is_demo:
        _check_no_samples(config)
    if config.edition and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", config.edition):
        msg = f"WMD_EDITION is {config.edition!r}: give the slug of an edition, such as 2026."
        raise SettingError(msg)
    if not config.is_demo and not re.fullmatch(r"[0-9A-Za-z.:-]+", config.host):
        msg = f"WMD_HOST is {config.host!r}: give an address to listen on, such as 127.0.0.1."
        raise SettingError(msg)
    _check_mail(config)
    _check_bounce_url(config)
    if not re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", config.uid_domain, re.IGNORECASE):
        msg = f"WMD_UID_DOMAIN is {config.uid_domain!r}: give a domain name, such as wmd.example.org."
        raise SettingError(msg)
    if config.is_demo and config.host not in {"127.0.0.1", "::1", "localhost"}:
        msg = f"WMD_HOST is {config.host!r}: a demonstration listens on this machine only (127.0.0.1)."
        raise SettingError(msg)
    if config.log_level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        msg = f"WMD_LOG_LEVEL is {config.log_level!r}: it must be DEBUG, INFO, WARNING or ERROR."
        raise SettingError(msg)


def _check_mail(config: Config) -> None:
    try:
        parts = urlsplit(config.mail_url)
        is_sound = not config.mail_url or (parts.scheme in {"smtp", "smtps"} and parts.port != 0)
    except ValueError:
        is_sound = False
    if not is_sound:
        msg = "WMD_MAIL_URL must begin with smtp:// or smtps://, and its port be a number."
        raise SettingError(msg)
    if config.mail_url and parts.query not in {"", "starttls=required", "starttls=no"}:
        msg = "WMD_MAIL_URL may end in ?starttls=required or ?starttls=no, and in nothing else."
        raise SettingError(msg)
    for name, address in (("WMD_MAIL_FROM", config.mail_from), ("WMD_MAIL_REPLY_TO", config.mail_reply_to)):
        if address and not re.fullmatch(r"[a-z0-9.+_-]+@[a-z0-9]+([.-][a-z0-9]+)*", address, re.IGNORECASE):
            msg = f"{name} is {address!r}: give a plain mail address, such as events@wmd.example.org."
            raise SettingError(msg)


def _check_bounce_url(config: Config) -> None:
    try:
        parts = urlsplit(config.bounce_url)
        is_here = parts.hostname in {"127.0.0.1", "localhost", "::1"}
        is_sound = not config.bounce_url or (
            (parts.scheme == "imaps" or (parts.scheme == "imap" and is_here))
            and parts.port != 0 and bool(parts.hostname and parts.username and parts.password)
        )  # fmt: skip
    except ValueError:
        is_sound = False
    if not is_sound:
        msg = "WMD_BOUNCE_URL must be imaps://user:password@host/Folder; imap:// only on this machine."
        raise SettingError(msg)


def _check_single_sign_on(config: Config) -> None:
    given = {
        "WMD_OIDC_ISSUER": config.oidc_issuer,
        "WMD_OIDC_CLIENT_ID": config.oidc_client_id,
        "WMD_OIDC_CLIENT_SECRET": config.oidc_client_secret,
    }
    missing = [name for name, value in given.items() if not value]
    if len(missing) not in {0, len(given)}:
        msg = f"Single sign-on needs all of its settings; missing: {', '.join(missing)}."
        raise SettingError(msg)
    is_loopback = urlsplit(config.oidc_issuer).hostname in {"127.0.0.1", "localhost", "::1"}
    allowed = ("https://", "http://") if config.is_demo and is_loopback else ("https://",)
    if config.oidc_issuer and not config.oidc_issuer.startswith(allowed):
        msg = "WMD_OIDC_ISSUER must begin with https://."
        raise SettingError(msg)


def _check_zoom(config: Config) -> None:
    own = {
        "WMD_ZOOM_ACCOUNT_ID": config.zoom_account_id,
        "WMD_ZOOM_CLIENT_ID": config.zoom_client_id,
        "WMD_ZOOM_CLIENT_SECRET": config.zoom_client_secret,
    }
    partners = {
        "WMD_ZOOM_PARTNER_CLIENT_ID": config.zoom_partner_client_id,
        "WMD_ZOOM_PARTNER_CLIENT_SECRET": config.zoom_partner_client_secret,
    }
    for given in (own, partners):
        missing = [name for name, value in given.items() if not value]
        if len(missing) not in {0, len(given)}:
            msg = f"Zoom needs all of these settings or none; missing: {', '.join(missing)}."
            raise SettingError(msg)
    secrets = (config.zoom_client_secret, config.zoom_partner_client_secret, *config.zoom_webhook_secrets)
    if not config.is_demo and any(value.lower() in _SAMPLES or value == "CHANGE-ME" for value in secrets):
        msg = "A secret for Zoom is a sample value: give your app's own."
        raise SettingError(msg)
    if config.zoom_plan not in {"free", "pro", "business"}:
        msg = f"WMD_ZOOM_PLAN is {config.zoom_plan!r}: it must be free, pro or business."
        raise SettingError(msg)
    if config.zoom_host == "me" or re.search(r"[\s/?#]", config.zoom_host):
        msg = "WMD_ZOOM_HOST must be the id or address of a Zoom user of our account."
        raise SettingError(msg)
    for name, url in (("WMD_ZOOM_URL", config.zoom_url), ("WMD_ZOOM_PANEL", config.zoom_panel_url)):
        if url and not (config.is_demo and re.fullmatch(r"http://127\.0\.0\.1:[0-9]{1,5}", url)):
            msg = f"{name} is for demonstration mode only, and must be http://127.0.0.1:port."
            raise SettingError(msg)


def _check_no_samples(config: Config) -> None:
    """Refuse values that were copied from an example and never filled in. The value itself is never repeated."""
    host = config.hostname.lower()
    if host in {"localhost", "127.0.0.1", "::1"} or re.search(r"(^|\.)example(\.(org|com|net|edu))?$", host):
        msg = "WMD_BASE_URL is a sample value: give the address that people will use."
        raise SettingError(msg)
    mail = urlsplit(config.mail_url)
    if not mail.hostname or mail.hostname == "host" or mail.password in {"password", "CHANGE-ME"}:
        msg = "WMD_MAIL_URL is a sample value or names no server: give smtp://user:password@server:587 with your own."
        raise SettingError(msg)
    if urlsplit(config.database_url).password in {"password", "CHANGE-ME"} or "…" in config.database_url:
        msg = "WMD_DATABASE_URL is a sample value: give your own database."
        raise SettingError(msg)
    secret = config.secret_key
    if any(secret == (secret[:length] * len(secret))[: len(secret)] for length in range(1, len(secret) // 2 + 1)):
        msg = "WMD_SECRET_KEY repeats itself: give at least 32 random characters."
        raise SettingError(msg)


def _check_base_url(config: Config) -> None:
    if not re.fullmatch(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", config.base_url, re.IGNORECASE):
        # The value is not repeated: somebody may have put a password in front of the host.
        msg = "WMD_BASE_URL must be scheme and host only, such as https://wmd.example.org."
        raise SettingError(msg)
    if not config.is_demo and not config.base_url.lower().startswith("https:"):
        msg = "WMD_BASE_URL must begin with https:// in production."
        raise SettingError(msg)


def _check_database_url(url: str) -> None:
    if not url.startswith(("postgresql+psycopg://", "sqlite:///")):
        msg = "WMD_DATABASE_URL must begin with postgresql+psycopg:// or sqlite:///."
        raise SettingError(msg)
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_absolute():
        # A relative path would depend on where a command is started, and an empty one is a database in memory.
        msg = "WMD_DATABASE_URL must give an absolute path for SQLite: sqlite:////srv/wmd/wmd.sqlite3."
        raise SettingError(msg)


def _check_link_keys(config: Config) -> None:
    if not config.link_keys:
        return
    try:
        SecretBox.from_setting(config.link_keys)
    except KeySettingError as error:
        msg = f"WMD_LINK_KEYS cannot be used: {error}."
        raise SettingError(msg) from None
    keys = [item.partition(":")[2].strip() for item in config.link_keys.split(",")]
    if not config.is_demo and any(len(set(key)) < 12 for key in keys):
        msg = "WMD_LINK_KEYS holds a sample key: give 32 random bytes in base64."
        raise SettingError(msg)
