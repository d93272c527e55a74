"""The database: declarative base, instants that stay aware, engines set up for SQLite and PostgreSQL.

SQLite runs in WAL with ``synchronous=FULL`` and every transaction begins IMMEDIATE unless it says it only
reads: a deferred transaction that turns from reading to writing cannot wait for the lock
(https://www.sqlite.org/lang_transaction.html). PostgreSQL gets time limits so that nothing waits for ever.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Executable,
    MetaData,
    bindparam,
    create_engine,
    event,
)
from sqlalchemy.engine.interfaces import DBAPICursor, DBAPIModule
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine

log = logging.getLogger(__name__)

#: Unnamed constraints cannot be dropped in SQLite's batch migrations, so every one is named by rule.
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC and returned aware.

    SQLite's own type drops the offset silently; this one refuses a naive value with ValueError.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC; refuse a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a naive datetime cannot be stored as an instant"
            raise ValueError(msg)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored instant as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _Listed(TypeDecorator[list[Any]]):
    """A list that is handed over as one value: an array, or JSON where there are none."""

    impl = JSON
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return how the database at hand takes it."""
        return dialect.type_descriptor(ARRAY(self.item) if dialect.name == "postgresql" else JSON())


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> Self:
        # SQLAlchemy would write "= 1" after it for SQLite, which then reads every row.
        return self


@compiles(_Among)
def _compile_among(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, listed = (compiler.process(each, **kw) for each in element.clauses)
    if compiler.dialect.name == "postgresql":
        return f"{column} = ANY ({listed})"
    return f"{column} IN (SELECT value FROM json_each({listed}))"


def among(column: ColumnElement[Any] | InstrumentedAttribute[Any], parameter: str) -> ColumnElement[bool]:
    """Return whether a column is among those of a list, which is given as the value of a parameter.

    With ``in_`` each of them is a parameter of its own, and for some hundred of them putting the statement together
    and handing it over takes longer than running it.
    """
    return _Among(column, bindparam(parameter, type_=_Listed(column.type)))


class Model(DeclarativeBase):
    """Base of all tables. An ordinary typed base: ``db.Model`` cannot be typed (python/mypy#8603)."""

    metadata = MetaData(naming_convention=NAMING)


#: In the ``info`` of a session: the engine that it reads from, as long as it only reads.
_READS_FROM = "reads_from"


class RequestSession(FlaskSession):
    """The session of one request. One that only reads never waits for SQLite's write lock."""

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        """Return the engine; while the session only reads, the one whose transactions begin so."""
        bind = super().get_bind(*args, **kwargs)
        if _READS_FROM not in self.info or not isinstance(bind, Engine):
            return bind
        # One and the same object each time: a session opens one connection for each engine it is given.
        reads_from: Engine = self.info[_READS_FROM] or bind.execution_options(**_reading_options(bind))
        self.info[_READS_FROM] = reads_from
        return reads_from


class Database(SQLAlchemy):
    """Flask-SQLAlchemy, whose end of a request does not take the answer back."""

    def _teardown_session(self, exc: BaseException | None) -> None:
        """Close the request's session. A connection that died meanwhile is let go.

        What was committed stays committed, and the answer that says so is made already: a restart of the database
        must not turn it into an error.
        """
        try:
            super()._teardown_session(exc)
        except DBAPIError as error:
            log.warning("session_not_closed", extra={"error": type(error).__name__})
            self.session().invalidate()
            self.session.registry.clear()


db = Database(metadata=Model.metadata, session_options={"class_": RequestSession})


def only_reads(dbs: Session) -> None:
    """Let this session, not yet used, begin its transactions as reading ones; PostgreSQL then refuses a write."""
    dbs.info[_READS_FROM] = None


def _reading_options(engine: Engine) -> dict[str, Any]:
    return {"read_only": True} if engine.dialect.name == "sqlite" else {"postgresql_readonly": True}


def engine_options(url: str) -> dict[str, Any]:
    """Return the engine options for a database URL."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 5.0, "check_same_thread": False}}
    limits = (
        "-c statement_timeout=15000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=30000 -c timezone=UTC"
    )
    return {
        "pool_size": 5,
        # The scheduler's workers for mail and rooms hold two each, beside its other jobs; what is not needed is never
        # opened.
        "max_overflow": 20,
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "connect_args": {"options": limits, "connect_timeout": 5},
    }


@event.listens_for(Engine, "connect")
def _on_connect(dbapi_connection: Any, _record: Any) -> None:  # noqa: ANN401 -- any DB-API driver
    if type(dbapi_connection).__module__.partition(".")[0] != "sqlite3":
        return
    # The driver must not begin transactions by itself, so that BEGIN below is ours.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    # What is deleted is overwritten with zeros: an erased person must not be readable in the file's free pages.
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON", "secure_delete=ON")
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _on_begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and not _commits_each(connection):
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _commits_each(connection: Connection) -> bool:
    return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


class Pen:
    """A connection on which every statement is a transaction of its own, committed when it returns.

    It has one cursor for all of them: one that has run a statement knows how to hand over its values.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.cursor = connection.connection.cursor()


@contextmanager
def each_committed(engine: Engine) -> Iterator[Pen]:
    """Give a pen, and end its connection."""
    with engine.connect() as raw:
        yield Pen(raw.execution_options(isolation_level="AUTOCOMMIT"))


class Prepared:
    """A statement that is run for row after row: put together once for each database, then given to the driver.

    It runs in the connection's own transaction, or is one where a pen runs it. Nothing is different for the database;
    SQLAlchemy's general way, which reads each call anew, takes longer than either database needs for the work.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._made: dict[str, _Made] = {}

    def run(self, on: Connection | Pen, values: Mapping[str, object]) -> int:
        """Run it with a value for each of its named parameters, and perhaps others; return how many rows it changed.

        Raises what the connection's own methods raise: DBAPIError and its kinds. A connection that was lost is not
        opened anew, as it would not commit each statement any more.
        """
        if isinstance(on, Pen):
            return self._run(on.connection, on.cursor, values)
        cursor = on.connection.cursor()
        try:
            return self._run(on, cursor, values)
        finally:
            cursor.close()

    def _run(self, connection: Connection, cursor: DBAPICursor, values: Mapping[str, object]) -> int:
        if connection.invalidated:
            msg = "the connection was lost"
            raise InvalidRequestError(msg)
        dialect = connection.dialect
        made = self._made.get(dialect.name)
        if made is None:
            made = self._made[dialect.name] = _make(self._statement, dialect)
        try:
            cursor.execute(made.text, made.bind(values))
            return int(cursor.rowcount)
        except made.error as error:
            if dialect.is_disconnect(error, connection.connection, cursor):
                connection.invalidate(error)
            raise DBAPIError.instance(
                made.text, None, error, made.error, hide_parameters=True, dialect=dialect,
                connection_invalidated=connection.invalidated,
            ) from error  # fmt: skip


class _Made(NamedTuple):
    """A statement as one driver takes it. ``names`` orders its parameters, and is empty where they have names."""

    text: str
    fixed: dict[str, Any]
    converters: list[tuple[str, Callable[[Any], Any]]]
    names: list[str]
    error: type[DBAPIModule.Error]

    def bind(self, values: Mapping[str, object]) -> dict[str, Any] | list[Any]:
        found = {**self.fixed, **values}
        for name, convert in self.converters:
            found[name] = convert(found[name])
        return [found[name] for name in self.names] if self.names else found


def _make(statement: Executable, dialect: Dialect) -> _Made:
    made = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    converters = {
        name: parameter.type.dialect_impl(dialect).bind_processor(dialect)
        for parameter, name in made.bind_names.items()
    }
    return _Made(
        str(made), dict(made.params), [(name, each) for name, each in converters.items() if each is not None],
        list(made.positiontup or ()), dialect.loaded_dbapi.Error,
    )  # fmt: skip


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection inside one snapshot that only reads, and end it."""
    with engine.connect() as raw:
        if raw.dialect.name == "sqlite":
            connection = raw.execution_options(read_only=True)
        else:
            connection = raw.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


def make_engine(url: str) -> Engine:
    """Return an engine set up like the application's own, for commands and tests without Flask."""
    return create_engine(url, **engine_options(url))


def truncate_wal(bind: Engine | Connection) -> None:
    """Let SQLite empty its write-ahead log, which else keeps what was deleted until it is written over.

    While somebody reads it does nothing, and the next time does it. Call it outside a transaction.
    """
    if bind.dialect.name == "sqlite":
        with bind.engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            if raw is not None:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
