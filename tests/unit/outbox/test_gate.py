"""Who writes first where several want to."""

from contextlib import suppress
from threading import Thread

from stand import until

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.gate import Gate, patiently


class Queue:
    """Threads that go through a gate, each when it is its turn; `through` is their order."""

    def __init__(self, gate):
        self.gate = gate
        self.through = []
        self.threads = []

    def joins(self, name, *, is_patient=False):
        """One more waits."""

        def go():
            if is_patient:
                with patiently(), self.gate:
                    self.through.append(name)
            else:
                with self.gate:
                    self.through.append(name)

        thread = Thread(target=go)
        self.threads.append(thread)
        waiting = sum(self.gate.waiting)
        thread.start()
        until(lambda: sum(self.gate.waiting) > waiting, name)

    def ends(self):
        """Everybody is through."""
        for thread in self.threads:
            thread.join(10)
            assert not thread.is_alive()


def test_those_in_a_hurry_go_first_and_each_kind_in_its_order():
    """However long the others have waited."""
    queue = Queue(Gate())
    with queue.gate:
        for name in ("old 1", "old 2"):
            queue.joins(name, is_patient=True)
        for name in ("live 1", "live 2"):
            queue.joins(name)
        queue.joins("old 3", is_patient=True)
        assert queue.through == []
    queue.ends()
    assert queue.through == ["live 1", "live 2", "old 1", "old 2", "old 3"]


def test_who_is_in_may_go_in_again():
    """A write inside a write is to end in an error of the database's, and not in silence."""
    gate = Gate()
    with gate, gate, patiently(), gate:
        pass
    with gate:
        pass


def test_an_error_inside_lets_the_next_one_in():
    """Whoever waits."""
    queue = Queue(Gate())
    with suppress(ValueError), queue.gate:
        queue.joins("old", is_patient=True)
        raise ValueError("no")
    queue.ends()
    assert queue.through == ["old"]


def test_a_live_call_writes_before_the_backlog(tmp_path):
    """Through the database itself."""
    with Database(tmp_path) as database:
        order = []

        def write(name):
            with database.write():
                order.append(name)

        def old():
            with patiently():
                write("old")

        threads = [Thread(target=old), Thread(target=write, args=("live",))]
        gate = database._writing
        with database.write():
            for thread in threads:
                thread.start()
            until(lambda: gate.waiting == [1, 1], "both to wait")
        for thread in threads:
            thread.join(10)
        assert order == ["live", "old"]
