"""What the replayed PBX does when a line breaks, a client dies or a beginning is bad."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from itgrix_core.errors import AmiError, RecordingError
from itgrix_core.sandbox.pbx import run_pbx
from itgrix_core.sandbox.recordings import load

RECORDED = Path(__file__).parents[3] / "recorded" / "ast22"
ANSWERED = RECORDED / "inbound_answered.ami.gz"
MASK = "system,call,agent,reporting,originate"


# ------------------------------------------------------------------- breaking ----
def _served_twice(pbx, client_of, until):
    """Two clients one after the other; the first leaves the PBX when `until` says so."""
    first = client_of(pbx)
    first.login()
    first.channels()
    until(first)
    second = client_of(pbx)
    second.login()
    listed = second.channels()
    return first, second, listed


def test_a_client_that_dies_is_served_the_interrupted_recording_again(pbx_of, client_of, tiny, newchannel):
    """The second client hears the whole recording; its channel list knows nothing of what it will hear."""
    pbx = pbx_of(tiny("one", newchannel("1.1"), *["Event: Hold\nPrivilege: call,all"] * 9), pace=20)

    def die(client):
        client.until(lambda m: m.name == "Newchannel")
        client.close()
        _wait(lambda: not pbx._sessions)

    _, second, listed = _served_twice(pbx, client_of, die)

    assert listed == []
    assert [m.name for m in second.hear(pbx)] == ["Newchannel"] + ["Hold"] * 9


def test_what_was_served_completely_is_not_served_again(pbx_of, client_of, tiny, newchannel):
    """Only the interrupted recording comes again."""
    logs = [tiny(str(n), *(newchannel(f"{n}.{k}") for k in range(9))) for n in (1, 2)]
    pbx = pbx_of(*logs, pace=50, settle=0.0)

    def die(client):
        client.until(lambda m: m.get("Uniqueid") == "2.3")
        client.close()
        _wait(lambda: not pbx._sessions)

    _, second, _ = _served_twice(pbx, client_of, die)

    assert [m.get("Uniqueid") for m in second.hear(pbx)] == [f"2.{k}" for k in range(9)]
    assert pbx.served == ["1", "2"]


def test_bytes_just_sent_are_not_taken_for_read(pbx_of, client_of, tiny, newchannel):
    """A client that dies before the recording has settled gets it again."""
    pbx = pbx_of(tiny("one", newchannel("1.1")), settle=60)

    def die(client):
        client.until(lambda m: m.name == "Newchannel")
        client.close()
        _wait(lambda: not pbx._sessions)

    _, second, _ = _served_twice(pbx, client_of, die)
    assert second.until(lambda m: m.name == "Newchannel").get("Uniqueid") == "1.1"


def test_a_cut_breaks_the_line_in_the_middle_of_an_event(pbx_of, client_of, said, plain):
    """The first client is left with half an event; the second hears everything."""
    log = load(ANSWERED)
    pbx = pbx_of(ANSWERED, pace=30)

    def cut(client):
        client.until(lambda m: m.name == "DialBegin")
        pbx.cut()
        with pytest.raises(EOFError):
            client.until(lambda _: False)

    first, second, _ = _served_twice(pbx, client_of, cut)

    assert first.raw.startswith(b"Event: ")
    assert [plain(m) for m in second.hear(pbx)] == [m.raw for m in said(log)]


def test_a_restart_hangs_up_says_farewell_and_forgets(pbx_of, client_of, tiny, newchannel):
    """Hangup of each live channel, Shutdown, end of line; then the same port again, without channels."""
    pbx = pbx_of(tiny("one", newchannel("1.1"), *["Event: Hold\nPrivilege: call,all"] * 50), pace=10)

    def restart(client):
        client.until(lambda m: m.name == "Newchannel")
        pbx.restart(down=0.01)
        with pytest.raises(EOFError):
            client.until(lambda _: False)

    first, second, listed = _served_twice(pbx, client_of, restart)

    hangup, shutdown = first.seen[-2:]
    assert (hangup.name, hangup.get("Uniqueid"), hangup.get("Cause")) == ("Hangup", "1.1", "0")
    assert (shutdown.name, shutdown.get("Restart")) == ("Shutdown", "True")
    assert listed == []
    assert second.until(lambda m: m.is_event and m.name == "Newchannel").get("Uniqueid") == "1.1"


def test_a_second_client_does_not_disturb_the_first(pbx_of, client_of, tiny, newchannel):
    """A client that looks in and leaves (a check) interrupts nothing."""
    pbx = pbx_of(tiny("one", *(newchannel(f"1.{n}") for n in range(9))), pace=50)
    client, guest = client_of(pbx), client_of(pbx)
    client.login()
    client.channels()
    guest.login(events="off")
    guest.ask("Logoff")
    assert [m.get("Uniqueid") for m in client.hear(pbx)] == [f"1.{n}" for n in range(9)]


# --------------------------------------------------------------- bad beginnings ----
def test_an_unreadable_recording_is_a_sentence(tmp_path):
    """The PBX does not start with a recording that it cannot read."""
    with pytest.raises(RecordingError, match="no such file"):
        run_pbx([tmp_path / "none.ami"])


def test_a_taken_port_is_a_sentence(pbx_of):
    """Two PBXs cannot share a port, and the second says so."""
    pbx = pbx_of(ANSWERED)
    with pytest.raises(AmiError, match=str(pbx.port)):
        run_pbx([ANSWERED], port=pbx.port)


# ------------------------------------------------------------------- a process ----
def test_as_a_process_it_can_be_cut_restarted_and_ended(client_of, ami_client):
    """It tells its port, obeys SIGUSR1, SIGUSR2 and SIGTERM, and ends without a word of complaint."""
    command = [sys.executable, "-m", "itgrix_core.sandbox.pbx", "--pace", "1", str(ANSWERED)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            port = int(process.stdout.readline().rpartition(":")[2])
            for number in (signal.SIGUSR1, signal.SIGUSR2):
                client = _connect(ami_client, port)
                client.login()
                process.send_signal(number)
                with pytest.raises(EOFError):
                    client.until(lambda _: False)
                client.close()
            process.terminate()
            assert process.communicate(timeout=10) == ("", "")
            assert process.returncode == 0
        finally:
            process.kill()


def test_as_a_process_it_says_what_is_wrong_with_a_recording():
    """A sentence and an exit code, no traceback."""
    command = [sys.executable, "-m", "itgrix_core.sandbox.pbx", "no-such.ami"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == RecordingError.exit_code
    assert done.stderr.startswith("no-such.ami: there is no such file")


def _connect(ami_client, port):
    """A connection as soon as the PBX is back."""
    end = time.monotonic() + 5
    while True:
        try:
            return ami_client(port)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def _wait(fits):
    end = time.monotonic() + 5
    while not fits():
        assert time.monotonic() < end
        time.sleep(0.005)
