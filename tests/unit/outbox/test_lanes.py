"""Which lane is next, compared with the plainest way to choose it."""
# ruff: noqa: D102, D103 - the names of the tests are their sentences

from hypothesis import given
from hypothesis import strategies as st

from itgrix_core.outbox.lanes import YOUNG_SECONDS, Lanes, head_of

LANES = st.sampled_from("abcde")
TIMES = st.integers(0, 100).map(float)
OFFERS = st.tuples(st.just("offer"), LANES, TIMES, TIMES)
STEPS = OFFERS | st.tuples(st.sampled_from(["clear", "back"]), LANES) | st.tuples(st.just("take"), TIMES)


class Plain:
    """The same rule, by sorting everything at each choice."""

    def __init__(self):
        self.heads = {}
        self.taken = set()

    def take(self, now):
        due = [head for head in self.heads.values() if head.not_before <= now]
        if not due:
            return None
        head = min(due, key=lambda head: (head.born_at < now - YOUNG_SECONDS, head))
        self.taken.add(head.lane)
        del self.heads[head.lane]
        return head.lane

    def offer(self, lane, head):
        if lane in self.taken:
            return
        self.heads.pop(lane, None)
        if head:
            self.heads[lane] = head


@given(st.lists(STEPS, max_size=60))
def test_the_choice_is_the_youngs_then_the_longest_due(steps):
    """Whatever is offered, withdrawn, taken and given back while time goes on."""
    lanes, plain, now = Lanes(), Plain(), 0.0
    for seq, (step, *args) in enumerate(steps):
        if step == "offer":
            head = head_of(args[0], seq, args[1], args[2])
            lanes.offer(args[0], head)
            plain.offer(args[0], head)
        elif step == "clear":
            lanes.offer(args[0], None)
            plain.offer(args[0], None)
        elif step == "back":
            lanes.give_back(args[0])
            plain.taken.discard(args[0])
        else:
            now += args[0]
            while (expected := plain.take(now)) is not None:
                assert lanes.take(now).lane == expected
            assert lanes.take(now) is None
            assert lanes.next_at() == min((head.not_before for head in plain.heads.values()), default=None)
        assert lanes.is_empty() == (not plain.heads and not plain.taken)
        due = [head for head in plain.heads.values() if head.not_before <= now]
        assert lanes.is_idle(now) == (not due and not plain.taken)


def test_telling_all_heads_forgets_lanes_that_are_not_named():
    lanes = Lanes()
    lanes.offer("a", head_of("a", 1, 0.0, 0.0))
    lanes.offer_all({"b": head_of("b", 2, 0.0, 0.0)})
    assert lanes.take(1.0).lane == "b"
    assert lanes.take(1.0) is None
