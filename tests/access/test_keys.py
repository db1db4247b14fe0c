from hashlib import sha256

import pytest
from pydantic import SecretStr

from hub.access.keys import LONGEST_KEY, Keys
from hub.config.models import KeyTable


def table(client: str, key: str, *roles: str) -> KeyTable:
    return KeyTable(client=client, key_sha256=SecretStr(sha256(key.encode()).hexdigest()), roles=roles)


KEYS = Keys([table("ci-bot", "key-of-ci", "analyst"), table("ops", "key-of-ops", "admin", "analyst")])


def test_a_key_leads_to_its_client_and_roles() -> None:
    principal = KEYS.authenticate("key-of-ops")
    assert principal is not None
    assert (principal.client, principal.roles, principal.how) == ("ops", ("admin", "analyst"), "key")


@pytest.mark.parametrize(
    "presented",
    [
        "",
        "junk",
        "key-of-ci ",
        " key-of-ci",
        "KEY-OF-CI",
        "key-of-ci\n",
        "key-of-ci\x00",
        "k\u0435y-of-ci",  # a Cyrillic letter
        "\ud800",
        "x" * (LONGEST_KEY + 1),
        sha256(b"key-of-ci").hexdigest(),
    ],
)
def test_anything_but_the_key_itself_is_nobody(presented: str) -> None:
    assert KEYS.authenticate(presented) is None


def test_the_longest_key_still_works() -> None:
    assert Keys([table("long", "k" * LONGEST_KEY)]).authenticate("k" * LONGEST_KEY) is not None


def test_every_key_is_compared_whichever_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    import hmac

    compared: list[bytes] = []

    def compare(known: bytes, digest: bytes) -> bool:
        compared.append(known)
        return known == digest

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert KEYS.authenticate("key-of-ci") is not None
    assert len(compared) == 2


def test_keys_are_true_only_if_there_are_any() -> None:
    assert KEYS
    assert not Keys([])
    assert Keys([]).authenticate("anything") is None


def test_a_client_with_two_keys_is_one_principal() -> None:
    keys = Keys([table("ci-bot", "old", "analyst"), table("ci-bot", "new", "analyst"), table("ops", "other")])
    assert keys.authenticate("old") == keys.authenticate("new")


def test_no_key_material_shows_in_repr() -> None:
    digest = sha256(b"key-of-ci").hexdigest()
    assert digest not in repr(KEYS) + repr(KEYS.authenticate("key-of-ci"))
