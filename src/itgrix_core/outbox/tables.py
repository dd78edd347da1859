"""The tables of the one database file, and the steps from an older schema to this one.

Plain Core tables, because the statements must read the same on the next database. Times are Unix seconds in
`Double`: MariaDB's `Float` rounds an epoch to 128 s and leases "expire". A fresh file gets `METADATA` as it
stands; an older one goes through the `UPGRADES` behind its version.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

SCHEMA: Final = 4
"""The version of the tables below."""


def _clients_kept(connection: Connection) -> None:
    for table in (claim, missed, talked):
        table.create(connection)


def _ends_dated(connection: Connection) -> None:
    """Rows are forgotten some day: what has no time of its own counts as of now."""
    now = time.time()
    connection.execute(text("ALTER TABLE job RENAME COLUMN died_at TO ended_at"))
    connection.execute(text("UPDATE job SET ended_at = :now WHERE state = 'done'"), {"now": now})
    connection.execute(text("DROP INDEX job_state"))
    connection.execute(text("CREATE INDEX job_state ON job (state, ended_at)"))
    connection.execute(text("ALTER TABLE turn ADD COLUMN at DOUBLE DEFAULT 0 NOT NULL"))
    connection.execute(text("UPDATE turn SET at = :now"), {"now": now})


def _troubles_kept(connection: Connection) -> None:
    trouble.create(connection)


UPGRADES: Final[dict[int, Callable[[Connection], None]]] = {
    2: _clients_kept,
    3: _ends_dated,
    4: _troubles_kept,
}
"""What leads from the version before to the version that is the key; one transaction runs them all."""


class JobState(StrEnum):
    """Where a job is; the words of `Engine.counts`."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    DROPPED = "dropped"


ASIDE: Final = (JobState.DEAD, JobState.DROPPED)
"""What is over, was not done, and may be tried again."""


class EffectState(StrEnum):
    """How far an effect got: `STARTED` means sent or about to be, outcome unknown."""

    STARTED = "started"
    DONE = "done"
    REFUSED = "refused"


METADATA: Final = MetaData()

meta = Table(
    "meta",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Integer, nullable=False),
)
"""`schema`: the version. `bell`: rung whenever lanes changed, maybe by another process. Where they are there:
`forgotten_until`: finished rows from before are gone; `emptied_until`: their payloads are; `seen_at`: when
the service last ran; `copied_at`, in a copy: when it was made; `restored_at`: when a copy was put back; all
in Unix seconds."""

IS_OPEN: Final = text("state IN ('waiting', 'running')")
"""Written out, because a partial index is only used for the very condition that it was made with."""

job = Table(
    "job",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("lane", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("born_at", Double, nullable=False),
    Column("not_before", Double, nullable=False),
    Column("is_provisional", Boolean, nullable=False),
    Column("state", Text, nullable=False, default=JobState.WAITING),
    Column("attempts", Integer, nullable=False, default=0),
    Column("failures", Integer, nullable=False, default=0),
    Column("reason", Text, nullable=False, default=""),
    Column("ended_at", Double),
    Index("job_open", "lane", "seq", sqlite_where=IS_OPEN),
    Index("job_state", "state", "ended_at"),
    sqlite_autoincrement=True,
)
"""`seq` is the order of a lane. `failures` counts tries in vain in a row. An open job has no `ended_at`. The
payload of a done one is packed (`packing`) and emptied after a while; its `reason` is worth knowing."""

trouble = Table(
    "trouble",
    METADATA,
    Column("job_key", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("first_at", Double, nullable=False),
    Column("last_at", Double, nullable=False),
)
"""Why a job had to wait, how often, and when first and last."""

tracked_call = Table(
    "tracked_call",
    METADATA,
    Column("pbx", Text, primary_key=True),
    Column("call", Text, primary_key=True),
    Column("row", LargeBinary, nullable=False),
)
"""The calls that are going on, as the tracker saves them."""

position = Table(
    "position",
    METADATA,
    Column("pbx", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""How far each PBX's recorded log was fed to the tracker."""

decision = Table(
    "decision",
    METADATA,
    Column("job_key", Text, primary_key=True),
    Column("steps", LargeBinary, nullable=False),
)
"""What was decided for a job, hooks' answers included."""

effect = Table(
    "effect",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("call", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("params", LargeBinary, nullable=False),
    Column("answer", LargeBinary),
    Column("started_at", Double, nullable=False),
    Column("finished_at", Double),
    sqlite_autoincrement=True,
)
"""What was done to a CRM; `seq` is the order of the first start."""

memory = Table(
    "memory",
    METADATA,
    Column("plugin", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
"""What plugins keep: JSON by plugin and name."""

turn = Table(
    "turn",
    METADATA,
    Column("ordinal", Integer, primary_key=True),
    Column("plugin", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("call", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("at", Double, nullable=False, server_default=text("0")),
    UniqueConstraint("plugin", "name", "call"),
    Index("turn_member", "plugin", "name", "member", "ordinal"),
    sqlite_autoincrement=True,
)
"""Who had which turn, one for each call."""

claim = Table(
    "claim",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("value", LargeBinary),
    Column("at", Double, nullable=False),
)
"""Who makes what must be there once, and what came of it; `value` is JSON, NULL until then."""

missed = Table(
    "missed",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("call", Text, nullable=False, unique=True),
    Column("last_call", Text, nullable=False),
    Column("owner", Integer, nullable=False),
    Column("missed_at", Double, nullable=False),
    Column("count", Integer, nullable=False),
    Column("form", Text, nullable=False, default=""),
    Column("item_id", Integer),
    Column("closed_at", Double),
    Column("closed_by", Text, nullable=False, default=""),
    Index("missed_client", "account", "client"),
    sqlite_autoincrement=True,
)
"""Clients who could not get through; `closed_at` is NULL until somebody has talked with them."""

talked = Table(
    "talked",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("client", Text, primary_key=True),
    Column("at", Double, nullable=False),
)
"""When a client was last talked with."""
