"""Settings: nonsense stops the start with a sentence that names the variable, and no secret is ever shown."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from threading import Barrier, Thread

import pytest

from config import ROOT, SETTINGS, Config, SettingError

KEY = base64.b64encode(bytes(range(32))).decode()
PRODUCTION = {
    "WMD_SECRET_KEY": "4f9d0c1b7a6e5f3d2c8b9a0e1f2d3c4b",
    "WMD_BASE_URL": "https://wmd.metropolis.test",
    "WMD_DATABASE_URL": "postgresql+psycopg://wmd:database-password@db.metropolis.test/wmd",
    "WMD_MAIL_URL": "smtp://wmd:mail-password@mail.metropolis.test:587",
    "WMD_LINK_KEYS": f"first:{KEY}",
}


def production(**changes: str | None) -> Config:
    """Read a complete environment of production, with some variables changed, or left out (None)."""
    env = {**PRODUCTION, **changes}
    return Config.from_env({name: value for name, value in env.items() if value is not None})


def refusal(**changes: str | None) -> str:
    """Return the sentence with which these settings are refused."""
    with pytest.raises(SettingError) as refused:
        production(**changes)
    return str(refused.value)


def test_production_reads_its_settings() -> None:
    config = production()
    assert (config.mode, config.is_demo) == ("production", False)
    assert (config.base_url, config.hostname, config.uid_domain) == (
        "https://wmd.metropolis.test",
        "wmd.metropolis.test",
        "wmd.metropolis.test",
    )
    assert config.database_url == PRODUCTION["WMD_DATABASE_URL"]
    assert config.allowed_hosts == {"wmd.metropolis.test"}
    assert (config.host, config.port, config.workers, config.proxy_hops) == ("127.0.0.1", 8000, 2, 0)


def test_uid_domain_is_kept_when_the_address_changes() -> None:
    assert production(WMD_UID_DOMAIN="old.metropolis.test").uid_domain == "old.metropolis.test"


@pytest.mark.parametrize("name", sorted(PRODUCTION))
@pytest.mark.parametrize("nothing", [None, ""])
def test_missing_setting_is_named(name: str, nothing: str | None) -> None:
    said = refusal(**{name: nothing})
    assert re.findall(r"WMD_\w+", said) == [name]


def test_all_missing_settings_are_named_at_once() -> None:
    with pytest.raises(SettingError) as refused:
        Config.from_env({})
    assert sorted(re.findall(r"WMD_\w+", str(refused.value))) == sorted(PRODUCTION)


@pytest.mark.parametrize(
    "secret",
    [
        "tiny-value",
        "4f9d0c1b7a6e5f3d2c8b9a0e1f2d3c4",
        "change-me-change-me-change-me-change-me",
        "Secret-0123456789-0123456789-0123456789",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ],
)
def test_sample_or_short_secret_is_refused_and_not_repeated(secret: str) -> None:
    said = refusal(WMD_SECRET_KEY=secret)
    assert said.startswith("WMD_SECRET_KEY ")
    assert secret not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WMD_MODE", "production "),
        ("WMD_MODE", "development"),
        ("WMD_BASE_URL", "http://wmd.metropolis.test"),
        ("WMD_BASE_URL", "wmd.metropolis.test"),
        ("WMD_BASE_URL", "https://"),
        ("WMD_BASE_URL", "https://wmd.metropolis.test/path"),
        ("WMD_BASE_URL", "https://wmd.metropolis.test?a=1"),
        ("WMD_BASE_URL", "https://wmd.metropolis.test#a"),
        ("WMD_BASE_URL", "https://user:password@wmd.metropolis.test"),
        ("WMD_BASE_URL", "https://wmd metropolis.test"),
        ("WMD_BASE_URL", "https://wmd.metropolis.test:port"),
        ("WMD_BASE_URL", "https://wmd.metropolis.test\nX-Header: 1"),
        ("WMD_DATABASE_URL", "mysql://db.metropolis.test/wmd"),
        ("WMD_DATABASE_URL", "postgresql://db.metropolis.test/wmd"),
        ("WMD_DATABASE_URL", "sqlite:///"),
        ("WMD_DATABASE_URL", "sqlite:///wmd.sqlite3"),
        ("WMD_DATABASE_URL", "sqlite:///:memory:"),
        ("WMD_MAIL_URL", "mail.metropolis.test:25"),
        ("WMD_MAIL_URL", "smtp://mail.metropolis.test:port"),
        ("WMD_MAIL_URL", "smtp://mail.metropolis.test:25?starttls=maybe"),
        ("WMD_MAIL_FROM", "World Metropolitan Day <events@metropolis.test>"),
        ("WMD_MAIL_FROM", "events@metropolis.test\nBcc: eve@evil.example"),
        ("WMD_MAIL_REPLY_TO", "events"),
        ("WMD_MAIL_RATE", "-1"),
        ("WMD_LINK_KEYS", "first"),
        ("WMD_LINK_KEYS", "first:not base64"),
        ("WMD_LINK_KEYS", f"first:{base64.b64encode(bytes(range(31))).decode()}"),
        ("WMD_LINK_KEYS", f"first:{base64.b64encode(bytes(32)).decode()}"),
        ("WMD_UID_DOMAIN", "two words"),
        ("WMD_UID_DOMAIN", "line\nbreak.org"),
        ("WMD_UID_DOMAIN", "@wmd.metropolis.test"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "eight thousand"),
        ("PORT", "80.5"),
        ("PORT", ""),
        ("PORT", "٨٠٠٠"),
        ("PORT", "9" * 5000),
        ("WMD_WORKERS", "0"),
        ("WMD_WORKERS", "-1"),
        ("WMD_WORKERS", "65"),
        ("WMD_PROXY_HOPS", "6"),
        ("WMD_PUBLISHED_MB", "7"),
        ("WMD_PUBLISHED_MB", "4097"),
        ("WMD_LOG_LEVEL", "LOUD"),
    ],
)
def test_nonsense_is_refused_by_name(name: str, value: str) -> None:
    assert refusal(**{name: value}).startswith(f"{name} ")


@pytest.mark.parametrize("value", ["https://user:hidden-word@wmd.metropolis.test", "https://hidden-word"])
def test_refused_address_and_keys_are_not_repeated(value: str) -> None:
    assert "hidden-word" not in refusal(WMD_BASE_URL=value + "/x", WMD_LINK_KEYS="first:hidden-word")
    assert "hidden-word" not in refusal(WMD_LINK_KEYS="first:hidden-word")


def test_repr_shows_no_secret() -> None:
    shown = repr(production())
    secrets = [PRODUCTION["WMD_SECRET_KEY"], "database-password", "mail-password", KEY]
    assert [secret for secret in secrets if secret in shown] == []
    assert "https://wmd.metropolis.test" in shown


@pytest.mark.parametrize("name", ["WMD_SECRET_KEY", "WMD_DATABASE_URL", "WMD_MAIL_URL", "WMD_LINK_KEYS"])
def test_secret_may_come_from_a_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(PRODUCTION[name] + "\n", encoding="utf-8")
    assert production(**{name: None, f"{name}_FILE": str(path)}) == production()


def test_file_wins_over_the_variable_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(PRODUCTION["WMD_SECRET_KEY"], encoding="utf-8")
    assert production(WMD_SECRET_KEY="tiny-value", WMD_SECRET_KEY_FILE=str(path)) == production()


def test_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe hidden-word")
    missing = refusal(WMD_SECRET_KEY_FILE=str(tmp_path / "none"))
    unreadable = refusal(WMD_SECRET_KEY_FILE=str(binary))
    assert missing == "WMD_SECRET_KEY_FILE points to a file that cannot be read: No such file or directory."
    assert unreadable == "WMD_SECRET_KEY_FILE points to a file that is not text."


def test_demonstration_needs_no_setting(tmp_path: Path) -> None:
    config = Config.from_env({"WMD_MODE": "demo", "WMD_VAR_DIR": str(tmp_path), "PORT": "8123"})
    assert config.is_demo
    assert (config.base_url, config.edition, config.host) == ("http://127.0.0.1:8123", "demo", "127.0.0.1")
    assert config.database_url == f"sqlite:///{tmp_path / 'wmd.sqlite3'}"
    assert config.allowed_hosts == {"127.0.0.1:8123", "localhost:8123", "[::1]:8123"}
    assert re.fullmatch(r"[0-9a-f]{64}", config.secret_key)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "wmd.metropolis.test", ""])  # noqa: S104 -- what is refused
def test_demonstration_listens_on_this_machine_only(host: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"^WMD_HOST .*this machine only"):
        Config.from_env({"WMD_MODE": "demo", "WMD_VAR_DIR": str(tmp_path), "WMD_HOST": host})


def test_demonstrations_secret_is_made_once_for_all_processes(tmp_path: Path) -> None:
    env = {"WMD_MODE": "demo", "WMD_VAR_DIR": str(tmp_path / "var")}
    start, found = Barrier(8), set()

    def read() -> None:
        start.wait()
        found.add(Config.from_env(env).secret_key)

    threads = [Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {Config.from_env(env).secret_key}
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["demo-secret"]
    assert (tmp_path / "var" / "demo-secret").stat().st_mode & 0o077 == 0


def settings_missing_in(text: str) -> list[str]:
    """Return the settings that a table in Markdown has no row for."""
    rows = set(re.findall(r"^\|\s*`(\w+)`", text, re.MULTILINE))
    return sorted(name for name, _, _, _ in SETTINGS if name not in rows)


def test_settings_table_without_a_row_is_noticed() -> None:
    rows = "".join(f"| `{name}` | {meaning} |\n" for name, _, _, meaning in SETTINGS[1:])
    assert settings_missing_in(rows) == [SETTINGS[0][0]]


def test_readme_names_every_setting() -> None:
    assert settings_missing_in((ROOT / "README.md").read_text(encoding="utf-8")) == []


def test_settings_are_those_that_are_read() -> None:
    source = (ROOT / "config.py").read_text(encoding="utf-8")
    code = source.split("class Config", 1)[1]
    read = set(re.findall(r'"(WMD_[A-Z_]+|PORT)"', code))
    assert read == {name for name, _, _, _ in SETTINGS}


@pytest.mark.parametrize(
    ("name", "sample"),
    [
        ("WMD_BASE_URL", "https://wmd.example.org"),
        ("WMD_BASE_URL", "https://example.com"),
        ("WMD_BASE_URL", "https://wmd.example"),
        ("WMD_BASE_URL", "https://localhost"),
        ("WMD_BASE_URL", "https://127.0.0.1:8000"),
        ("WMD_MAIL_URL", "smtp://user:password@host:587"),
        ("WMD_MAIL_URL", "smtp://:25"),
        ("WMD_DATABASE_URL", "postgresql+psycopg://…"),
        ("WMD_DATABASE_URL", "postgresql+psycopg://wmd:CHANGE-ME@localhost/wmd"),
        ("WMD_SECRET_KEY", "0123456789abcdef0123456789abcdef"),
    ],
)
def test_sample_value_is_refused_by_name(name: str, sample: str) -> None:
    said = refusal(**{name: sample})

    assert re.findall(r"WMD_\w+", said) == [name]
    assert sample not in said


def test_samples_of_the_deployment_are_refused() -> None:
    text = (ROOT / "deploy" / "wmd.env.sample").read_text(encoding="utf-8")
    sample = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))

    with pytest.raises(SettingError):
        Config.from_env(sample)
    with pytest.raises(SettingError, match="WMD_BASE_URL is a sample"):
        Config.from_env({**PRODUCTION, "WMD_BASE_URL": sample["WMD_BASE_URL"]})


@pytest.mark.parametrize(("name", "value"), [("WMD_EDITION", "../x"), ("WMD_HOST", "nonsense host"), ("WMD_HOST", "")])
def test_nonsense_is_refused_in_production(name: str, value: str) -> None:
    assert refusal(**{name: value}).startswith(f"{name} is ")


SINGLE_SIGN_ON = {
    "WMD_OIDC_ISSUER": "https://login.metropolis.test",
    "WMD_OIDC_CLIENT_ID": "wmd",
    "WMD_OIDC_CLIENT_SECRET": "hidden-word",
}


def test_single_sign_on_is_read_whole_or_not_at_all() -> None:
    config = production(**SINGLE_SIGN_ON, WMD_OIDC_SECOND_FACTOR="mfa, hwk")
    assert (config.oidc_issuer, config.oidc_second_factor) == ("https://login.metropolis.test", {"mfa", "hwk"})
    assert (production().oidc_issuer, production().oidc_second_factor) == ("", frozenset())
    assert "hidden-word" not in repr(config)
    for name in SINGLE_SIGN_ON:
        said = refusal(**{**SINGLE_SIGN_ON, name: None})
        assert (re.findall(r"WMD_\w+", said), "hidden-word" in said) == ([name], False)


def test_single_sign_on_needs_tls() -> None:
    assert "https" in refusal(**{**SINGLE_SIGN_ON, "WMD_OIDC_ISSUER": "http://127.0.0.1:9"})


ZOOM = {
    "WMD_ZOOM_ACCOUNT_ID": "account",
    "WMD_ZOOM_CLIENT_ID": "client",
    "WMD_ZOOM_CLIENT_SECRET": "hidden-word",
}
ZOOM_PARTNERS = {"WMD_ZOOM_PARTNER_CLIENT_ID": "client", "WMD_ZOOM_PARTNER_CLIENT_SECRET": "hidden-word"}


@pytest.mark.parametrize("settings", [ZOOM, ZOOM_PARTNERS])
def test_zoom_is_read_whole_or_not_at_all(settings: dict[str, str]) -> None:
    config = production(**settings)
    assert (config.has_zoom, config.has_zoom_partners) == (settings is ZOOM, settings is ZOOM_PARTNERS)
    assert "hidden-word" not in repr(config)
    for name in settings:
        said = refusal(**{**settings, name: None})
        assert (re.findall(r"WMD_\w+", said), "hidden-word" in said) == ([name], False)


def test_service_runs_without_zoom() -> None:
    config = production()
    assert (config.has_zoom, config.has_zoom_partners, config.zoom_plan, config.link_watch) == (
        False,
        False,
        "pro",
        True,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WMD_ZOOM_PLAN", "gold"),
        ("WMD_ZOOM_HOST", "me"),
        ("WMD_ZOOM_HOST", "a/../b"),
        ("WMD_ZOOM_URL", "http://127.0.0.1:8090"),
        ("WMD_ZOOM_PANEL", "http://127.0.0.1:8091"),
        ("WMD_LINK_WATCH", "maybe"),
    ],
)
def test_nonsense_about_zoom_is_refused(name: str, value: str) -> None:
    assert refusal(**{name: value}).startswith(name)


def test_sample_secret_of_zoom_is_refused() -> None:
    said = refusal(**{**ZOOM, "WMD_ZOOM_CLIENT_SECRET": "CHANGE-ME"})
    assert said == "A secret for Zoom is a sample value: give your app's own."


def test_demonstration_may_speak_to_a_fake_zoom_on_this_machine_only(tmp_path: Path) -> None:
    demo = {"WMD_MODE": "demo", "WMD_VAR_DIR": str(tmp_path)}
    config = Config.from_env({**demo, "WMD_ZOOM_URL": "http://127.0.0.1:8090/"})
    assert (config.zoom_url, config.link_watch) == ("http://127.0.0.1:8090", False)
    for url in ("http://192.0.2.1:80", "https://127.0.0.1:8090", "http://127.0.0.1:8090/x", "http://localhost:8090"):
        with pytest.raises(SettingError, match="WMD_ZOOM_URL"):
            Config.from_env({**demo, "WMD_ZOOM_URL": url})
