"""A connector's own code at load time harms nothing but itself."""

import asyncio
import os
import re
import sys
import threading

import pytest

from hub.discovery.guarded import Deadline, guarded, stdout_to_stderr
from hub.errors import ConfigError, ConnectorLoadError


async def test_the_result_comes_back() -> None:
    assert await guarded("adding", lambda: 1 + 1, Deadline(5)) == 2


async def test_sys_exit_is_a_load_error() -> None:
    with pytest.raises(ConnectorLoadError, match="importing x raised SystemExit: 3"):
        await guarded("importing x", lambda: sys.exit(3), Deadline(5))


async def test_a_hang_is_a_load_error_after_the_deadline_and_others_go_on_meanwhile() -> None:
    never = threading.Event()
    hanging = [asyncio.create_task(guarded("importing x", never.wait, Deadline(0.05))) for _ in range(40)]
    assert await guarded("importing y", lambda: "y", Deadline(5)) == "y"
    for failed in await asyncio.gather(*hanging, return_exceptions=True):
        assert isinstance(failed, ConnectorLoadError)
        assert str(failed) == "importing x was not done in time (0.05 seconds)"
    never.set()


async def test_a_thread_left_behind_may_end_after_its_loop_is_closed() -> None:
    never = threading.Event()

    async def load() -> None:
        with pytest.raises(ConnectorLoadError):
            await guarded("importing x", never.wait, Deadline(0.01))

    await asyncio.to_thread(asyncio.run, load())
    (left,) = [thread for thread in threading.enumerate() if thread.name == "hub-load importing x"]
    assert left.daemon
    never.set()
    left.join(5)
    assert not left.is_alive()


@pytest.mark.parametrize("error", [RuntimeError("token=s3cret"), SystemExit("token=s3cret")])
async def test_the_text_of_an_arbitrary_error_is_kept_out_since_it_may_quote_a_secret(error: BaseException) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(ConnectorLoadError) as caught:
        await guarded("setting up x", fail, Deadline(5))
    assert re.fullmatch(rf"setting up x raised {type(error).__name__} \(test_guarded\.py:\d+\)", str(caught.value))


async def test_a_config_error_passes_as_it_is() -> None:
    def fail() -> None:
        raise ConfigError("no url", setting="connectors.x.url")

    with pytest.raises(ConfigError, match="no url"):
        await guarded("setting up x", fail, Deadline(5))


def test_prints_raw_writes_and_what_is_still_buffered_go_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    with stdout_to_stderr():
        print("from python", flush=True)  # noqa: T201  the noise a connector makes
        os.write(1, b"from below\n")
        assert sys.__stdout__ is not None
        sys.__stdout__.write("from the buffer\n")
    print("the hub's own", flush=True)  # noqa: T201  what the diversion must give back
    out, err = capfd.readouterr()
    assert out == "the hub's own\n"
    assert err == "from python\nfrom below\nfrom the buffer\n"
