"""A connector's own code at load time harms nothing but itself."""

import os
import sys
import threading

import pytest

from hub.discovery.guarded import guarded
from hub.errors import ConfigError, ConnectorLoadError


def test_the_result_comes_back() -> None:
    assert guarded("adding", lambda: 1 + 1, 5) == 2


def test_sys_exit_is_a_load_error() -> None:
    with pytest.raises(ConnectorLoadError, match="importing x raised SystemExit: 3"):
        guarded("importing x", lambda: sys.exit(3), 5)


def test_a_hang_is_a_load_error_after_the_deadline() -> None:
    never = threading.Event()
    with pytest.raises(ConnectorLoadError, match=r"importing x took more than 0\.05 seconds"):
        guarded("importing x", never.wait, 0.05)
    never.set()


def test_the_text_of_an_arbitrary_error_is_kept_out_since_it_may_quote_a_secret() -> None:
    def fail() -> None:
        raise RuntimeError("token=s3cret")

    with pytest.raises(ConnectorLoadError) as caught:
        guarded("setting up x", fail, 5)
    assert str(caught.value) == "setting up x raised RuntimeError"


def test_a_config_error_passes_as_it_is() -> None:
    def fail() -> None:
        raise ConfigError("no url", setting="connectors.x.url")

    with pytest.raises(ConfigError, match="no url"):
        guarded("setting up x", fail, 5)


def test_prints_and_raw_writes_go_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    def chatter() -> None:
        print("from python", flush=True)  # noqa: T201  the noise a connector makes
        os.write(1, b"from below\n")

    guarded("importing x", chatter, 5)
    out, err = capfd.readouterr()
    assert out == ""
    assert err == "from python\nfrom below\n"
