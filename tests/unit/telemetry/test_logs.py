"""One line per entry, the level that was asked for, and never a secret."""

import io
import json
import logging
import threading

import pytest
import structlog

from itgrix_core.telemetry.logs import OTHER_LIBRARIES, LogFormat, set_up_logs
from itgrix_core.telemetry.redaction import forget_secrets, keep_secret

SECRET = "s3cr3tvalue"


@pytest.fixture
def logs():
    """Sets up logging into a text; everything is put back afterwards."""
    root, hook = logging.getLogger(), threading.excepthook
    handlers = list(root.handlers)
    levels = {name: logging.getLogger(name).level for name in ("", *OTHER_LIBRARIES)}
    stream = io.StringIO()
    keep_secret(SECRET)

    def start(log_level="info", form=LogFormat.PLAIN):
        set_up_logs(log_level, form, stream)
        return stream

    yield start
    forget_secrets()
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    threading.excepthook = hook
    structlog.reset_defaults()


def test_an_entry_is_one_plain_line(logs):
    """Time, level, room, sentence, then the facts; a value with spaces is quoted."""
    stream = logs()
    structlog.get_logger("itgrix_core.ami.client").info("Connected", pbx="main", name="Main office", n=3)
    line = stream.getvalue()
    assert line.endswith('Z info    ami.client: Connected pbx=main name="Main office" n=3\n')
    assert "\x1b" not in line


def test_a_value_cannot_forge_a_second_line(logs):
    """A caller's name with a line end stays inside its entry."""
    stream = logs()
    structlog.get_logger("x").info("Ring\nforged", caller="a\nb")
    assert stream.getvalue().count("\n") == 1


def test_entries_below_the_level_are_left_out(logs):
    """Both our loggers and the standard library's."""
    stream = logs("warning")
    structlog.get_logger("x").info("quiet")
    logging.getLogger("stranger").info("quiet")
    structlog.get_logger("x").warning("loud")
    logging.getLogger("stranger").warning("loud")
    assert [line.split(": ")[1] for line in stream.getvalue().splitlines()] == ["loud", "loud"]


def test_json_entries_can_be_read_back(logs):
    """One object per line with time, level, logger, event and the facts."""
    stream = logs(form=LogFormat.JSON)
    structlog.get_logger("itgrix_core.x").info("Файл", count=2, path=[1])
    entry = json.loads(stream.getvalue())
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {"event": "Файл", "count": 2, "path": [1], "level": "info", "logger": "itgrix_core.x"}


@pytest.mark.parametrize("form", LogFormat)
def test_no_secret_passes_by_any_way(logs, form):
    """Sentence, facts, arguments, strangers' loggers, tracebacks with their causes."""
    stream = logs("debug", form)
    logger = structlog.get_logger("x")
    logger.info("The secret is %s", SECRET)
    logger.info(SECRET, fact=SECRET, nested={"a": [SECRET]}, obj=ValueError(SECRET))
    logging.getLogger("urllib3.connectionpool").debug('"GET /rest/1/%s/profile HTTP/1.1" 200', "c0decode")
    logging.getLogger("stranger").info("auth=%s", "t0kent0ken")
    try:
        _fail_twice()
    except ConnectionError:
        logger.exception("Failed")
        logging.getLogger("stranger").exception("Failed with password=t0kent0ken")
    text = stream.getvalue()
    assert text.count("Traceback") >= 4
    assert not [secret for secret in (SECRET, "c0decode", "t0kent0ken") if secret in text]


def _fail_twice():
    try:
        {}[SECRET]
    except KeyError as error:
        message = "https://portal.example/rest/1/c0decode/profile"
        raise ConnectionError(message) from error


def test_a_dying_thread_is_logged_without_its_secret(logs):
    """Python would print the traceback straight to stderr."""
    stream = logs()

    def die():
        raise ValueError(SECRET)

    thread = threading.Thread(target=die, name="reader")
    thread.start()
    thread.join()
    assert "A thread died" in stream.getvalue()
    assert "thread=reader" in stream.getvalue()
    assert SECRET not in stream.getvalue()


def test_a_broken_entry_is_told_in_one_line_without_its_arguments(logs, capfd):
    """The standard handler would print the arguments, secrets included."""
    logs()
    broken = logging.LogRecord("stranger", logging.WARNING, "", 1, "%d apples", (SECRET,), None)
    logging.getLogger().handlers[-1].handle(broken)
    told = capfd.readouterr().err
    assert told == "a log entry of stranger was lost: TypeError\n"


def test_setting_up_twice_does_not_double_the_lines(logs):
    """The last set-up counts."""
    logs()
    stream = logs()
    structlog.get_logger("x").info("once")
    assert stream.getvalue().count("once") == 1
