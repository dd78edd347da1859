"""A call as it happens, said in a few words: phones ring, answer and stop."""

from dataclasses import replace

import pytest

from itgrix_core.calls.events import (
    CallEnded,
    CallMerged,
    CallStarted,
    ConversationAccepted,
    ConversationEnded,
    ConversationRequested,
)
from itgrix_hooks.testing import BEGAN, make_call
from itgrix_hooks.values import Conversation, Result


class Story:
    """A call that lives: each word adds an event that carries the call as it is then."""

    def __init__(self, shape):
        conversations = [c for c in make_call(shape).conversations if c.is_caller]
        live = [replace(c, answered_at=None, ended_at=None, result=None) for c in conversations]
        self.call = make_call(
            shape,
            answered_at=None,
            ended_at=None,
            disposition=None,
            hangup_by=None,
            conversations=tuple(live),
            recordings=(),
        )
        self.at = BEGAN
        self.events = []

    def queue(self, name="700"):
        """The caller waits in a queue."""
        self._change(queue=name)
        return self

    def start(self):
        """The call begins."""
        return self._tell(CallStarted)

    def ring(self, *extensions, **facts):
        """These phones ring, perhaps once more."""
        for extension in extensions:
            again = sum(c.extension == extension for c in self.call.conversations)
            key = f"{BEGAN:.0f}.{extension}{'x' * again}"
            phone = Conversation(key, extension, was_rung=True, rang_at=self.at, **facts)
            self._change(conversations=(*self.call.conversations, phone))
            self._tell(ConversationRequested, conversation=key)
        return self

    def dial(self):
        """The employee who makes the call is heard of."""
        return self._tell(ConversationRequested, conversation=self.call.conversations[0].key)

    def answer(self, extension):
        """This employee and the other party hear each other."""
        self._change(answered_at=self.call.answered_at or self.at + 1)
        return self._of(extension, ConversationAccepted, answered_at=self.at + 1)

    def stop(self, extension, result=Result.NO_ANSWER, **facts):
        """This phone's part is over."""
        return self._of(extension, ConversationEnded, ended_at=self.at + 1, result=result, **facts)

    def end(self, disposition, *, is_provisional=False, **facts):
        """The call is over."""
        self._change(ended_at=self.at + 1, disposition=disposition, **facts)
        return self._tell(CallEnded, is_provisional=is_provisional)

    def merge(self, into="main/0.1"):
        """The call is a part of another."""
        return self._tell(CallMerged, into=into)

    def _of(self, extension, kind, **changes):
        at = [n for n, c in enumerate(self.call.conversations) if c.extension == extension][-1]
        phones = list(self.call.conversations)
        phones[at] = replace(phones[at], **changes)
        self._change(conversations=tuple(phones))
        return self._tell(kind, conversation=phones[at].key)

    def _change(self, **facts):
        self.call = replace(self.call, **facts)

    def _tell(self, kind, **more):
        self.at += 1
        self.events.append(kind(self.call, self.at, **more))
        return self


@pytest.fixture
def story():
    """`story()`: a call from outside; `story("outbound")`: one of ours."""
    return lambda shape="answered": Story(shape)
