"""An account's table of rules among the hooks: who has which word, and what nobody wants costs nothing."""

from dataclasses import replace

import pytest

from itgrix_core.filing.conditions import Condition, Row, RuleTable
from itgrix_core.filing.lists import Lists, Names
from itgrix_core.filing.missed import MissedRules
from itgrix_core.filing.rules import Rules
from itgrix_hooks.table import HOOKS
from itgrix_hooks.values import Disposition, PhoneNumber

EVERYBODY = Row("texts", description="Waited {wait} s", task_title="Call {number}")


def rules(*rows, **more):
    """An account's rules with these rows."""
    return Rules(table=RuleTable(rows), **more)


def owners(office):
    """On whom each call was booked."""
    return [finish["USER_ID"] for finish in office.crm.of("finish")]


def described(office):
    """What each entry says."""
    return [params["fields"] for params in office.crm.of("activity")]


def missed_calls(story, *numbers):
    """A missed call of each number."""
    for place, number in enumerate(numbers):
        told = story()
        told.call = replace(told.call, client_number=PhoneNumber(number), key=f"main/{place}")
        yield told.start().ring("101").stop("101").end(Disposition.MISSED)


# ---- the order ---------------------------------------------------------------------------------------------
def test_code_has_the_last_word(office, missed):
    """It sees what the rule left, and may change it."""
    seen = []

    def process_final_params(params):
        seen.append(params["USER_ID"])
        return {**params, "USER_ID": 13}

    office.rules = rules(Row("duty", owners=(12,)))
    office.hooks(process_final_params=process_final_params)
    office.file(missed)
    assert (seen, owners(office)) == ([12], [13])


def test_code_lets_in_what_a_rule_keeps_out(office, answered):
    """Of a decision the most local answer counts."""
    office.rules = rules(Row("out", file=False))
    office.hooks(need_registration=lambda: True)
    office.file(answered)
    assert office.crm.kinds.count("register") == 1


def test_a_rule_keeps_out_what_nobody_else_speaks_of(office, answered):
    """And the log names the rule."""
    office.rules = rules(Row("private", file=False))
    office.hooks(need_registration=lambda: None)
    office.file(answered)
    assert office.crm.sent == []
    (why,) = office.looker.of("skipped")
    assert why == 'need_registration: rule "private" said no at conversation_requested'


def test_no_rule_opens_the_wall(office, answered):
    """`never` is the operator's own word."""
    number = str(answered.call.client_number)
    office.rules = rules(Row("in", file=True), lists=Lists(never=Names(numbers=(number,))))
    office.hooks(need_registration=lambda: True)
    office.file(answered)
    assert office.crm.sent == []


def test_an_exception_stands_before_its_rule(office, answered):
    """The first row that fits and says something about it counts."""
    office.rules = rules(Row("friend", file=True), Row("out", file=False))
    office.file(answered)
    assert office.crm.kinds.count("finish") == 1


# ---- each effect -------------------------------------------------------------------------------------------
def test_effects_are_found_each_by_itself(office, answered):
    """The row with the owner says nothing of texts; the next one does."""
    office.rules = rules(Row("duty", owners=(12,)), EVERYBODY)
    office.file(answered)
    assert owners(office) == [12]
    assert [fields["DESCRIPTION"] for fields in described(office)] == ["Waited 4 s"]


def test_several_owners_take_turns_and_a_retry_skips_nobody(office, story):
    """Fairly, as `store.turn` has it."""
    office.rules = rules(Row("turn", owners=(11, 12, 13)))
    for told in missed_calls(story, *(f"+1555010020{n}" for n in range(6))):
        office.file(told)
        office.reopen()
        office.file(told)
    assert owners(office) == [11, 12, 13, 11, 12, 13]


def test_a_client_who_is_to_be_called_back_stays_with_his_owner(office, story):
    """However often he calls in vain; the next client is the next one's."""
    office.rules = rules(Row("turn", owners=(11, 12)), missed=MissedRules("task"))
    for told in missed_calls(story, "+15550100200", "+15550100200", "+15550100300"):
        office.file(told)
    assert owners(office) == [11, 11, 12]


def test_the_task_is_for_whom_the_rule_names_and_says_what_it_says(office, missed):
    """Number and owner of one and the same call."""
    office.rules = rules(Row("duty", owners=(12,)), EVERYBODY, missed=MissedRules("task"))
    office.file(missed)
    (task,) = office.crm.of("ask to call back")
    assert (task["fields"]["RESPONSIBLE_ID"], task["fields"]["TITLE"]) == (12, "Call +15550100200")


@pytest.mark.parametrize(
    ("client", "written"), [("unknown", [{"COMMENTS": "+15550100200"}]), ("known", [])], ids=["new", "known"]
)
def test_what_the_call_created_is_a_client_whom_nobody_knew(office, answered, client, written):
    """The CRM made lead 5 at the registration; it is written without being read."""
    fields = {"lead": {"COMMENTS": "{number}"}, "contact": {"COMMENTS": "never"}}
    office.rules = rules(Row("new", Condition(client=client), fields=fields))
    office.file(answered)
    assert [params["fields"] for params in office.crm.of("entity")] == written
    assert ("entity", ("lead", 5)) not in office.crm.asked


# ---- what it costs -----------------------------------------------------------------------------------------
def test_a_hook_that_no_rule_is_about_costs_nothing(office, answered):
    """The built-in is not asked, nothing more is sent; a row about owners wakes one hook."""
    office.rules = rules(Row("night", Condition(directions=frozenset({"outbound"})), owners=(12,)))
    office.file(answered)
    asked = office.looker.of("asked")
    assert {each.hook for each in asked if "crm_rules" in [e.plugin for e in each.trace]} == {
        "process_final_params"
    }
    assert not {"activity", "entity"} & set(office.crm.kinds)


def test_each_effect_has_a_hook_that_the_built_in_answers(office):
    """A row about it wakes that hook and no other."""
    plugins = office.wired().plugins
    for effect, hook in {"file": "need_registration", "owners": "process_final_params"}.items():
        table = RuleTable((Row("x", **{effect: True if effect == "file" else (1,)}),))
        assert [name for name in HOOKS if table.answers(name)] == [hook]
        assert "crm_rules" in [one.plugin for one in plugins.implementations(hook)]
        assert "crm_rules" not in [one.plugin for one in plugins.implementations(hook, {})]
