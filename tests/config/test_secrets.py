import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr, field_validator

from hub.config.references import MAX_SECRET_BYTES
from hub.config.secrets import resolve_settings
from hub.connector.settings import ConnectorSettings, Secret, Settings
from hub.errors import ConfigError

CANARY = "canary-9b1f-secret"


class Basic(Settings):
    kind: Literal["basic"] = "basic"
    user: str
    password: Secret


class Bearer(Settings):
    kind: Literal["bearer"]
    token: Secret


class Source(Settings):
    url: str
    headers: Mapping[str, Secret] = Field(default_factory=dict[str, Secret])
    ca_file: Path | None = None


class JiraSettings(ConnectorSettings):
    api_token: Secret
    url: str = "https://x"
    optional: Secret | None = None
    auth: Basic | Bearer | None = None
    headers: dict[str, Secret] = Field(default_factory=dict[str, Secret])
    labels: dict[str, str] = Field(default_factory=dict[str, str])
    sources: dict[str, Source] = Field(default_factory=dict[str, Source])
    more: list[Source] = Field(default_factory=list[Source])
    tokens: tuple[Secret, ...] = ()
    open_headers: dict[str, Annotated[Secret | str, Field(union_mode="left_to_right")]] = Field(
        default_factory=dict[str, Secret | str]
    )
    limited: Annotated[Secret | None, Field(description="x")] = None
    ca_file: Path | None = None
    default_file: Path = Path("default.pem")
    free: Any = None
    limit: int = Field(default=10, ge=1)

    @field_validator("optional")
    @classmethod
    def _careless(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and value.get_secret_value().startswith("canary"):
            raise ValueError(f"cannot use\n{value.get_secret_value()}")
        return value


Resolve = Callable[..., JiraSettings]


@pytest.fixture
def known() -> list[str]:
    """Values that were registered."""
    return []


@pytest.fixture
def resolve(tmp_path: Path, known: list[str], monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Resolved settings of a table in `tmp_path`; TOKEN is set."""
    monkeypatch.setenv("TOKEN", CANARY)
    monkeypatch.delenv("GONE", raising=False)

    def call(raw: Mapping[str, Any] | None = None, **keys: Any) -> JiraSettings:
        table = {"api_token": {"env": "TOKEN"}, **keys} if raw is None else raw
        return resolve_settings(
            table, JiraSettings, where="connectors.jira", base=tmp_path, register_secret=known.append
        )

    return call


@pytest.fixture
def refusal(resolve: Resolve) -> Callable[..., ConfigError]:
    """The error of a table."""

    def call(raw: Mapping[str, Any] | None = None, **keys: Any) -> ConfigError:
        with pytest.raises(ConfigError) as caught:
            resolve(raw, **keys)
        told = f"{caught.value!r} {caught.value} {caught.value.hint}"
        assert CANARY not in told
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
        return caught.value

    return call


def test_a_secret_comes_from_the_environment_and_stays_out_of_repr(resolve: Resolve, known: list[str]) -> None:
    settings = resolve()
    assert settings.api_token.get_secret_value() == CANARY
    assert CANARY not in f"{settings!r} {settings} {settings.model_dump()}"
    assert set(known) == {CANARY}


def test_a_secret_comes_from_a_file_beside_hub_toml_without_its_newline(resolve: Resolve, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\r\n", encoding="utf-8")
    (tmp_path / "token").chmod(0o600)
    assert resolve({"api_token": {"file": "token"}}).api_token.get_secret_value() == "from-file"
    assert resolve({"api_token": {"file": str(tmp_path / "token")}}).api_token.get_secret_value() == "from-file"


def test_a_secret_file_that_others_can_read_is_warned_of(
    resolve: Resolve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "token"
    path.write_text(CANARY, encoding="utf-8")
    path.chmod(0o600)
    with caplog.at_level(logging.WARNING):
        resolve({"api_token": {"file": "token"}})
        assert not caplog.records
        path.chmod(0o640)
        resolve({"api_token": {"file": "token"}})
    assert "can be read by other users" in caplog.text
    assert CANARY not in caplog.text


def test_a_file_that_cannot_hold_a_secret_is_refused(refusal: Callable[..., ConfigError], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "big").write_bytes(b"x" * (MAX_SECRET_BYTES + 1))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    told = {
        "/dev/zero": "not a regular file",
        "fifo": "not a regular file",
        "folder": "not a regular file",
        "big": "larger than 64 KiB",
        "bytes": "not UTF-8",
        "none": "does not exist",
        "nul\0": "cannot be opened",
    }
    for name, said in told.items():
        error = refusal({"api_token": {"file": name}})
        assert error.setting == "connectors.jira.api_token"
        assert said in error.message


@pytest.mark.parametrize("value", ["", "  ", "two\nlines", "tab\there", "nul\0", " padded"])
def test_a_value_that_cannot_be_a_secret_is_refused_with_a_hint(
    refusal: Callable[..., ConfigError], tmp_path: Path, value: str
) -> None:
    (tmp_path / "token").write_text(value, encoding="utf-8", newline="")
    assert refusal({"api_token": {"file": "token"}}).hint


def test_a_pem_key_may_have_several_lines(resolve: Resolve, tmp_path: Path) -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"
    (tmp_path / "key.pem").write_text(pem + "\n", encoding="utf-8")
    assert resolve({"api_token": {"file": "key.pem"}}).api_token.get_secret_value() == pem


def test_a_missing_variable_is_named_with_its_setting(refusal: Callable[..., ConfigError]) -> None:
    error = refusal({"api_token": {"env": "GONE"}})
    assert error.setting == "connectors.jira.api_token"
    assert "'GONE' is not set" in error.message
    assert "GONE" in error.hint


def test_a_secret_in_the_file_itself_is_refused_with_the_way_to_do_it(refusal: Callable[..., ConfigError]) -> None:
    for keys in (
        {"api_token": CANARY},
        {"optional": CANARY},
        {"headers": {"X-Key": CANARY}},
        {"tokens": [CANARY]},
        {"sources": {"eu": {"url": "x", "headers": {"X-Key": CANARY}}}},
        {"auth": {"kind": "bearer", "token": CANARY}},
        {"limited": CANARY},
    ):
        error = refusal(**keys)
        assert "must not stand in hub.toml" in error.message
        assert '{ env = "NAME" }' in error.hint


def test_references_are_resolved_wherever_they_stand(resolve: Resolve, known: list[str]) -> None:
    reference = {"env": "TOKEN"}
    settings = resolve(
        url=reference,
        headers={"X-Key": reference},
        auth={"kind": "basic", "user": "me", "password": reference},
        sources={"eu": {"url": reference, "headers": {"a": reference}}},
        more=[{"url": "x", "headers": {"a": reference}}],
        tokens=[reference],
        limited=reference,
    )
    assert settings.url == CANARY
    assert settings.headers["X-Key"].get_secret_value() == CANARY
    assert isinstance(settings.auth, Basic)
    assert settings.auth.password.get_secret_value() == CANARY
    assert settings.sources["eu"].headers["a"].get_secret_value() == CANARY
    assert settings.more[0].headers["a"].get_secret_value() == CANARY
    assert settings.tokens[0].get_secret_value() == CANARY
    assert settings.limited is not None
    assert set(known) == {CANARY}
    assert CANARY not in repr(settings).replace(f"url='{CANARY}'", "")


def test_where_the_author_allows_it_a_literal_is_taken_and_still_registered(
    resolve: Resolve, known: list[str]
) -> None:
    settings = resolve(open_headers={"a": "literal-secret", "b": {"env": "TOKEN"}})
    assert "literal-secret" not in repr(settings)
    assert set(known) == {"literal-secret", CANARY}


def test_a_table_of_texts_is_no_reference(resolve: Resolve) -> None:
    settings = resolve(labels={"env": "prod"}, free={"env": "TOKEN"})
    assert settings.labels == {"env": "prod"}
    assert settings.free == {"env": "TOKEN"}


def test_a_union_of_tables_is_read_as_the_one_its_keys_fit(
    resolve: Resolve, refusal: Callable[..., ConfigError]
) -> None:
    settings = resolve(auth={"kind": "bearer", "token": {"env": "TOKEN"}})
    assert isinstance(settings.auth, Bearer)
    error = refusal(auth={"kind": "bearer", "tokn": {"env": "TOKEN"}})
    assert error.message == (
        "is an unknown table (did you mean [connectors.jira.auth.token]?); connectors.jira.auth.token is missing"
    )


@pytest.mark.parametrize("value", [{"evn": "TOKEN"}, {"env": 3}, {}, {"env": "A", "file": "b"}])
def test_what_is_almost_a_reference_is_refused(
    refusal: Callable[..., ConfigError], value: Mapping[str, Any]
) -> None:
    assert '{ env = "NAME" }' in refusal(api_token=value).hint


@pytest.mark.parametrize(
    ("keys", "setting", "near"),
    [
        ({"api_tokn": 1}, "connectors.jira.api_tokn", "connectors.jira.api_token"),
        ({"read_onyl": True}, "connectors.jira.read_onyl", "connectors.jira.read_only"),
        ({"more": [{"urll": "x"}]}, "connectors.jira.more[0].urll", "connectors.jira.more[0].url"),
        ({"sources": {"eu": {"urll": 1}}}, "connectors.jira.sources.eu.urll", "connectors.jira.sources.eu.url"),
    ],
)
def test_an_unknown_key_names_the_nearest_one_with_its_path(
    refusal: Callable[..., ConfigError], keys: Mapping[str, Any], setting: str, near: str
) -> None:
    error = refusal(**keys)
    assert error.setting == setting
    assert f"did you mean {near}?" in error.message


def test_wrong_values_are_told_without_the_value_and_all_at_once(refusal: Callable[..., ConfigError]) -> None:
    error = refusal({"limit": CANARY, "tokens": CANARY, "nothing_like_it": CANARY, "labels": CANARY})
    for said in (
        "is an unknown key",
        "connectors.jira.api_token is missing",
        "connectors.jira.limit should be a whole number",
        "connectors.jira.labels should be a table",
    ):
        assert said in error.message


def test_a_connectors_own_message_cannot_leak_a_secret_or_break_the_line(
    refusal: Callable[..., ConfigError],
) -> None:
    error = refusal(optional={"env": "TOKEN"})
    assert error.message == "cannot use [secret]"


def test_paths_start_from_the_folder_of_hub_toml(resolve: Resolve, tmp_path: Path) -> None:
    settings = resolve(ca_file="ca.pem", more=[{"url": "x", "ca_file": "/etc/ca.pem"}])
    assert settings.ca_file == tmp_path / "ca.pem"
    assert settings.default_file == tmp_path / "default.pem"
    assert settings.more[0].ca_file == Path("/etc/ca.pem")
    assert resolve(ca_file="~/ca.pem").ca_file == Path.home() / "ca.pem"
    assert resolve(ca_file="~no-such-user-here/ca.pem").ca_file == tmp_path / "~no-such-user-here/ca.pem"


def test_a_secret_given_by_a_program_is_taken_and_registered(resolve: Resolve, known: list[str]) -> None:
    settings = resolve({"api_token": SecretStr("sandbox-token")})
    assert settings.api_token.get_secret_value() == "sandbox-token"
    assert set(known) == {"sandbox-token"}


class _Keyring(ModuleType):
    def __init__(self, entries: Mapping[tuple[str, str], str], failure: Exception | None = None) -> None:
        super().__init__("keyring")
        self._entries = entries
        self._failure = failure

    def get_password(self, service: str, name: str) -> str | None:
        if self._failure:
            raise self._failure
        return self._entries.get((service, name))


def test_a_secret_comes_from_the_systems_keyring(resolve: Resolve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", _Keyring({("acme/hub", "jira"): "from-keyring"}))
    settings = resolve({"api_token": {"keyring": "acme/hub/jira"}})
    assert settings.api_token.get_secret_value() == "from-keyring"


def test_every_trouble_with_the_keyring_says_what_to_do(
    refusal: Callable[..., ConfigError], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {"api_token": {"keyring": "hub/jira"}}
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "pip install keyring" in refusal(table).hint
    monkeypatch.setitem(sys.modules, "keyring", _Keyring({}))
    assert "keyring set hub jira" in refusal(table).hint
    monkeypatch.setitem(sys.modules, "keyring", _Keyring({}, RuntimeError(CANARY)))
    assert "cannot be read (RuntimeError)" in refusal(table).message
    assert "SERVICE/NAME" in refusal({"api_token": {"keyring": "jira"}}).message


@given(
    st.dictionaries(
        st.sampled_from([*JiraSettings.model_fields, "unknown", "read_only", "odd key\n"]),
        st.recursive(
            st.sampled_from([CANARY, 1, True, 2.5]),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(
                    st.sampled_from(["env", "file", "keyring", "kind", "url", "headers"]), inner, max_size=2
                )
            ),
            max_leaves=5,
        ),
        max_size=4,
    )
)
def test_any_table_is_settings_or_a_config_error_without_values(raw: Mapping[str, Any]) -> None:
    error = _refusal_of(raw)
    if error is not None:
        assert "\n" not in str(error)
        named = (f"variable '{CANARY}'", f"Set {CANARY},", f"{CANARY}' does not exist")
        told = str(error)
        for phrase in named:
            told = told.replace(phrase, "")
        assert CANARY not in told


def _refusal_of(raw: Mapping[str, Any]) -> ConfigError | None:
    try:
        resolve_settings(
            raw, JiraSettings, where="connectors.jira", base=Path("/nowhere"), register_secret=lambda _: None
        )
    except ConfigError as error:
        return error
    return None
