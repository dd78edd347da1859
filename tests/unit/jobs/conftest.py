"""An office in memory: a CRM that does as it is told, hooks written in the test, a database of its own."""

from collections import defaultdict, deque
from dataclasses import replace
from threading import Event, Thread
from types import SimpleNamespace

import pytest

from itgrix_core.config.schema import BitrixSettings, HookSettings
from itgrix_core.crm import urgency
from itgrix_core.crm.adapter import Blocked, Done, Refused, Step, Unknown
from itgrix_core.crm.bitrix24.adapter import BitrixAdapter
from itgrix_core.crm.bitrix24.answers import entity_of, filed_of
from itgrix_core.crm.bitrix24.params import params_of
from itgrix_core.filing.rules import Rules
from itgrix_core.jobs.accounts import Account, Accounts
from itgrix_core.jobs.awaiting import Place
from itgrix_core.jobs.codec import job_of
from itgrix_core.jobs.delivery import Delivery
from itgrix_core.jobs.performing import Performer
from itgrix_core.jobs.questions import Tools
from itgrix_core.jobs.recording import RecordingJobs
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.effects import Effects
from itgrix_core.outbox.engine import Attempt
from itgrix_core.outbox.memory import MemoryEngine
from itgrix_core.plugins.loading import Register
from itgrix_core.plugins.manager import Plugins
from itgrix_core.plugins.records import Level
from itgrix_core.plugins.sources import Found, built_ins
from itgrix_core.recordings.folder import FolderSource
from itgrix_core.recordings.workshop import Workshop
from itgrix_core.sandbox.bitrix import Settings, run_portal
from itgrix_core.sandbox.bitrix.directory import Category
from itgrix_core.sandbox.bitrix.seed import default_seed, phones
from itgrix_hooks import hookimpl
from itgrix_hooks.testing import BEGAN, FakePbx
from itgrix_hooks.values import Activity, Disposition, Result, User

ANSWERS = {
    "register": {"CALL_ID": "c1", "CRM_ENTITY_TYPE": "LEAD", "CRM_ENTITY_ID": 5, "CRM_CREATED_LEAD": 5},
    "finish": {"CALL_ID": "c1", "CRM_ACTIVITY_ID": 77, "CRM_ENTITY_TYPE": "LEAD", "CRM_ENTITY_ID": 5},
    "create": 501,
    "create for call": 601,
    "ask to call back": {"task": {"id": 71}},
    "attach": {"FILE_ID": 900},
}


@pytest.fixture
def database(tmp_path):
    """An open database in an empty folder."""
    with Database(tmp_path / "var") as opened:
        yield opened


class FakeCrm:
    """An adapter with Bitrix24's fields and no portal.

    Attributes:
        sent: steps that reached the CRM, executed or not.
        asked: other questions, as (what, about what).
        found: what looking up a step of a kind says; `None` (not executed) if nothing is set.
        users: extension to employee. `clients`: the entities of any number; `deals`: by client's id.
        staff: numbers outside of employees. `with_leads`: the mode.
        broken: raised by every question from outside, if set.
        live: of each time steps were sent, whether it was for a live call.
    """

    name = "fake"

    def __init__(self):
        self.sent = []
        self.asked = []
        self.found = {}
        self.users = {"101": User(11, "Ann"), "102": User(12, "Bob"), "103": User(13, "Cid")}
        self.clients = ()
        self.ties = ()
        self.deals = {}
        self.staff = set()
        self.with_leads = True
        self.is_open = True
        self.broken = None
        self.live = []
        self._says = defaultdict(deque)

    def says(self, kind, *outcomes):
        """Queue outcomes of the next steps of a kind."""
        self._says[kind].extend(outcomes)

    @property
    def kinds(self):
        """What was sent, by kind."""
        return [step.command.kind for step in self.sent]

    def of(self, kind):
        """The params of all sent steps of a kind."""
        return [step.params for step in self.sent if step.command.kind == kind]

    def params_of(self, command, filed):
        """As Bitrix24's."""
        return params_of(command)

    def perform(self, steps, filed, now):
        """As it was told, else done."""
        self.live.append(urgency.current().is_live)
        outcomes = []
        for step in steps:
            kind = step.command.kind
            self.sent.append(step)
            outcomes.append(self._says[kind].popleft() if self._says[kind] else Done(ANSWERS.get(kind, True)))
            if not isinstance(outcomes[-1], Done):
                break
        return outcomes + [Blocked("waiting", "waits", 0.0)] * (len(steps) - len(outcomes))

    def look_up(self, step, filed):
        """As it was told."""
        self.asked.append(("look_up", step.key))
        return self.found.get(step.command.kind)

    def filed(self, effects):
        """As Bitrix24's."""
        return filed_of(effects)

    def created(self, kind, answer):
        """As Bitrix24's."""
        return entity_of(kind, answer)

    def user_of_extension(self, extension):
        """From `users`."""
        self._ask("user_of_extension", extension)
        return self.users.get(extension)

    def user(self, user_id):
        """From `users`."""
        self._ask("user", user_id)
        return next((user for user in self.users.values() if user.id == user_id), None)

    def clients_of(self, number):
        """All of them."""
        self._ask("clients_of", str(number))
        return self.clients

    def open_clients(self, number):
        """All of them."""
        self._ask("open_clients", str(number))
        return self.clients

    def tied_to(self, activity_id):
        """What `ties` says, whatever the activity."""
        return self.ties

    def open_deal(self, client):
        """From `deals`."""
        self._ask("open_deal", client.id)
        return self.deals.get(client.id)

    def is_employee(self, number):
        """From `staff`."""
        return str(number) in self.staff

    def has_leads(self):
        """As it is set."""
        return self.with_leads

    def call_back_id(self, answer):
        """As Bitrix24's."""
        return answer["task"]["id"] if answer else None

    def is_call_back_open(self, form, item_id):
        """As it is set."""
        self._ask("is_call_back_open", (form, item_id))
        return self.is_open

    def head_of(self, user_id):
        """User 17."""
        return 17

    def activity(self, activity_id):
        """With a subject."""
        self._ask("activity", activity_id)
        return Activity(activity_id, {"SUBJECT": "a call"})

    def entity(self, kind, entity_id):
        """With a name."""
        self._ask("entity", (kind, entity_id))
        return entity_of(kind, entity_id, {"TITLE": "A lead"})

    def read(self, method, params):
        """The method's name."""
        self._ask("read", method)
        return f"answer of {method}"

    def _ask(self, what, about):
        self.asked.append((what, about))
        if self.broken:
            raise self.broken


class Looker:
    """A watcher that keeps what it is told, as (what, particulars)."""

    def __init__(self):
        self.told = []

    def of(self, what):
        """All that was told of one kind."""
        return [particulars for kind, particulars in self.told if kind == what]

    def happened(self, event):
        """An event."""
        self.told.append(("happened", event))

    def odd(self, oddity):
        """An oddity."""
        self.told.append(("odd", oddity))

    def asked(self, call, asked):
        """A hook."""
        self.told.append(("asked", asked))

    def performed(self, call, step, outcome):
        """A request."""
        self.told.append(("performed", (step.command.kind, type(outcome).__name__)))

    def skipped(self, call, why):
        """Not filed."""
        self.told.append(("skipped", why))

    def closed(self, call):
        """Filed."""
        self.told.append(("closed", call.key))


class Office:
    """Everything that delivery needs; `reopen` is what a crash leaves: the database alone.

    `hooks(need_registration=function, …)` adds a plugin; `rules` are the account's.
    """

    def __init__(self, folder):
        self.folder = folder
        self.crm = FakeCrm()
        self.rules = Rules()
        self.now = BEGAN
        self.recordings = {}
        self._plugins = []
        self.reopen()

    def reopen(self):
        """A new process on the same data folder."""
        if hasattr(self, "database"):
            self.database.close()
        self.database = Database(self.folder / "var")
        self.database.upgrade()
        self.effects = Effects(self.database)
        self.engine = MemoryEngine()
        self.looker = Looker()
        self.tools = self._recorder = None
        self.workshop = Workshop(self.folder / "audio")
        return self

    def hooks(self, name="guest", **functions):
        """Add a plugin of these functions."""
        holder = SimpleNamespace()
        vars(holder).update({hook: hookimpl(function) for hook, function in functions.items()})
        self._plugins.append(Found(name, Level.SITE, "test", lambda: holder))
        self.tools = self._recorder = None

    @property
    def account(self):
        """The only one."""
        return Account("fake", self.crm, self.rules)

    @property
    def accounts(self):
        """The only one, for any PBX of the tests."""
        return Accounts({"fake": self.account}, {"main": "fake"}, {})

    @property
    def performer(self):
        """What sends."""
        return self.wired().performer

    def wired(self):
        """The tools, made once per process."""
        if self.tools is None:
            register = Register()
            for found in [*built_ins(), *self._plugins]:
                register.add(found, ())
            plugins = Plugins(register, HookSettings(), [])
            wrong = [record for record in plugins.records if record.reason]
            assert not wrong
            performer = Performer(self.effects, self.looker)
            pbxes = {"main": FakePbx()}
            self.tools = Tools(plugins, performer, self.database, self.looker, pbxes)
        return self.tools

    def deliver(self, jobs, attempt=1):
        """Hand jobs to delivery, once."""
        tools = self.wired()
        delivery = Delivery(self.accounts, tools, self.effects, self.engine, lambda _pbx: self.now)
        return delivery(jobs, Attempt(attempt, self.now))

    def file(self, story):
        """All events of a story, turn by turn; the results."""
        jobs, results = [job_of(event, BEGAN) for event in story.events], []
        while jobs:
            results.append(self.deliver(jobs))
            jobs = jobs[getattr(results[-1], "count", 1) :]
        return results

    def work_off(self):
        """Let the engine's own lanes (later talks of filed calls) run until nothing waits."""
        stop, engine = Event(), self.engine
        worker = Thread(
            target=engine.run, args=(lambda jobs, _: self.deliver(jobs), stop), kwargs={"workers": 1}
        )
        worker.start()
        assert engine.wait_until_drained(10)
        stop.set()
        engine.wake()
        worker.join()

    def record(self, jobs, attempt=1):
        """Hand a job to the recordings' lane, once."""
        places = {
            name: each if isinstance(each, Place) else Place(FolderSource(each))
            for name, each in self.recordings.items()
        }
        if self._recorder is None:
            self._recorder = RecordingJobs(
                self.accounts, self.wired(), self.effects, places, self.workshop, lambda _pbx: self.now
            )
        return self._recorder(jobs, Attempt(attempt, self.now))

    def journal(self, call):
        """The call's effects as (kind, state)."""
        return [(effect.kind, effect.state.value) for effect in self.effects.of_call(call.key)]

    def step(self, command, key="k"):
        """A step of this command."""
        return Step(key, command, params_of(command))


@pytest.fixture
def office(tmp_path):
    """An office, closed afterwards."""
    made = Office(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def outcomes():
    """The outcomes that a CRM may have."""
    return SimpleNamespace(
        done=Done,
        refused=lambda why="other": Refused(why, f"no: {why}"),
        blocked=Blocked("unreachable", "the portal is down", 30.0),
        unknown=Unknown("no answer in time"),
    )


@pytest.fixture
def answered(story):
    """A call that 101 took while 102 rang as well."""
    told = story().start().ring("101", "102").answer("101").stop("102", Result.ANSWERED_ELSEWHERE)
    return told.stop("101", Result.ANSWERED).end(Disposition.ANSWERED)


@pytest.fixture
def missed(story):
    """A call that rang at 101 in vain."""
    return story().start().ring("101").stop("101").end(Disposition.MISSED)


@pytest.fixture
def unheard(story):
    """A call that rang nobody whom the CRM knows."""
    return story().start().ring("999").stop("999").end(Disposition.MISSED)


@pytest.fixture
def seed():
    """A portal's start: two pipelines, one client, whose lead is junk."""
    return replace(
        default_seed(),
        categories=(Category(0, "General"), Category(9, "Service")),
        contacts=(),
        companies=(),
        leads=({"TITLE": "Old", "PHONE": phones("+15550100200"), "ASSIGNED_BY_ID": 13, "STATUS_ID": "JUNK"},),
    )


@pytest.fixture
def portal_office(office, seed):
    """Offices at portals of a mode, with rules of creation."""
    opened = []

    def make(mode, *rules, **more):
        portal = run_portal(Settings(crm_mode=mode, limits=None), more.pop("seed", seed))
        adapter = BitrixAdapter(BitrixSettings(webhook=portal.webhook), "bitrix")
        opened.append((portal, adapter))
        office.crm, office.rules, office.portal = adapter, Rules(creation=rules, **more), portal.portal
        office.webhook = portal.webhook
        return office

    yield make
    for portal, adapter in opened:
        adapter.close()
        portal.stop()
