"""The comparison that the service does by itself at night."""

from datetime import datetime

import pytest

from itgrix_core.app.nightly import AGAIN_SECONDS, Nightly
from itgrix_core.config.schema import BitrixSettings, Settings
from itgrix_core.config.schema_reconcile import ReconcileSettings
from itgrix_core.crm.adapter import CrmUnavailable
from itgrix_core.filing.sheet import Entry
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.sqlite import SqliteEngine
from itgrix_hooks.values import Direction

DAY = 86_400.0


class Books:
    """A list without rows, or one that cannot be read."""

    def __init__(self):
        self.asked = []
        self.broken = None

    def entries(self, since, until):
        """What it was asked for is kept."""
        self.asked.append((since, until))
        if self.broken:
            raise self.broken
        return [Entry(1, "c", "", Direction.INBOUND, "7916", since + 100, 5, 1, "200")]


class Night:
    """A service's night by a clock that is moved."""

    def __init__(self, database, **reconcile):
        self.now = datetime(2026, 11, 22, 12, 0).astimezone().timestamp()
        self.books = Books()
        settings = Settings(crm={"b": BitrixSettings()}, reconcile=ReconcileSettings(**reconcile))
        self.nightly = Nightly(
            lambda: settings,
            database,
            SqliteEngine(database),
            {"b": None},
            {"b": self.books},
            now=lambda: self.now,
        )

    def look_at(self, day, hour, minute=0):
        """It is that time."""
        self.now = datetime(2026, 11, day, hour, minute).astimezone().timestamp()
        self.nightly.look()


@pytest.fixture
def database(tmp_path):
    """An empty one."""
    with Database(tmp_path / "var") as opened:
        opened.upgrade()
        yield opened


def test_it_compares_once_a_night_and_keeps_the_figure(database):
    """Not before its time, and not twice."""
    night = Night(database)
    night.look_at(22, 23, 59)
    night.look_at(23, 3, 29)
    assert night.books.asked == []
    night.look_at(23, 3, 30)
    night.look_at(23, 5)
    assert len(night.books.asked) == 1
    figures = Night(database).nightly.figures["b"]
    assert (figures.at, figures.compared, figures.lost_or_wrong) == (
        datetime(2026, 11, 23, 3, 30).astimezone().timestamp(),
        0,
        0,
    )
    night.look_at(24, 3, 31)
    assert len(night.books.asked) == 2


def test_a_portal_that_is_away_is_asked_again_in_a_quarter_of_an_hour(database):
    """And the failure is told until then."""
    night = Night(database)
    night.books.broken = CrmUnavailable(10.0, "the portal is away")
    night.look_at(23, 3, 30)
    assert night.nightly.figures["b"].failure == "the portal is away"
    night.now += AGAIN_SECONDS - 1
    night.nightly.look()
    assert len(night.books.asked) == 1
    night.books.broken = None
    night.now += 1
    night.nightly.look()
    assert len(night.books.asked) == 2
    assert night.nightly.figures["b"].failure == ""


def test_nights_without_a_service_are_made_up_for(database):
    """Up to a month."""
    night = Night(database)
    night.look_at(22, 23)
    night.look_at(23, 3, 30)
    later = Night(database)
    later.look_at(27, 3, 30)
    first, second = night.books.asked[0], later.books.asked[0]
    assert second[0] - 60 <= first[1] <= second[0] + 120 + DAY
    assert round((second[1] - second[0] - 120) / DAY) == 4


def test_where_no_time_is_set_nothing_is_compared(database):
    """Whoever wants to does it by hand."""
    night = Night(database, at="")
    night.look_at(24, 4)
    assert night.books.asked == []
    assert night.nightly.figures == {}
