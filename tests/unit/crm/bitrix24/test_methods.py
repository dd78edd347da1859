import pytest

from itgrix_core.crm.bitrix24.methods import Repeat, is_reading, repeat_of


@pytest.mark.parametrize(
    "method",
    [
        "crm.lead.list", "CRM.Lead.Get", "crm.item.fields", "user.search", "user.current", "profile", "scope",
        "crm.duplicate.findbycomm", "telephony.externalCall.searchCrmEntities", "voximplant.statistic.get",
        "crm.settings.mode.get", "crm.activity.call.getTranscript", "crm.company.contact.items.get",
    ],
)  # fmt: skip
def test_questions_may_be_read(method):
    """Hooks may ask them, in any spelling."""
    assert is_reading(method)


@pytest.mark.parametrize(
    "method",
    [
        "crm.lead.add", "crm.lead.update", "crm.lead.delete", "crm.company.contact.items.set", "batch",
        "event.offline.get", "telephony.externalCall.register", "im.notify.system.add",
        "crm.lead.get/../crm.lead.add", "crm.lead.delete?x=.get", "", "crm.lead.list.json/crm.lead.add",
    ],
)  # fmt: skip
def test_everything_else_counts_as_writing(method):
    """event.offline.get takes events away; a batch may hold anything; no address tricks."""
    assert not is_reading(method)


@pytest.mark.parametrize(
    ("method", "repeat"),
    [
        ("telephony.externalcall.register", Repeat.BLIND),
        ("telephony.externalCall.show", Repeat.BLIND),
        ("telephony.externalCall.hide", Repeat.BLIND),
        ("crm.activity.update", Repeat.BLIND),
        ("crm.lead.get", Repeat.BLIND),
        ("crm.deal.update", Repeat.BLIND),
        ("crm.contact.update", Repeat.LOOK_FIRST),
        ("telephony.externalCall.finish", Repeat.LOOK_FIRST),
        ("telephony.externalCall.attachRecord", Repeat.LOOK_FIRST),
        ("crm.activity.binding.add", Repeat.LOOK_FIRST),
        ("crm.lead.add", Repeat.NEVER),
        ("tasks.task.add", Repeat.NEVER),
        ("crm.timeline.comment.add", Repeat.NEVER),
        ("crm.lead.delete", Repeat.NEVER),
        ("batch", Repeat.NEVER),
    ],
)
def test_each_method_has_its_policy(method, repeat):
    """What is not in the table is never repeated blindly."""
    assert repeat_of(method) is repeat
