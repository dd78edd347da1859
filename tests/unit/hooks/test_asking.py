"""One implementation at a time, each on its own."""

import sys
import threading

import pytest

from itgrix_hooks import CANCEL, Comment, Entity, GiveUp, PhoneNumber, RetryLater
from itgrix_hooks.asking import ask
from itgrix_hooks.lazy import Lazy, LazySequence
from itgrix_hooks.reading import implementation
from itgrix_hooks.testing import make_call
from itgrix_hooks.trace import Outcome
from itgrix_hooks.worker import Deadline, RevokedError, StuckThreads

ARGUMENTS = {
    "process_final_params": dict.fromkeys(("call", "user", "owner", "filed", "clients")),
    "process_registration_params": dict.fromkeys(("call", "conversation", "user", "clients")),
    "need_registration": dict.fromkeys(("call", "conversation", "stage")),
    "process_phone_number": dict.fromkeys(("party", "use", "call")),
    "get_updated_entity_fields": dict.fromkeys(("entity", "kind", "role", "call", "filed")),
    "get_updated_activity_fields": dict.fromkeys(("activity", "call", "filed")),
    "post_registration": dict.fromkeys(("call", "filed")),
}


def asked(hook, *functions, **arguments):
    """Ask functions, named a, b, c in their order; options of `ask` are taken out of the arguments."""
    implementations = [implementation(hook, each, chr(97 + at)) for at, each in enumerate(functions)]
    names = ("extras", "limit_seconds", "deadline", "stuck")
    options = {name: arguments.pop(name) for name in names if name in arguments}
    return ask(hook, implementations, {**ARGUMENTS[hook], "params": {}, "fields": {}, **arguments}, **options)


def outcomes(result):
    """Plugin and outcome of each entry."""
    return [(entry.plugin, entry.outcome.value) for entry in result.trace]


@pytest.fixture
def stuck_until():
    """An event that ends the sleeping hooks of a test, set when it is over."""
    event = threading.Event()
    yield event
    event.set()


class TestChain:
    """Values go from one to the next."""

    def test_each_gets_what_the_one_before_left(self):
        """And the last one has the last word."""
        result = asked(
            "process_final_params",
            lambda params: {**params, "USER_ID": params["USER_ID"] + 1},
            lambda params: {**params, "USER_ID": params["USER_ID"] * 10},
            params={"USER_ID": 1},
        )
        assert result.answer == {"USER_ID": 20}
        assert not result.is_default

    def test_the_trace_tells_what_each_changed(self):
        """Added, changed, removed."""
        params = {"USER_ID": 1, "COST": 2.0}
        result = asked("process_final_params", lambda: {"USER_ID": 7, "VOTE": 5}, params=params)
        change = result.trace[0].change
        assert (change.added, change.changed, change.removed) == (
            {"VOTE": 5},
            {"USER_ID": (1, 7)},
            {"COST": 2.0},
        )
        assert str(change) == "+VOTE=5, USER_ID: 1 → 7, -COST"

    def test_a_value_that_is_no_dict_tells_old_and_new(self):
        """A number."""
        result = asked("process_phone_number", lambda: "8", number=PhoneNumber("7"))
        assert (result.trace[0].change.old, result.trace[0].change.new) == (
            PhoneNumber("7"),
            PhoneNumber("8"),
        )

    def test_each_gets_a_private_copy(self):
        """Changing it in place changes nobody else's, and the author is told of the slip."""

        def forgets(params):
            params["UF"].append(2)

        given = {"UF": [1]}
        result = asked("process_final_params", forgets, lambda params: params, params=given)
        assert given == result.answer == {"UF": [1]}
        assert "returned None" in result.trace[0].reason
        assert outcomes(result) == [("a", "left it"), ("b", "left it")]
        assert result.is_default

    def test_cancel_ends_it(self):
        """Nobody is asked afterwards, nothing is left to send."""
        result = asked("process_final_params", lambda: CANCEL, lambda: {"VOTE": 1})
        assert (result.is_cancelled, result.answer, outcomes(result)) == (True, None, [("a", "cancelled")])

    def test_cancel_of_what_cannot_be_cancelled_is_nonsense(self):
        """The next one is asked."""
        result = asked("process_phone_number", lambda: CANCEL, lambda: "2", number=PhoneNumber("1"))
        assert result.answer == PhoneNumber("2")
        assert "cannot be cancelled" in result.trace[0].reason

    def test_actions_are_collected_and_fields_merged(self):
        """From all plugins, in order."""
        one, two = Comment(Entity("lead", 1), "one"), Comment(Entity("lead", 1), "two")
        result = asked(
            "get_updated_entity_fields",
            lambda: [{"NAME": "a"}, one],
            lambda fields: [two, {"TITLE": fields["NAME"]}],
        )
        assert (result.answer, result.actions) == ({"NAME": "a", "TITLE": "a"}, (one, two))
        assert [entry.actions for entry in result.trace] == [(one,), (two,)]

    def test_cancel_drops_the_actions_of_others(self):
        """The whole request is not made."""
        result = asked("get_updated_entity_fields", lambda: Comment(Entity("lead", 1), "x"), lambda: CANCEL)
        assert (result.is_cancelled, result.actions) == (True, ())


class TestDecide:
    """The first answer counts."""

    def test_the_first_answer_that_is_not_none_counts(self):
        """The others are not asked."""
        result = asked("need_registration", lambda: None, lambda: False, lambda: True)
        assert result.answer is False
        assert outcomes(result) == [("a", "left it"), ("b", "answered")]

    def test_without_an_answer_the_default_holds(self):
        """Also when nobody is there."""
        assert asked("need_registration", lambda: None).answer is True
        assert asked("need_registration").answer is True
        assert asked("need_registration").is_default

    def test_one_that_fails_is_passed_over(self):
        """The next one decides."""
        result = asked("need_registration", lambda: 1 / 0, lambda: False)
        assert result.answer is False


def test_all_are_told_of_what_needs_no_answer():
    """One that fails does not spare the others."""
    told = []
    result = asked("post_registration", lambda: 1 / 0, lambda: told.append("b"), lambda: "thanks")
    assert told == ["b"]
    assert outcomes(result) == [("a", "failed"), ("b", "left it"), ("c", "nonsense")]


class TestFailure:
    """A guest can only fail alone."""

    def test_one_that_raises_is_named_with_error_and_line(self):
        """The others' answers stand."""

        def raises(params):
            raise ValueError(f"no user {params['USER_ID']}\nsecond line")

        result = asked(
            "process_final_params", lambda: {"USER_ID": 2}, raises, lambda params: {**params, "VOTE": 1}
        )
        assert result.answer == {"USER_ID": 2, "VOTE": 1}
        assert result.failures[0].reason.startswith("ValueError: no user 2 (test_asking.py, line ")

    def test_sys_exit_ends_nothing(self):
        """Nor does any other exception that is no `Exception`."""
        result = asked("process_final_params", lambda: sys.exit(3), params={"VOTE": 1})
        assert result.answer == {"VOTE": 1}
        assert outcomes(result) == [("a", "failed")]

    def test_nonsense_is_left_out(self):
        """With what came."""
        result = asked("process_final_params", lambda: "USER_ID=7", lambda params: {**params, "VOTE": 1})
        assert result.answer == {"VOTE": 1}
        assert "str 'USER_ID=7'" in result.failures[0].reason

    def test_an_object_that_cannot_even_be_looked_at_is_nonsense(self):
        """A dict that contains itself."""

        def endless():
            params = {}
            params["UF"] = params
            return params

        result = asked("process_final_params", endless, params={"VOTE": 1})
        assert result.answer == {"VOTE": 1}
        assert "RecursionError" in result.failures[0].reason

    def test_giving_up_is_no_failure(self):
        """It leaves the one out, with its reason."""

        def gives_up():
            raise GiveUp("no such line here")

        result = asked("process_final_params", gives_up)
        assert (result.trace[0].outcome, result.trace[0].reason) == (Outcome.GAVE_UP, "no such line here")
        assert result.failures == ()

    def test_retry_later_gets_out(self):
        """Nothing is decided; the note says who asked for it."""

        def later():
            raise RetryLater(30)

        with pytest.raises(RetryLater) as caught:
            asked("process_final_params", lambda: {"VOTE": 1}, later)
        assert caught.value.seconds == 30
        assert caught.value.__notes__ == ["asked for by plugin 'b' in hook 'process_final_params'"]

    def test_retry_later_without_a_time_is_nonsense(self):
        """It would be asked again at once, for ever."""

        def later():
            raise RetryLater(-1)

        assert outcomes(asked("process_final_params", later)) == [("a", "nonsense")]

    def test_an_argument_that_the_service_forgot_is_the_services_error(self):
        """Not the plugin's."""
        with pytest.raises(TypeError, match="without owner, filed, clients"):
            ask(
                "process_final_params",
                [implementation("process_final_params", lambda: None)],
                {"params": {}, "call": None, "user": None},
            )


class TestLimit:
    """Time is bounded, though a thread cannot be killed."""

    def test_one_that_is_too_slow_is_left_out(self, stuck_until):
        """The others are asked, on a new thread."""
        result = asked(
            "process_final_params", lambda: stuck_until.wait(30), lambda: {"VOTE": 1}, limit_seconds=0.02
        )
        assert result.answer == {"VOTE": 1}
        assert outcomes(result) == [("a", "too slow"), ("b", "answered")]
        assert "no answer after 0.02 s, its limit" in result.failures[0].reason

    def test_a_late_hook_can_neither_write_nor_remember(self, stuck_until):
        """Its `crm` and `store` are revoked, even a method that it took before."""
        late, wrote, ended = [], [], threading.Event()

        def hook(crm, store):
            write = crm.write
            stuck_until.wait(30)
            for act in (lambda: write("crm.lead.add"), lambda: store.set("a", 1)):
                try:
                    act()
                except RevokedError as error:
                    late.append(str(error))
            ended.set()

        class Crm:
            def write(self, method):
                wrote.append(method)

        extras = {"crm": lambda _: Crm(), "store": lambda _: {}}
        asked("process_final_params", hook, extras=extras, limit_seconds=0.02)
        stuck_until.set()
        assert ended.wait(10)
        assert wrote == []
        assert ["'crm' is no longer" in late[0], "'store' is no longer" in late[1]] == [True, True]

    def test_what_a_hook_keeps_is_dead_after_it(self):
        """A write belongs to one asking of one call."""
        kept = []
        asked("process_final_params", lambda crm: kept.insert(0, crm), extras={"crm": lambda _: {"a": 1}})
        with pytest.raises(RevokedError):
            kept[0].get("a")

    def test_a_shared_deadline_that_has_passed_asks_nobody(self):
        """They are named, and nobody waits."""
        now = [0.0]
        deadline = Deadline(1.5, clock=lambda: now[0])
        now[0] = 2.0
        result = asked("process_registration_params", lambda: {"USER_ID": 1}, deadline=deadline)
        assert outcomes(result) == [("a", "no time")]
        assert "the 1.5 s for all hooks of this moment were used up" in result.failures[0].reason

    def test_the_rest_of_a_shared_deadline_bounds_the_next(self, stuck_until):
        """Although its own limit is longer."""
        now = [0.0]
        deadline = Deadline(1.5, clock=lambda: now[0])
        now[0] = 1.48
        result = asked("process_registration_params", lambda: stuck_until.wait(30), deadline=deadline)
        assert "all that was left of the shared limit" in result.failures[0].reason

    def test_three_threads_that_do_not_come_back_are_reported(self, stuck_until):
        """Not two."""
        stuck = StuckThreads()

        def reported():
            return asked(
                "process_final_params", lambda: stuck_until.wait(30), limit_seconds=0.01, stuck=stuck
            ).stuck

        assert [reported() for _ in range(4)] == [(), (), ("a",), ("a",)]
        assert (stuck.count("a"), stuck.count("b")) == (4, 0)

    def test_a_thread_that_came_back_no_longer_counts(self, stuck_until):
        """It leaks nothing."""
        stuck = StuckThreads()
        for _ in range(2):
            asked("process_final_params", lambda: stuck_until.wait(30), limit_seconds=0.01, stuck=stuck)
        assert stuck.count("a") == 2
        stuck_until.set()
        for job in stuck._jobs["a"]:
            assert job.done.wait(10)
        assert stuck.count("a") == 0


class TestArguments:
    """Each gets what it names."""

    def test_only_what_is_named_comes(self):
        """Also arguments with a default."""
        result = asked(
            "process_final_params", lambda call=None: {"UF": call.key}, call=make_call(key="main/9")
        )
        assert result.answer == {"UF": "main/9"}

    def test_extra_arguments_are_made_for_the_plugin(self):
        """By its name, only when it names them."""
        made = []
        extras = {"settings": lambda plugin: made.append(plugin) or {"by": plugin}}
        result = asked("process_final_params", lambda: None, lambda settings: {**settings}, extras=extras)
        assert (result.answer, made) == ({"by": "b"}, ["b"])

    def test_an_extra_argument_that_is_not_there_fails_the_one_that_names_it(self):
        """With a sentence."""
        result = asked("process_final_params", lambda crm: crm)
        assert "'crm' cannot be had here" in result.failures[0].reason

    def test_a_lazy_argument_is_fetched_once_and_only_when_named(self):
        """It is the true value then, `None` included."""
        fetched = []
        lazy = Lazy(lambda: fetched.append(1))
        asked("get_updated_activity_fields", lambda call: None, activity=lazy)
        assert fetched == []
        result = asked(
            "get_updated_activity_fields",
            *[lambda activity: {"SUBJECT": str(activity is None)}] * 2,
            activity=lazy,
        )
        assert (fetched, result.answer) == ([1], {"SUBJECT": "True"})

    def test_a_lazy_list_is_fetched_when_looked_into(self):
        """Naming it costs nothing."""
        fetched = []
        clients = LazySequence(lambda: fetched.append(1) or [Entity("lead", 1)])
        asked("process_registration_params", lambda clients: None, clients=clients)
        assert fetched == []
        result = asked("process_registration_params", lambda clients: {"N": len(clients)}, clients=clients)
        assert (fetched, result.answer) == ([1], {"N": 1})

    def test_a_fetch_may_ask_for_a_retry(self):
        """The CRM is down: the hook is asked again later, not left out."""

        def down():
            raise RetryLater(60, "the portal is down")

        with pytest.raises(RetryLater):
            asked("get_updated_activity_fields", lambda activity: None, activity=Lazy(down))


class TestThreads:
    """No more of them than needed."""

    def test_one_thread_serves_all_asks_of_an_asking_thread(self):
        """It is not the asking one."""
        seen = []
        for _ in range(3):
            asked("process_final_params", *[lambda: seen.append(threading.get_ident())] * 2)
        assert len(seen) == 6
        assert len(set(seen)) == 1
        assert threading.get_ident() not in seen

    def test_an_ask_of_nobody_needs_none(self):
        """And hands back the very value."""
        params = {"USER_ID": 1}
        started = threading.active_count()
        result = asked("process_final_params", params=params)
        assert result.answer is params
        assert (result.trace, threading.active_count()) == ((), started)

    def test_a_workers_thread_ends_with_its_asking_thread(self):
        """Nothing is left behind."""
        workers = []
        thread = threading.Thread(
            target=lambda: asked("process_final_params", lambda: workers.append(threading.current_thread()))
        )
        thread.start()
        thread.join()
        workers[0].join(10)
        assert not workers[0].is_alive()
