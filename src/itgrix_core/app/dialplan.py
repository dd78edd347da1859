"""The dialplan's part of routing: the contexts that ask, ready to be pasted.

Both are subroutines: they ring the manager, or return, and then the call goes its usual way. A service that
is not there costs no time; one that hangs costs a second and a half: by CURL's own limit, or by that of the
channel, which ends the AGI and goes on at `T` (docs/facts/asterisk.md 97).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Style = Literal["freepbx", "plain"]
RING_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Doors:
    """Where the service answers; `None` for a door that is closed. `wait_seconds`: for how long one asks."""

    agi: str | None
    http: str | None
    wait_seconds: float = 1.5


_HEAD = {
    "freepbx": """\
; Asterisk {pbx}: callers go to their own manager.
; Into /etc/asterisk/extensions_custom.conf, then `fwconsole reload`.
; In FreePBX: Admin, Custom Destinations, with the target {first},s,1 and Return: Yes;
; its destination is the usual way. Then let the inbound routes lead to it.
""",
    "plain": """\
; Asterisk {pbx}: callers go to their own manager.
; Into extensions.conf, then `dialplan reload`. It is called with the number that was dialled, before whatever
; is done with a call today:
;   exten => 74950000000,1,Gosub({first},s,1(${{EXTEN}}))
;    same => n,...the usual way
""",
}
_DID = {"freepbx": "${FROM_DID}", "plain": "${ARG1}"}
_DIAL = {
    "freepbx": (
        "; the phone alone, as a queue rings it: no voicemail, no follow-me\n"
        " same => n,Dial(Local/${{ITGRIX_EXTENSION}}@from-queue-exten-only/n,{ring},${{DIAL_OPTIONS}})"
    ),
    "plain": ("; change PJSIP to SIP for chan_sip\n same => n,Dial(PJSIP/${{ITGRIX_EXTENSION}},{ring})"),
}

_AGI = """
[itgrix-manager]
exten => s,1,Set(ITGRIX_EXTENSION=)
 same => n,Set(ITGRIX_NAME=)
 same => n,Set(ITGRIX_LIMIT=${{TIMEOUT(absolute)}})
 same => n,Set(AGIEXITONHANGUP=yes)
 same => n,Set(TIMEOUT(absolute)={wait:g})
 same => n,AGI({address},{did})
 same => n(answered),Set(TIMEOUT(absolute)=${{ITGRIX_LIMIT}})
 same => n,Gosub(itgrix-ring,s,1)
 same => n,Return()
exten => T,1,NoOp(Itgrix gave no answer in time)
 same => n,Goto(s,answered)
"""

_HTTP = """
; ITGRIX_TOKEN is routing.token: write it under [globals] ({globals})
[itgrix-manager-http]
exten => s,1,Set(CURLOPT(conntimeout)={wait:g})
 same => n,Set(CURLOPT(httptimeout)={wait:g})
 same => n,Set(ITGRIX_ASKED=number=${{URIENCODE(${{CALLERID(num)}})}}&did=${{URIENCODE({did})}})
 same => n,Set(ITGRIX_ASKED=${{ITGRIX_ASKED}}&channel=${{URIENCODE(${{CHANNEL}})}}&uniqueid=${{UNIQUEID}})
 same => n,Set(ITGRIX_SAID=${{CURL({address},${{ITGRIX_ASKED}}&token=${{URIENCODE(${{ITGRIX_TOKEN}})}})}})
 same => n,Set(ITGRIX_EXTENSION=${{FILTER(0-9+,${{CUT(ITGRIX_SAID,|,1)}})}})
 same => n,Set(ITGRIX_NAME=${{CUT(ITGRIX_SAID,|,2)}})
 same => n,Set(ITGRIX_WHY=${{CUT(ITGRIX_SAID,|,3)}})
 same => n,Gosub(itgrix-ring,s,1)
 same => n,Return()
"""

_RING = """
[itgrix-ring]
exten => s,1,NoOp(Itgrix: "${{ITGRIX_EXTENSION}}" ${{ITGRIX_WHY}})
 same => n,GotoIf($[${{LEN(${{ITGRIX_NAME}})}} = 0]?unnamed)
 same => n,Set(CALLERID(name)=${{ITGRIX_NAME}})
 same => n(unnamed),GotoIf($[${{LEN(${{ITGRIX_EXTENSION}})}} = 0]?usual)
{dial}
 same => n(usual),Return()
"""
_GLOBALS = {"freepbx": "globals_custom.conf", "plain": "extensions.conf"}


def dialplan(style: Style, pbx: str, doors: Doors) -> str:
    """The contexts for one Asterisk; at least one door is open."""
    first = "itgrix-manager" if doors.agi else "itgrix-manager-http"
    told = {"wait": doors.wait_seconds, "did": _DID[style], "globals": _GLOBALS[style]}
    parts = [_HEAD[style].format(pbx=pbx, first=first)]
    if doors.agi:
        parts.append(_AGI.format(address=f"agi://{doors.agi}/{pbx}", **told))
    if doors.http:
        parts.append(_HTTP.format(address=f"http://{doors.http}/route/{pbx}", **told))
    parts.append(_RING.format(dial=_DIAL[style].format(ring=RING_SECONDS)))
    return "".join(parts)
