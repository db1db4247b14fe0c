import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.audit.redact import MAX_ARGUMENTS, TOO_DEEP, Redactor
from hub.config.known import MASK, KnownSecrets

CANARY = "Kn4ryS3cretValue"


def kept(
    arguments: dict[str, Any], sensitive: frozenset[str] = frozenset(), redactor: Redactor | None = None
) -> Any:
    return orjson.loads((redactor or Redactor()).arguments(arguments, sensitive).json)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "password",
            "Passwd",
            "user_password",
            "passphrase",
            "client_secret",
            "token",
            "accessToken",
            "refresh_token",
        ),
        *(
            "api_key",
            "apiKey",
            "api-key",
            "X-Api-Key",
            "authorization",
            "Authorization",
            "private_key",
            "credentials",
        ),
        *("set-cookie", "session_cookie", "pwd", "otp", "pin", "auth", "jwt", "bearer", "aws_access_key_id"),
    ],
)
@pytest.mark.parametrize("value", [CANARY, 123456, {"value": CANARY}, [CANARY]])
def test_what_is_named_like_a_secret_is_not_kept(name: str, value: Any) -> None:
    assert kept({"a": {name: value}}) == {"a": {name: MASK}}
    assert kept({name: value}) == {name: MASK}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("query", 'rate(http_requests_total{job="api"}[5m])'),
            ("author", "x"),
            ("pinned", "y"),
            ("key", "OPS-1"),
        ),
        *(("max_tokens", 2000), ("token", None), ("passwordless", True), ("sort_key", "name"), ("monkey", "z")),
        *(
            ("jql", "project = OPS AND assignee = currentUser()"),
            ("url", "https://acme.atlassian.net/browse/OPS-1"),
        ),
        *(
            ("text", "basic idea"),
            ("text", "a token of thanks"),
            ("sha", "9" * 40),
            ("title", "Bearer of bad news"),
        ),
    ],
)
def test_ordinary_arguments_are_kept(name: str, value: Any) -> None:
    assert kept({name: value}) == {name: value}


@pytest.mark.parametrize(
    "secret",
    [
        "Bearer abcdef0123456789",
        "Basic dXNlcjpwYXNzd29yZA==",
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2" * 9,
        "glpat-" + "x9Y8" * 5,
        "xox" + "b-123456789012-abcdefghij",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF123_-",
        *(
            prefix + "b" * 36
            for prefix in ("gho_", "ghs_", "npm_", "hf_", "shpat_", "lin_api_", "ntn_", "dapi", "glsa_")
        ),
        *("xapp-" + "1-A0B1C2D3E4F5", "ya29." + "c" * 20, "SG." + "d" * 16 + "." + "e" * 16, "rk_test_" + "f" * 16),
        "ASIA" + "ABCDEFGHIJKLMNOP",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "AIza" + "b" * 35,
        "sk-" + "proj-" + "q" * 24,
        "sk_live_" + "4eC39HqLyjWDarjtT1",
        "ATATT3" + "xFfGF0" * 6,
        "00D5g00000ABCDE!" + "AQcAQ.x" * 5,
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nxyz\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMIIEow cut off",
    ],
)
def test_what_looks_like_a_secret_is_not_kept_wherever_it_stands(secret: str) -> None:
    for arguments in ({"note": f"see {secret} here"}, {"list": [{"deep": [secret]}]}, {secret: "x"}):
        text = Redactor().arguments(arguments).json.decode()
        payload = secret.rsplit(maxsplit=1)[-1] if secret.startswith(("Bearer", "Basic")) else secret[:24]
        assert payload not in text
        assert orjson.dumps(payload)[1:-1].decode() not in text
        assert MASK in text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("postgres://app:hunter2hunter2@db/x", f"postgres://app:{MASK}@db/x"),
        ("https://x.test/a?access_token=abc123&b=1", f"https://x.test/a?access_token={MASK}&b=1"),
        ("Server=db;Password=hunter2;Database=x", f"Server=db;Password={MASK};Database=x"),
        ('{"api_key": "abc123", "b": 1}', f'{{"api_key": "{MASK}", "b": 1}}'),
        ("curl -H 'Authorization: Bearer abcdef012345'", f"curl -H 'Authorization: Bearer {MASK}'"),
    ],
)
def test_the_words_around_a_secret_stay_readable(text: str, clean: str) -> None:
    assert kept({"text": text}) == {"text": clean}


def test_declared_sensitive_parameters_are_not_kept() -> None:
    arguments = {"body": {"text": "private"}, "channel": "general"}
    assert kept(arguments, frozenset({"body"})) == {"body": MASK, "channel": "general"}


def test_known_secrets_are_not_kept() -> None:
    known = KnownSecrets()
    known.add(CANARY)
    redactor = Redactor(known.redact)
    assert CANARY.encode() not in redactor.arguments({"a": f"x{CANARY}y", CANARY: [CANARY]}).json
    assert CANARY not in redactor.text(f"tool_{CANARY}")
    assert CANARY not in redactor.text("x" * 295 + CANARY + "y" * 500)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=()), max_size=12), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(value=JSON, name=st.text(max_size=12))
def test_whatever_is_sent_gives_valid_canonical_json_of_bounded_size(value: Any, name: str) -> None:
    redacted = Redactor().arguments({name: value, "other": value})
    assert isinstance(orjson.loads(redacted.json), dict | str)
    assert len(redacted.json) <= 2 * MAX_ARGUMENTS + 2
    again = Redactor().arguments({"other": value, name: value})
    assert again == redacted


def plant(value: Any, where: list[int], secret: str) -> Any:
    """Hide a secret somewhere inside a JSON value."""
    if isinstance(value, list) and value and where:
        items: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]  any JSON
        items[where[0] % len(items)] = plant(items[where[0] % len(items)], where[1:], secret)
        return items
    if isinstance(value, dict) and value and where:
        pairs: dict[str, Any] = dict(value)  # pyright: ignore[reportUnknownArgumentType]  any JSON
        key = sorted(pairs)[where[0] % len(pairs)]
        return {**pairs, key: plant(pairs[key], where[1:], secret)}
    return f"{value} {secret}" if isinstance(value, str | int) else [secret, {"x": secret, secret: value}]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(value=JSON, where=st.lists(st.integers(0, 9), max_size=5))
def test_a_canary_is_found_in_no_argument_wherever_it_hides(value: Any, where: list[int]) -> None:
    known = KnownSecrets()
    known.add(CANARY)
    for secret in (CANARY, "ghp_" + CANARY * 2):
        redacted = Redactor(known.redact if secret == CANARY else str).arguments({"a": plant(value, where, secret)})
        assert CANARY.encode() not in redacted.json


def test_long_arguments_are_cut_and_hashed_as_a_whole() -> None:
    one, other = (Redactor().arguments({"text": "é" * 50_000 + end}) for end in ("a", "b"))
    assert isinstance(orjson.loads(one.json), str)
    assert len(one.json) < MAX_ARGUMENTS + 100
    assert one.sha256 is not None
    assert one.json == other.json
    assert one.sha256 != other.sha256
    assert Redactor().arguments({"text": "short"}).sha256 is None


def test_deep_arguments_are_cut() -> None:
    value: Any = "bottom"
    for _ in range(500):
        value = [value]
    text = Redactor().arguments({"a": value}).json.decode()
    assert TOO_DEEP in text
    assert "bottom" not in text


@pytest.mark.parametrize(
    "hostile",
    [
        "a" * 400_000,
        "eyJ" * 100_000,
        "bearer " * 50_000,
        "://a:" * 60_000,
        "password" * 40_000,
        "-----BEGIN PRIVATE KEY" * 15_000,
        "x_" * 200_000 + "token",
        "a-----BEGIN  " * 30_000,
    ],
)
@pytest.mark.timeout(10)
def test_hostile_texts_take_linear_time(hostile: str) -> None:
    Redactor().arguments({"text": hostile})


def test_nothing_secret_reaches_the_file(tmp_path: Path) -> None:
    from hub.access.policy import Decision
    from hub.access.principal import LOCAL
    from hub.audit.log import AuditLog
    from hub.audit.records import log_file
    from hub.calls.audit import record_refusal
    from hub.calls.types import Call, Kind
    from hub.errors import InvalidArguments

    known = KnownSecrets()
    known.add(CANARY)

    async def write() -> None:
        async with AuditLog.open(tmp_path, mask_known=known.redact) as audit:
            arguments = {"password": "p4sswordX", "q": CANARY, "h": "Bearer abcdef0123456789"}
            attempts: list[tuple[Kind, str]] = [("tool", CANARY), ("resource", f"jira://issue/{CANARY}")]
            for kind, name in attempts:
                call = Call(id="c", kind=kind, name=name, arguments=arguments, principal=LOCAL, transport="cli")
                await record_refusal(audit, call, InvalidArguments("x"), None, Decision("allow", "r"))

    asyncio.run(write())
    with closing(sqlite3.connect(log_file(tmp_path))) as connection:
        assert connection.execute("SELECT count(*) FROM records").fetchone() == (2,)
    everything = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in (CANARY, "p4sswordX", "abcdef0123456789"):
        assert secret.encode() not in everything
