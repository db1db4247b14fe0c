"""A resolver that hangs, exits or fails is one reference that cannot be read."""

import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from hub.errors import SecretUnavailable
from hub.plugin import SecretResolver
from hub.plugins.timed import TimedResolver


class Vault(SecretResolver):
    kind = "vault"

    def __init__(self, answer: Callable[[], Any]) -> None:
        self._answer = answer

    def resolve(self, target: str) -> str:
        return self._answer()


def fail() -> NoReturn:
    raise RuntimeError("s3cret")


def say() -> NoReturn:
    raise SecretUnavailable("the vault is sealed", hint="Unseal it")


def test_the_value_comes_through_with_the_kind_and_its_form() -> None:
    timed = TimedResolver("acme", Vault(lambda: "value"))
    assert (timed.kind, timed.form, timed.resolve("kv/x")) == ("vault", "…", "value")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (fail, "the plugin acme failed to read vault 'kv/x' (RuntimeError)"),
        (lambda: sys.exit(3), "the plugin acme failed to read vault 'kv/x' (SystemExit)"),
        (lambda: None, "the plugin acme gave no text for vault 'kv/x'"),
        (lambda: b"bytes", "the plugin acme gave no text for vault 'kv/x'"),
        (say, "the vault is sealed"),
    ],
)
def test_what_goes_wrong_is_told_and_no_more_than_that(answer: Callable[[], Any], message: str) -> None:
    with pytest.raises(SecretUnavailable) as caught:
        TimedResolver("acme", Vault(answer)).resolve("kv/x")
    assert caught.value.message == message


def test_one_that_hangs_is_left_behind() -> None:
    never = threading.Event()
    with pytest.raises(SecretUnavailable, match=r"did not read vault 'kv/x' within 0\.05 seconds"):
        TimedResolver("acme", Vault(never.wait), 0.05).resolve("kv/x")
    never.set()
