"""Keeps one Asterisk connected.

Nothing can be done about a line that is lost but to notice it soon and to come back gently. So: connect, log
in, wait for FullyBooted, ask (`asking`), run. A Ping every `ping_seconds`; as long again without a byte is a
lost line. Then again, after a pause that doubles from try to try and never is the same for two services.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from itgrix_core.ami.actions import Headers
from itgrix_core.ami.asking import Asking
from itgrix_core.ami.client import AmiClient
from itgrix_core.ami.lag import Pace
from itgrix_core.ami.listening import OnChunk
from itgrix_core.ami.refusals import LoginRefusedError
from itgrix_core.ami.rights import missing_read_rights, missing_write_rights
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.errors import AmiError, ItgrixError
from itgrix_core.wire.messages import Message

OnState = Callable[[bool, str], None]
_STEP_SECONDS = 0.5
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long to wait before the next try.

    Attributes:
        first: seconds after the first failure; doubles from failure to failure.
        longest: seconds that it never exceeds; at once after a refused login, since fail2ban counts those.
        spread: up to this share is taken off at random, so that services do not come back in step.
    """

    first: float = 0.5
    longest: float = 30.0
    spread: float = 0.3

    def before(self, attempt: int, share: float) -> float:
        """Seconds before try number `attempt` (from 1); `share` is a random number from 0 to 1."""
        whole = min(self.longest, self.first * 2 ** min(attempt - 1, 30))
        return float(whole * (1 - self.spread * share))


@dataclass(frozen=True, slots=True)
class LineState:
    """What the page and `itgrix check` show of one Asterisk.

    Attributes:
        is_connected: logged in and running.
        connected_at: since when (Unix seconds); `None` when not.
        lost_at: since when there is no line (Unix seconds); `None` while connected and before the start.
        connections: how many sessions there were.
        events, bytes: how many came, over all sessions.
        events_per_second, bytes_per_second: over the last ten seconds.
        shed: how many events were left out because the consumer was behind.
        backlog_bytes: how much was read and waits for the consumer.
        lag_seconds: how old what came last was when it was understood, from its receipt.
        asterisk_lag_seconds: how late it came, by Asterisk's own times (`ami.lag`); 0 where it gives none.
        callback_errors: how often `on_chunk` or `on_state` raised.
        ami_version: from the banner.
        last_error: why the last session or try ended, "" if none has.
        missing_rights: a sentence for each right that manager.conf withholds.
    """

    is_connected: bool = False
    connected_at: float | None = None
    lost_at: float | None = None
    connections: int = 0
    events: int = 0
    bytes: int = 0
    events_per_second: float = 0.0
    bytes_per_second: float = 0.0
    shed: int = 0
    backlog_bytes: int = 0
    lag_seconds: float = 0.0
    asterisk_lag_seconds: float = 0.0
    callback_errors: int = 0
    ami_version: str = ""
    last_error: str = ""
    missing_rights: tuple[str, ...] = ()

    @property
    def reconnects(self) -> int:
        """How many sessions there were after the first."""
        return max(0, self.connections - 1)


class Supervisor:
    """One Asterisk, for as long as the service runs.

    Args:
        name: the Asterisk's name in the configuration, for the log.
        settings: where it is, who we are, how often we look.
        on_chunk: gets whole blocks of the stream as they came and when (Unix seconds), in order, in a thread
            of the client's; the first chunk of a session begins with the banner. It may be slow and may ask.
        on_state: told when a session runs or has ended, with a sentence; in the supervisor's thread.
        pauses: how long to wait between tries.
        clock: Unix time.
        backlog_limit: bytes that may wait for `on_chunk` before events are shed; `None`: as the client.
        dice: random numbers from 0 to 1.
    """

    def __init__(
        self,
        name: str,
        settings: AsteriskSettings,
        on_chunk: OnChunk,
        on_state: OnState = lambda _is_connected, _reason: None,
        *,
        pauses: Pauses | None = None,
        clock: Callable[[], float] = time.time,
        backlog_limit: int | None = None,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self._settings = settings
        self._on_state = on_state
        self._pauses = pauses or Pauses()
        self._clock = clock
        self._dice = dice
        self._state = LineState()
        self._pace = Pace()
        self._is_lagging = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._step = min(_STEP_SECONDS, settings.ping_seconds / 4, settings.resync_seconds / 4)
        options = {} if backlog_limit is None else {"backlog_limit": backlog_limit}
        self._client = AmiClient(
            settings.host,
            settings.port,
            timeout=settings.connect_timeout_seconds,
            tls=settings.tls,
            on_chunk=on_chunk,
            clock=clock,
            **options,
        )

    @property
    def state(self) -> LineState:
        """How the line is now."""
        client = self._client
        events, size = self._pace.per_second
        return replace(
            self._state,
            events=client.events,
            bytes=client.bytes,
            events_per_second=events,
            bytes_per_second=size,
            shed=client.shed,
            backlog_bytes=client.backlog.waiting,
            lag_seconds=client.lag.ours,
            asterisk_lag_seconds=client.lag.asterisks,
            callback_errors=self._state.callback_errors + client.callback_errors,
            ami_version=client.ami_version,
        )

    def start(self) -> None:
        """Begin to keep the line, in a thread of its own; returns at once."""
        self._state = replace(self._state, lost_at=self._clock())
        self._thread = threading.Thread(target=self._run, name=f"ami-{self.name}-supervisor", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> bool:
        """End; what was read is delivered before. `False` when that takes longer than `timeout` seconds."""
        self._stopping.set()
        self._client.disconnect()
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def send(self, action: Headers) -> None:
        """Send an action; its response arrives in the stream only.

        Raises:
            AmiError: not connected.
            ValueError: a header would break its line.
        """
        try:
            self._client.post(action)
        except OSError as error:
            raise AmiError(f"Asterisk {self.name!r} is not connected: {error}") from None

    def ask(self, action: Headers, timeout: float | None = None) -> Message:
        """Send an action and wait for its response, which arrives in the stream as well.

        May be called from any thread, from `on_chunk` too.

        Raises:
            AmiError: not connected, or no response within `timeout` seconds.
            ValueError: a header would break its line.
        """
        return self._client.ask(action, timeout)

    # -- the life of the line

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            reason, is_refused = self._try()
            self._client.disconnect()
            self._client.join()  # the next session's chunks come after this one's, however slow
            lasted = time.monotonic() - began
            if self._state.is_connected and lasted > self._pauses.before(failures, 0.0):
                failures = 0
            failures += 1
            pause = self._pauses.longest if is_refused else self._pauses.before(failures, self._dice())
            lost_at = self._clock() if self._state.is_connected else self._state.lost_at
            self._state = replace(
                self._state, is_connected=False, connected_at=None, lost_at=lost_at, last_error=reason
            )
            self._pace = Pace()
            if not self._stopping.is_set():
                _log.warning("Asterisk %s: %s; next try in %.1f s", self.name, reason, pause)
            self._tell(False, reason)
            self._stopping.wait(pause)

    def _try(self) -> tuple[str, bool]:
        """One session; why it ended, and whether that was a refused login."""
        try:
            return self._session(), False
        except LoginRefusedError as error:
            return str(error), True
        except ItgrixError as error:
            return str(error), False
        except Exception as error:  # noqa: BLE001 - whatever it was, the line is to be kept
            _log.exception("Asterisk %s: the session failed", self.name)
            return f"a fault of ours: {error!r}", False

    def _session(self) -> str:
        """One connection from the first byte to the last; returns why it ended.

        Raises:
            AmiError: it did not come so far as to run.
        """
        settings, client = self._settings, self._client
        client.open_session(settings.username, settings.secret.get_secret_value(), auth=settings.auth)
        refused = missing_write_rights(settings.username, client.ask({"Action": "ListCommands"}))
        self._state = replace(
            self._state,
            is_connected=True,
            connected_at=self._clock(),
            lost_at=None,
            connections=self._state.connections + 1,
            missing_rights=(),
        )
        self._name_missing(refused)
        _log.info("Asterisk %s: connected, AMI %s", self.name, client.ami_version)
        self._tell(True, f"connected to {client.where}, AMI {client.ami_version}")
        self._await_boot()
        return self._keep(refused)

    def _await_boot(self) -> None:
        """Wait for FullyBooted; not for ever, since without the right to read `system` it never comes."""
        until = time.monotonic() + self._settings.connect_timeout_seconds
        while self._is_running() and time.monotonic() < until and not self._client.booted.wait(self._step):
            pass

    def _keep(self, refused: list[str]) -> str:
        """Ping and ask until the connection ends; returns why it did."""
        client, settings = self._client, self._settings
        asking = Asking(settings.resync_seconds, is_booted=client.booted.is_set())
        pinged_at = 0.0
        while self._is_running():
            now = time.monotonic()
            is_waiting = pinged_at > client.last_read_at
            if is_waiting and now - pinged_at >= settings.ping_seconds:
                return f"{client.where} gave no sign of life for {client.silent_seconds:.1f} s"
            with contextlib.suppress(OSError):  # the line is lost: the client says so
                if now - pinged_at >= settings.ping_seconds:
                    pinged_at = now
                    client.post({"Action": "Ping"})
                is_booted, is_short = client.booted.is_set(), client.backlog.take_shortage()
                for action in asking.due(now, is_booted, client.reloads, is_short=is_short):
                    client.post(action)
            unread = missing_read_rights(settings.username, client.booted.is_set(), client.witness)
            self._name_missing(refused + unread)
            self._measure(now)
            client.finished.wait(self._step)
        return str(client.error or ("stopped" if self._stopping.is_set() else "logged off"))

    def _measure(self, now: float) -> None:
        """Note the pace; say once that we, or Asterisk, lag behind, and once that it is over."""
        client, limit = self._client, self._settings.lag_seconds
        self._pace.note(now, client.events, client.bytes)
        ours, theirs = client.lag.ours, client.lag.asterisks
        if not self._is_lagging and max(ours, theirs) > limit:
            self._is_lagging = True
            who, lag = ("we are", ours) if ours >= theirs else ("it is", theirs)
            _log.warning(
                "Asterisk %s: %s %.1f s behind; %d bytes wait, %d events were left out so far",
                self.name, who, lag, client.backlog.waiting, client.shed,
            )  # fmt: skip
        elif self._is_lagging and max(ours, theirs) <= limit / 2:
            self._is_lagging = False
            _log.info("Asterisk %s: no longer behind", self.name)

    def _is_running(self) -> bool:
        return not (self._stopping.is_set() or self._client.finished.is_set())

    def _name_missing(self, sentences: list[str]) -> None:
        """Log each missing right once, and keep all for the page."""
        for sentence in sentences:
            if sentence not in self._state.missing_rights:
                _log.warning("Asterisk %s: %s", self.name, sentence)
        self._state = replace(self._state, missing_rights=tuple(sentences))

    def _tell(self, is_connected: bool, reason: str) -> None:
        try:
            self._on_state(is_connected, reason)
        except Exception:  # noqa: BLE001 - it is not our code
            self._state = replace(self._state, callback_errors=self._state.callback_errors + 1)
            _log.exception("Asterisk %s: on_state failed", self.name)
