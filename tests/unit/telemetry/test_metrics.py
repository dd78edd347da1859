"""What Prometheus reads of the lines."""

from dataclasses import dataclass

from itgrix_core.ami.supervisor import LineState
from itgrix_core.outbox.missed import Figures
from itgrix_core.telemetry.metrics import FIGURES, exposed, make_registry


def shown(lines):
    """The exposed samples, name and labels to value."""
    text = exposed(make_registry(lambda: lines)).decode()
    samples = [line.rpartition(" ") for line in text.splitlines() if line.startswith("itgrix_")]
    return {name: float(value) for name, _, value in samples}


def test_every_figure_is_one_of_a_line():
    """So none can be renamed on one side alone."""
    for figure in FIGURES:
        assert figure.read(LineState()) == 0.0, figure.name


def test_a_line_shows_as_it_is_when_asked():
    """Counters end in _total; rights are counted."""
    state = LineState(
        is_connected=True, connections=3, events=70, lag_seconds=0.25, missing_rights=("a", "b")
    )
    samples = shown({"main": state, "branch": LineState()})
    assert samples['itgrix_ami_connected{asterisk="main"}'] == 1.0
    assert samples['itgrix_ami_connected{asterisk="branch"}'] == 0.0
    assert samples['itgrix_ami_reconnects_total{asterisk="main"}'] == 2.0
    assert samples['itgrix_ami_events_total{asterisk="main"}'] == 70.0
    assert samples['itgrix_ami_lag_seconds{asterisk="main"}'] == 0.25
    assert samples['itgrix_ami_missing_rights{asterisk="main"}'] == 2.0
    assert len(samples) == 2 * len(FIGURES)


def test_a_scrape_looks_anew():
    """Nothing is remembered between two."""

    @dataclass
    class Lines:
        states: dict

    lines = Lines({})
    registry = make_registry(lambda: lines.states)
    assert b'asterisk="' not in exposed(registry)
    lines.states = {"main": LineState(events=1)}
    assert b'itgrix_ami_events_total{asterisk="main"} 1.0' in exposed(registry)


def test_the_process_tells_of_itself():
    """Memory and CPU, as Prometheus' other programs do."""
    text = exposed(make_registry(dict))
    assert b"process_resident_memory_bytes" in text
    assert b"process_cpu_seconds_total" in text


def test_missed_calls_are_told_by_account():
    """No median without a talk."""
    figures = [Figures("bitrix", 5, 3, 1, 120.0), Figures("other", 1, 0, 1, None)]
    text = exposed(make_registry(dict, lambda: figures)).decode()
    assert 'itgrix_missed_clients_total{crm="bitrix"} 5.0' in text
    assert 'itgrix_missed_saved_total{crm="bitrix"} 3.0' in text
    assert 'itgrix_missed_open{crm="other"} 1.0' in text
    assert text.count("itgrix_missed_median_seconds{") == 1
