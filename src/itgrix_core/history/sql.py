"""Tables in MariaDB/MySQL, PostgreSQL or SQLite, read with a server's cursor: never whole in memory.

Values come as the driver gives them; which of them are times is known by `itgrix_core.wire.rows`. Passwords
in addresses are shown nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Engine,
    MetaData,
    NullPool,
    Select,
    Table,
    bindparam,
    create_engine,
    inspect,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, NoSuchTableError, SQLAlchemyError
from sqlalchemy.types import NullType

from itgrix_core.errors import HistoryError

_ROWS = 1000
"""How many rows are fetched at once."""
_VALUES = 500
"""How many values are asked for in one statement; rows of several statements are not in one order."""
_CONNECT_SECONDS = 10
_TIMEOUT = {"pymysql": "connect_timeout", "psycopg": "connect_timeout", "sqlite3": "timeout"}


class SqlTable:
    """`Table` in a database.

    Args:
        url: SQLAlchemy's address, "mysql+pymysql://user:password@host/asteriskcdrdb".
        table: its name, "schema.table" where the schema is not the user's own.
        aliases: our name of a column to theirs.
        times: our names of columns that rows may be ordered by, best first.
    """

    is_database = True

    def __init__(self, url: str, table: str, aliases: Mapping[str, str], times: Sequence[str]) -> None:
        self._url = url
        self._name = table
        self._aliases = dict(aliases)
        self._times = times
        self._engine: Engine | None = None
        self._found: Table | None = None
        self.where = f"table {table} of {_shown(url)}"

    def columns(self) -> list[str]:
        """As `Table.columns`."""
        ours = {theirs: ours for ours, theirs in self._aliases.items()}
        return [ours.get(column.name, column.name) for column in self._table().columns]

    def period(self, since: str, until: str) -> Iterator[Mapping[str, object]]:
        """As `Table.period`."""
        time, first, last = self._time(), _untyped(since), _untyped(until)
        return self._rows(self._all().where(time >= first, time <= last).order_by(*self._order()))

    def having(self, column: str, values: Collection[str]) -> Iterator[Mapping[str, object]]:
        """As `Table.having`; nothing, where there is no such column."""
        if column not in self.columns():
            return
        its = self._column(column)
        left = iter(values)
        while some := list(islice(left, _VALUES)):
            yield from self._rows(self._all().where(its.in_(some)).order_by(*self._order()))

    def newest(self) -> Mapping[str, object] | None:
        """As `Table.newest`."""
        last = [column.desc() for column in self._order()]
        return next(iter(list(self._rows(self._all().order_by(*last).limit(1)))), None)

    def close(self) -> None:
        """As `Table.close`."""
        if self._engine is not None:
            self._engine.dispose()
        self._engine = self._found = None

    # ---- statements -----------------------------------------------------------------------------------
    def _all(self) -> Select[Any]:
        return select(*(self._column(name).label(name) for name in self.columns()))

    def _column(self, ours: str) -> Column[Any]:
        """A column without a type of its own: times stay what the driver makes of them."""
        return self._table().columns[self._aliases.get(ours, ours)]

    def _time(self) -> Column[Any]:
        return self._column(next(name for name in self._times if name in self.columns()))

    def _order(self) -> list[Column[Any]]:
        """By `id`, the order of writing, where there is one: times are whole seconds, and may run back."""
        return [self._column("id")] if "id" in self.columns() else [self._time()]

    def _rows(self, statement: Select[Any]) -> Iterator[Mapping[str, object]]:
        with self._connected() as connection:
            streaming = connection.execution_options(stream_results=True, yield_per=_ROWS)
            with streaming.execute(statement) as found:
                for row in found.mappings():
                    yield dict(row)

    # ---- the database ---------------------------------------------------------------------------------
    def _table(self) -> Table:
        """The table with the columns that it has; `HistoryError` if it lacks a time."""
        if self._found is None:
            schema, _, name = self._name.rpartition(".")
            with self._connected() as connection:
                found = [
                    each["name"] for each in inspect(connection).get_columns(name, schema=schema or None)
                ]
            self._found = Table(name, MetaData(), *(Column(each) for each in found), schema=schema or None)
            if not any(self._aliases.get(each, each) in found for each in self._times):
                raise HistoryError(
                    f"{self.where} has no column {' or '.join(self._times)}; it has {', '.join(found)}. "
                    "Name another table, or say under `aliases` what the column is called there."
                )
        return self._found

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            if self._engine is None:
                self._engine = _engine(self._url)
            with self._engine.connect() as connection:
                yield connection
        except NoSuchTableError:
            raise HistoryError(
                f"{self.where}: there is no such table. Name the right one under `table`, or let Asterisk "
                "write it (cel_odbc.conf, cdr_adaptive_odbc.conf)."
            ) from None
        except ModuleNotFoundError as error:
            raise HistoryError(
                f"{self.where}: the driver {error.name} is not installed; pip install 'itgrix[sql]' does it."
            ) from None
        except (ArgumentError, NoSuchModuleError) as error:
            raise HistoryError(
                f"{self.where}: not an address of a database ({error}). Write mysql+pymysql://…, "
                "postgresql+psycopg://… or sqlite:///FILE."
            ) from None
        except SQLAlchemyError as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise HistoryError(
                f"{self.where} cannot be read ({str(cause).strip()}). Look at the address, the rights of its "
                "user (SELECT is enough) and whether the server runs."
            ) from None


def _untyped(text: str) -> BindParameter[Any]:
    """A text that the server takes for whatever its column is."""
    return bindparam(None, text, type_=NullType())


def _engine(url: str) -> Engine:
    """No pool: a service that looks once in a while holds no connection in between."""
    address = make_url(url)
    timeout = _TIMEOUT.get(address.get_dialect().driver)
    arguments = {timeout: _CONNECT_SECONDS} if timeout else {}
    return create_engine(address, poolclass=NullPool, connect_args=arguments)


def _shown(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "an address that is none"
