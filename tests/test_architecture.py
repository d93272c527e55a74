"""The rooms of the house: which module may import which, who reads the environment and the clock."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: Each room and the rooms it may import from, itself included. What is missing here is an arrow that runs back.
ARROWS: dict[str, set[str]] = {
    "domain": {"domain"},
    "errors": {"domain"},
    "secretbox": set(),
    "logs": set(),
    "lifeline": set(),
    "db": set(),
    "models": {"models", "db"},
    "gateways": {"gateways", "domain"},
    "services": {"services", "models", "domain", "db", "errors", "secretbox"},
    "web": {"web", "services", "models", "domain", "db", "errors", "gateways", "secretbox", "logs", "config"},
    "jobs": {"jobs", "services", "models", "domain", "db", "errors", "gateways", "secretbox"},
    "cli": {
        "cli", "jobs", "services", "models", "domain", "db", "errors", "gateways", "secretbox", "lifeline", "config",
    },
    "demo": set(),
    "composition": {
        "cli", "jobs", "web", "services", "models", "domain", "db", "errors", "secretbox", "gateways", "logs", "config",
    },
    "__init__": {"composition", "gateways", "config"},
    "serve": {"", "web", "logs", "lifeline", "config"},
    "config": {"secretbox"},
}  # fmt: skip

#: Packages from outside that a room may use; a room that is not named may use any.
OUTSIDE: dict[str, set[str]] = {
    "domain": {"icalendar"},
    "errors": set(),
    "models": {"sqlalchemy"},
    "db": {"sqlalchemy", "flask_sqlalchemy"},
    "secretbox": {"cryptography"},
    "services": {"sqlalchemy", "alembic", "babel", "email_validator", "pyotp", "PIL"},
    "config": set(),
    "lifeline": set(),
}

#: Calls that read the clock. What knows the time is told it.
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}

#: Stand-ins that hide what a collaborator as an argument would show.
FAKES = {"unittest.mock", "mock", "pytest_mock", "freezegun", "time_machine", "requests_mock", "responses"}


def modules(folder: Path) -> list[Path]:
    """Return the Python files of a folder."""
    found = sorted(folder.rglob("*.py"))
    assert found, folder
    return found


def room_of(module: str) -> str:
    """Return the room of a dotted module of ours: ``wmd.web.public.feeds`` is in ``web``."""
    parts = module.split(".")
    return "" if parts == ["wmd"] else parts[1] if parts[0] == "wmd" else parts[0]


def room_of_file(path: Path) -> str:
    """Return the room that a file is in."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "wmd" else parts[0]


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted names of all that a module imports, wherever the statement stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import hides its room"
            # ``from wmd import logs`` names a module of ours, ``from wmd.db import db`` something in one.
            yield from (f"wmd.{alias.name}" for alias in node.names) if node.module == "wmd" else [node.module or ""]


def backward(room: str, tree: ast.AST) -> list[str]:
    """Return the modules of ours that a module in this room imports and must not."""
    ours = [name for name in imported(tree) if name.split(".")[0] in {"wmd", "config"}]
    names = ["wmd" if name == "wmd.create_app" else name for name in ours]
    return sorted(name for name in names if room_of(name) not in ARROWS[room])


def foreign(room: str, tree: ast.AST) -> list[str]:
    """Return the packages from outside that a module in this room imports and must not."""
    tops = {name.split(".")[0] for name in imported(tree)} - {"wmd", "config"} - set(sys.stdlib_module_names)
    return sorted(tops - OUTSIDE.get(room, tops))


def clock_readings(tree: ast.AST) -> list[str]:
    """Return the calls in a module that read the clock."""
    calls = (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))
    return sorted(call for call in calls if ".".join(call.split(".")[-2:]) in CLOCKS)


def environment_readings(tree: ast.AST) -> list[str]:
    """Return the expressions in a module that read the environment."""
    attributes = (ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    names = (name for name in imported(tree) if name in {"dotenv", "decouple", "environs"})
    wanted = ("os.environ", "os.getenv", "os.environb", "os.putenv")
    return sorted([*(item for item in attributes if item in wanted), *names])


def fakes(tree: ast.AST) -> list[str]:
    """Return what a test uses to replace things behind the back of the code."""
    names = [name for name in imported(tree) if name in FAKES or name.split(".")[0] in FAKES]
    arguments = [
        node.arg for node in ast.walk(tree) if isinstance(node, ast.arg) and node.arg in {"monkeypatch", "mocker"}
    ]
    return sorted([*names, *arguments])


OURS = [*modules(ROOT / "wmd"), ROOT / "config.py"]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in OURS}


def test_every_room_is_drawn() -> None:
    assert sorted({room_of_file(path) for path in OURS}) == sorted(ARROWS)


def test_no_arrow_runs_back() -> None:
    found = {str(path.relative_to(ROOT)): backward(room_of_file(path), tree) for path, tree in TREES.items()}
    assert {path: names for path, names in found.items() if names} == {}


def test_service_imports_no_zoom_that_is_not_real() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path, tree in TREES.items()
        if "wmd_fakezoom" in {name.split(".")[0] for name in imported(tree)}
    }
    assert found == set()


def test_rooms_use_only_the_packages_they_may() -> None:
    found = {str(path.relative_to(ROOT)): foreign(room_of_file(path), tree) for path, tree in TREES.items()}
    assert {path: names for path, names in found.items() if names} == {}


def test_only_the_settings_read_the_environment() -> None:
    found = {path.name: environment_readings(tree) for path, tree in TREES.items()}
    assert {path: names for path, names in found.items() if names} == {"config.py": ["os.environ"]}


def test_domain_services_and_models_read_no_clock() -> None:
    rooms = {"domain", "services", "models", "errors", "db"}
    found = {
        str(path.relative_to(ROOT)): clock_readings(tree)
        for path, tree in TREES.items()
        if room_of_file(path) in rooms
    }  # fmt: skip
    assert {path: names for path, names in found.items() if names} == {}


def test_only_the_gateway_says_what_time_it_is() -> None:
    found = {str(path.relative_to(ROOT)): clock_readings(tree) for path, tree in TREES.items()}
    assert {path: names for path, names in found.items() if names} == {"wmd/gateways/__init__.py": ["datetime.now"]}


def test_tests_replace_nothing_behind_the_back_of_the_code() -> None:
    found = {
        str(path.relative_to(ROOT)): fakes(ast.parse(path.read_text(encoding="utf-8")))
        for path in modules(ROOT / "tests")
    }
    assert {path: names for path, names in found.items() if names} == {}


def test_migrations_import_nothing_of_the_application() -> None:
    trees = {
        path.name: ast.parse(path.read_text(encoding="utf-8")) for path in modules(ROOT / "migrations" / "versions")
    }
    found = {
        name: [item for item in imported(tree) if item.startswith(("wmd", "config"))] for name, tree in trees.items()
    }
    assert {name: items for name, items in found.items() if items} == {}


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "misc", "base", "manager"])
def test_no_module_is_a_drawer_for_everything(name: str) -> None:
    assert [path for path in OURS if path.stem == name] == []


@pytest.mark.parametrize(
    ("room", "source", "found"),
    [
        ("domain", "from wmd.services.states import move", ["wmd.services.states"]),
        ("domain", "def f():\n    import wmd.db", ["wmd.db"]),
        ("services", "from wmd.web import names", ["wmd.web"]),
        ("gateways", "from wmd.models import Event", ["wmd.models"]),
        ("models", "from config import Config", ["config"]),
        ("jobs", "from wmd import cli", ["wmd.cli"]),
        ("web", "from wmd.services.health import problems", []),
    ],
)
def test_arrow_that_runs_back_is_noticed(room: str, source: str, found: list[str]) -> None:
    assert backward(room, ast.parse(source)) == found


def test_package_clock_environment_and_fake_are_noticed() -> None:
    assert foreign("domain", ast.parse("import flask, icalendar, json")) == ["flask"]
    assert clock_readings(ast.parse("import datetime\ndatetime.datetime.now()\ndate.today()")) == [
        "date.today",
        "datetime.datetime.now",
    ]
    assert environment_readings(ast.parse("os.environ.get('A')\nos.getenv('B')")) == ["os.environ", "os.getenv"]
    assert fakes(ast.parse("from unittest.mock import patch\ndef test(monkeypatch): ...")) == [
        "monkeypatch",
        "unittest.mock",
    ]
