"""Try hooks without a telephone, a CRM or the service: calls made and recorded, `ask`, a store and a CRM.

    from itgrix_hooks.testing import ask, assert_changed, make_call, recorded_call

    def test_a_missed_call_is_booked_on_the_owner():
        asked = ask("process_final_params", my_plugin, call=make_call("missed"), settings={"owner": 7})
        assert_changed(asked, USER_ID=7)

    def test_a_transferred_call_stays_where_it_is():
        asked = ask("process_final_params", my_plugin, call=recorded_call("blind_transfer_refer"))
        assert_untouched(asked)

`ask` is the service's own asking: the same copies, checks and limits, and the same trace. What is recorded is
what the service's tracker made of a real Asterisk. Under pytest the fixtures of `itgrix_hooks.testing.plugin`
are there once Itgrix is installed; nothing has to be imported for them.
"""

from itgrix_hooks.testing.explain import (
    assert_actions,
    assert_answer,
    assert_cancelled,
    assert_changed,
    assert_failed,
    assert_untouched,
    story,
)
from itgrix_hooks.testing.fakes import FakeCrm, FakePbx, MemoryStore
from itgrix_hooks.testing.recorded import (
    Moment,
    recorded_call,
    recorded_calls,
    recorded_moments,
    recorded_names,
    stored_call,
)
from itgrix_hooks.testing.shapes import BEGAN, CLIENT, SHAPES, Shape, make_call
from itgrix_hooks.testing.trying import ask, load

__all__ = [
    "BEGAN",
    "CLIENT",
    "SHAPES",
    "FakeCrm",
    "FakePbx",
    "MemoryStore",
    "Moment",
    "Shape",
    "ask",
    "assert_actions",
    "assert_answer",
    "assert_cancelled",
    "assert_changed",
    "assert_failed",
    "assert_untouched",
    "load",
    "make_call",
    "recorded_call",
    "recorded_calls",
    "recorded_moments",
    "recorded_names",
    "stored_call",
    "story",
]
