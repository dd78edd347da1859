"""One call as one phone sees it: what a script can do with it, when what happened, and the SIP below."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from rigkit import sip
from rigkit.sound import Sound

if TYPE_CHECKING:
    from rigkit.phone import Phone
    from rigkit.sip import SipMessage


class PhoneCall:
    """A call of a phone, placed or received.

    Times are Unix seconds, `None` as long as it has not happened.

    Attributes:
        dialled: what was dialled.
        caller, caller_name: who calls, as shown by the phone.
        began_at, rang_at, answered_at, ended_at: when.
        ended_by: "local" (this phone) or "remote".
        code: the final SIP code: 200 answered, 487 given up, 486 busy, 603 declined, …
        reason: why the other side says that it ended (`Reason` header, or the response's phrase).
    """

    def __init__(self, phone: Phone, invite: SipMessage, *, placed: bool) -> None:
        self.phone = phone
        self.placed = placed
        self.invite = invite
        self.call_id = invite.get("Call-ID")
        self.dialled = sip.user_of(invite.uri)
        self.caller, self.caller_name = sip.user_of(invite.get("From")), sip.name_of(invite.get("From"))
        self.began_at = time.time()
        self.rang_at: float | None = None
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.ended_by = ""
        self.code = 0
        self.reason = ""
        self._tag = sip.tag_of(invite.get("From")) if placed else secrets.token_hex(5)
        self._remote = invite.get("To") if placed else invite.get("From")
        self._target = invite.uri if placed else sip.uri_of(invite.get("Contact"))
        self._number = invite.number
        self._last_reply: tuple[str, str] = ("", "")
        self._sound: Sound | None = None
        self._offers = 0
        self._direction = "sendrecv"
        self._ringing, self._answered, self._ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    # ---- what a script does ----
    def ring(self) -> None:
        """Rings."""
        self._reply(self.invite, "180 Ringing")
        self.rang_at = time.time()
        self._ringing.set()
        self._note("rings", caller=self.caller, name=self.caller_name)

    async def answer(self) -> None:
        """Picks up."""
        self._reply(self.invite, "200 OK", await self._offer(self.invite))
        self.answered_at = time.time()
        self._answered.set()
        self._note("answers")

    async def send_early_sound(self) -> None:
        """Lets the caller hear something before anybody answers: an announcement of the network."""
        self._reply(self.invite, "183 Session Progress", await self._offer(self.invite))
        self.rang_at = time.time()
        self._ringing.set()
        self._note("sends early sound")

    async def hold(self, *, on: bool = True) -> None:
        """Puts the other side on hold, or takes it back."""
        self._direction = "sendonly" if on else "sendrecv"
        self._request("INVITE", body=self._description())
        self._note("puts on hold" if on else "takes off hold")

    async def press(self, keys: str) -> None:
        """Presses keys, one after another, as SIP INFO."""
        self._note("presses", keys=keys)
        for key in keys:
            body = f"Signal={key}\r\nDuration=120\r\n"
            self._request("INFO", body=body, content="application/dtmf-relay")
            await asyncio.sleep(0.2)

    def transfer(self, number: str, consulted: PhoneCall | None = None) -> None:
        """Sends the other side to a number (REFER), or into the call in which that number was consulted."""
        target = f"sip:{number}@{self.phone.address}"
        if consulted is not None:
            dialog = f"{consulted.call_id};to-tag={sip.tag_of(consulted._remote)};from-tag={consulted._tag}"
            target += f"?Replaces={quote(dialog, safe='')}"
        more = [("Refer-To", f"<{target}>"), ("Referred-By", f"<sip:{self.phone.name}@{self.phone.address}>")]
        self._request("REFER", more=more)
        self._note("transfers", to=number, attended=consulted is not None)

    def reject(self, code: int, reason: str) -> None:
        """Refuses the call: 486 Busy Here, 603 Decline and so on."""
        self._reply(self.invite, f"{code} {reason}")
        self._end("local", code, reason)
        self._note("rejects", code=code, reason=reason)

    def hang_up(self) -> None:
        """Ends a talk, or gives up a call that was placed; nothing if it is over."""
        if self.over:
            return
        if self._answered.is_set():
            self._request("BYE")
            self._end("local", 200, "BYE")
            self._note("hangs up")
        else:
            self.phone.send(sip.write(*self._same_transaction("CANCEL")))
            self._end("local", 487, "CANCEL")
            self._note("gives up")

    def redirect(self, number: str) -> None:
        """Sends the caller elsewhere before answering, as a phone with its own forwarding does (302)."""
        self._reply(self.invite, "302 Moved Temporarily", contact=f"<sip:{number}@{self.phone.address}>")
        self._end("local", 302, "Moved Temporarily")
        self._note("redirects", to=number)

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self._ended.is_set()

    async def until_ringing(self, within: float = 20) -> None:
        """Waits until the other side rings."""
        await asyncio.wait_for(self._ringing.wait(), within)

    async def until_answered(self, within: float = 20) -> None:
        """Waits until it is answered."""
        await asyncio.wait_for(self._answered.wait(), within)

    async def until_over(self, within: float = 30) -> None:
        """Waits until it has ended."""
        await asyncio.wait_for(self._ended.wait(), within)

    # ---- what arrives ----
    def on_response(self, message: SipMessage) -> None:
        """Takes a response to a request of ours."""
        if message.method != "INVITE":
            return
        if sip.tag_of(message.get("To")):
            self._remote = message.get("To")
        if message.get("Contact"):
            self._target = sip.uri_of(message.get("Contact"))
        if message.code in (180, 183) and not self._ringing.is_set():
            self.rang_at = time.time()
            self._ringing.set()
            self._note("hears ringing", code=message.code)
        elif 200 <= message.code < 300:
            self._request("ACK", number=message.number)
            if not self._answered.is_set():
                self._listen(message)
                self.answered_at = time.time()
                self._answered.set()
                self._note("is connected")
        elif message.code >= 300:
            self.phone.send(sip.write(*self._same_transaction("ACK")))
            if not self.over:
                self._end("remote", message.code, message.reason)
                self._note("is refused", code=message.code, reason=message.reason)

    async def on_request(self, message: SipMessage) -> None:
        """Takes a request inside this call."""
        if message.method == "ACK":
            return
        if message.get("CSeq") == self._last_reply[0]:  # said again: our answer got lost
            self.phone.send(self._last_reply[1])
            return
        if message.get("CSeq") == self.invite.get("CSeq"):  # said again, and answered since
            return
        changes_sound = message.method in ("INVITE", "UPDATE") and message.body
        self._reply(message, "200 OK", await self._offer(message) if changes_sound else "")
        if message.method == "CANCEL" and not self._answered.is_set() and not self.over:
            self._reply(self.invite, "487 Request Terminated")
            self._end("remote", 487, message.get("Reason"))
            self._note("stops ringing", reason=self.reason)
        elif message.method == "BYE" and not self.over:
            self._end("remote", 200, message.get("Reason"))
            self._note("is hung up", reason=self.reason)

    def trying(self) -> None:
        """Tells Asterisk that the INVITE has arrived, so that it need not repeat it."""
        self._reply(self.invite, "100 Trying")

    def close(self) -> None:
        """Lets go of the sound port."""
        if self._sound is not None:
            self._sound.close()
            self._sound = None

    # ---- how ----
    def _note(self, what: str, **more: object) -> None:
        self.phone.diary.add(self.phone.name, what, call=self.call_id[:8], **more)

    def _end(self, by: str, code: int, reason: str) -> None:
        self.ended_at, self.ended_by, self.code, self.reason = time.time(), by, code, reason
        self._ended.set()
        self.close()

    async def _offer(self, message: SipMessage) -> str:
        """Our SDP; the other side's says where our sound goes."""
        if self._sound is None:
            self._sound = await Sound.open(self.phone.address)
        self._listen(message)
        return self._description()

    def _description(self) -> str:
        """Our SDP as it is now."""
        self._offers += 1
        return sip.audio_offer(self.phone.address, self._sound.port, self._offers, self._direction)

    def _listen(self, message: SipMessage) -> None:
        port = sip.audio_port(message)
        if port and self._sound is not None:
            self._sound.send_to((self.phone.address, port))

    def use(self, sound: Sound) -> None:
        """The sound port that the INVITE of a placed call has named."""
        self._sound = sound

    def _reply(self, request: SipMessage, status: str, body: str = "", contact: str = "") -> None:
        to = request.get("To")
        if not sip.tag_of(to) and not status.startswith("100"):
            to += f";tag={self._tag}"
        headers = [("Via", via) for via in request.all("Via")]
        headers += [("From", request.get("From")), ("To", to), ("Call-ID", self.call_id)]
        headers += [("CSeq", request.get("CSeq")), ("Contact", contact or self.phone.contact)]
        text = sip.write(f"SIP/2.0 {status}", headers, body)
        self._last_reply = (request.get("CSeq"), text)
        self.phone.send(text)

    def _request(
        self,
        method: str,
        number: int | None = None,
        *,
        more: list[tuple[str, str]] | None = None,
        body: str = "",
        content: str = "application/sdp",
    ) -> None:
        if number is None:
            self._number += 1
        ours = self.invite.get("From") if self.placed else f"{self.invite.get('To')};tag={self._tag}"
        headers = [
            ("Via", self.phone.via()),
            ("Max-Forwards", "70"),
            ("From", ours),
            ("To", self._remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{number or self._number} {method}"),
            ("Contact", self.phone.contact),
            *(more or []),
        ]
        self.phone.send(sip.write(f"{method} {self._target} SIP/2.0", headers, body, content))

    def _same_transaction(self, method: str) -> tuple[str, list[tuple[str, str]]]:
        """Start line and headers of a CANCEL, or of the ACK to a refusal: all as in the INVITE."""
        to = self._remote if method == "ACK" else self.invite.get("To")
        headers = [(name, self.invite.get(name)) for name in ("Via", "Max-Forwards", "From", "Call-ID")]
        headers += [("To", to), ("CSeq", f"{self.invite.number} {method}")]
        return f"{method} {self.invite.uri} SIP/2.0", headers
