import base64
import json
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from hub.config.known import MASK, KnownSecrets

SECRETS = st.text(min_size=4, max_size=30).filter(str.strip)


@given(st.lists(SECRETS, min_size=1, max_size=4), st.text(alphabet="xyz ", max_size=10))
def test_a_known_secret_is_masked_in_every_form(secrets: list[str], around: str) -> None:
    known = KnownSecrets()
    for secret in secrets:
        known.add(secret)
    for secret in secrets:
        for form in (secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]):
            assert MASK in known.redact(f"{around}{form}{around}")
            assert form not in known.redact(f"<{form}>").replace(MASK, "")
    assert all(secret not in repr(known) for secret in secrets if len(secret) > 8)


def test_a_longer_secret_is_masked_whole_although_it_holds_a_shorter_one() -> None:
    known = KnownSecrets()
    known.add("abcd")
    known.add("abcdefgh")
    assert known.redact("abcdefgh abcd") == f"{MASK} {MASK}"


def test_very_short_values_are_left_alone() -> None:
    known = KnownSecrets()
    known.add("a")
    known.add("")
    assert known.redact("a banana") == "a banana"


@given(
    st.text(min_size=8, max_size=40).filter(lambda text: text.isprintable()),
    st.text(max_size=9),
    st.text(max_size=9),
)
def test_a_secret_is_masked_within_the_base64_of_more_text(secret: str, before: str, after: str) -> None:
    known = KnownSecrets()
    known.add(secret)
    whole = f"{before}{secret}{after}".encode("utf-8", "surrogatepass")
    for encoded in (base64.b64encode(whole).decode(), base64.urlsafe_b64encode(whole).decode()):
        assert MASK in known.redact(f"Authorization: Basic {encoded}")


def test_of_basic_credentials_nothing_but_the_user_stays_readable() -> None:
    known = KnownSecrets()
    known.add("sup3r-s3cret")
    header = "Authorization: Basic " + base64.b64encode(b"user:sup3r-s3cret").decode()
    assert known.redact(header) == f"Authorization: Basic dXNlcj{MASK}"
