import io
import json
import logging
import subprocess
import sys
import warnings
from typing import Any

import pytest

from hub.config.known import KnownSecrets
from hub.telemetry.logging import LogFormat, configure_logging

CANARY = 'canary-"41\\c-secret'
FORMATS: list[LogFormat] = ["text", "json"]


@pytest.fixture
def out() -> io.StringIO:
    """Where the logs go."""
    return io.StringIO()


@pytest.fixture
def secrets() -> KnownSecrets:
    """Knows the canary."""
    known = KnownSecrets()
    known.add(CANARY)
    return known


def _fail(argument: str) -> None:
    raise ValueError(f"cannot use {argument}")


@pytest.mark.parametrize("log_format", FORMATS)
def test_a_known_secret_is_in_no_part_of_a_record(
    out: io.StringIO, secrets: KnownSecrets, log_format: LogFormat
) -> None:
    configure_logging(level="debug", log_format=log_format, secrets=secrets, stream=out)
    log = logging.getLogger("hub.test")
    log.warning("token %s", CANARY)
    log.warning("all of %r", {"token": CANARY}, extra={"header": f"Bearer {CANARY}", "parts": [CANARY]})
    log.warning("%s?token=canary-%%2241%%5Cc-secret", "url")
    try:
        _fail(CANARY)
    except ValueError:
        log.exception("call failed", stack_info=True)
    told = out.getvalue()
    assert "[secret]" in told
    assert "cannot use" in told
    assert "c-secret" not in told


def test_a_secret_that_becomes_known_later_is_masked_from_then_on(out: io.StringIO) -> None:
    secrets = KnownSecrets()
    configure_logging(secrets=secrets, stream=out)
    secrets.add("late-secret")
    logging.getLogger("hub").warning("late-secret")
    assert "late-secret" not in out.getvalue()


def test_a_line_for_people_has_time_level_logger_and_text(out: io.StringIO, secrets: KnownSecrets) -> None:
    configure_logging(secrets=secrets, stream=out)
    logging.getLogger("hub.discovery").warning("connector %s failed", "jira")
    time, rest = out.getvalue().split(" ", 1)
    assert time.endswith("Z")
    assert rest == "WARNING hub.discovery: connector jira failed\n"


def test_a_line_break_in_a_value_makes_no_second_line(out: io.StringIO, secrets: KnownSecrets) -> None:
    configure_logging(secrets=secrets, stream=out)
    logging.getLogger("hub").warning("name %s", "a\n2026-01-01T00:00:00Z ERROR hub: forged\x1b[2J")
    assert out.getvalue().count("\n") == 1
    assert "\\n2026" in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_json_is_one_object_a_line_with_the_extras(out: io.StringIO, secrets: KnownSecrets) -> None:
    configure_logging(log_format="json", secrets=secrets, stream=out)
    logging.getLogger("hub").warning("two\nlines", extra={"call": "c1", "seconds": 1.5, "what": object})
    try:
        _fail("x")
    except ValueError:
        logging.getLogger("hub").exception("failed")
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    entry: dict[str, Any] = {key: first[key] for key in ("level", "logger", "message", "call", "seconds", "what")}
    assert entry == {
        "level": "warning",
        "logger": "hub",
        "message": "two\nlines",
        "call": "c1",
        "seconds": 1.5,
        "what": "<class 'object'>",
    }
    assert first["time"].endswith("+00:00")
    assert "ValueError: cannot use x" in second["traceback"]


@pytest.mark.parametrize(
    "name", ["httpx", "httpcore.http11", "mcp.server.lowlevel", "uvicorn.access", "aiohttp.access"]
)
def test_libraries_that_log_addresses_or_messages_are_quiet_even_at_debug(
    out: io.StringIO, secrets: KnownSecrets, name: str
) -> None:
    configure_logging(level="debug", secrets=secrets, stream=out)
    logging.getLogger(name).info("HTTP Request: GET https://x/?token=1")
    logging.getLogger("hub.http").debug("heard")
    assert "token" not in out.getvalue()
    assert "heard" in out.getvalue()


def test_a_level_holds_for_libraries_too(out: io.StringIO, secrets: KnownSecrets) -> None:
    configure_logging(level="error", secrets=secrets, stream=out)
    logging.getLogger("mcp").warning("a warning")
    logging.getLogger("hub").warning("a warning")
    assert out.getvalue() == ""


def test_a_record_that_cannot_be_formatted_does_not_show_its_arguments(
    out: io.StringIO, secrets: KnownSecrets, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(secrets=secrets, stream=out)
    logging.getLogger("hub").warning("%d", "an unknown secret")
    told = out.getvalue() + "".join(capsys.readouterr())
    assert told == "a record of hub could not be logged (TypeError)\n"


def test_configuring_again_replaces_what_was_there(secrets: KnownSecrets) -> None:
    first, second = io.StringIO(), io.StringIO()
    configure_logging(secrets=secrets, stream=first)
    configure_logging(secrets=secrets, stream=second)
    logging.getLogger("hub").warning("once")
    assert first.getvalue() == ""
    assert second.getvalue().count("once") == 1


def test_warnings_are_logged_like_all_else(out: io.StringIO, secrets: KnownSecrets) -> None:
    configure_logging(log_format="json", secrets=secrets, stream=out)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(f"old {CANARY}", DeprecationWarning, stacklevel=1)
    assert json.loads(out.getvalue())["logger"] == "py.warnings"
    assert "c-secret" not in out.getvalue()


def test_logs_go_to_stderr_and_never_to_stdout() -> None:
    program = (
        "import logging\n"
        "from hub.config.known import KnownSecrets\n"
        "from hub.telemetry.logging import configure_logging\n"
        "configure_logging(secrets=KnownSecrets()); logging.getLogger('x').warning('heard')"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == ""
    assert "heard" in ran.stderr
