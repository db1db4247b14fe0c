import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from hub.config.load import MAX_BYTES, find_config, line_of, load_settings
from hub.config.models import CONNECTOR_KEYS, HubSettings, HubTable, KeyTable, RoleTable, ServerTable
from hub.errors import ConfigError

Load = Callable[[str | bytes], HubSettings]
Refusal = Callable[[str | bytes], ConfigError]

HASH = hashlib.sha256(b"hub_a-long-random-key").hexdigest()


def test_an_empty_file_gives_the_defaults_with_the_state_beside_it(load: Load, tmp_path: Path) -> None:
    settings = load("")
    assert settings.server.host == "127.0.0.1"
    assert settings.hub.state == tmp_path / ".hub"


def test_a_relative_path_starts_from_the_file_and_an_absolute_one_stays(load: Load, tmp_path: Path) -> None:
    assert load('[hub]\nstate = "var/state"').hub.state == tmp_path / "var/state"
    assert load('[hub]\nstate = "/var/lib/hub"').hub.state == Path("/var/lib/hub")


def test_a_connectors_own_keys_are_kept_apart_from_the_hubs(load: Load) -> None:
    table = load(
        '[connectors.jira]\nurl = "https://x"\nread_only = false\ntools = ["-log_work"]\n'
        'api_token = { env = "T" }\n[connectors.jira.settings]\na = 1\n'
    ).connectors["jira"]
    assert table.settings == {"url": "https://x", "api_token": {"env": "T"}, "settings": {"a": 1}}
    assert table.read_only is False
    assert table.tools == ("-log_work",)


def test_a_byte_order_mark_does_not_matter(load: Load) -> None:
    assert load(b'\xef\xbb\xbf[hub]\nname = "x"').hub.name == "x"


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ('[hub]\nname = "x', 2, "no valid TOML"),
        ("[hub]\n\nname = \n", 3, "no valid TOML"),
        ("[hub]\n[hub]\n", 2, "no valid TOML"),
        ("a = [1,\n2,\n", 3, "no valid TOML"),
        ("[hub]\nname = 1979-99-99\n", 2, "no valid TOML"),
        ("# fine\n[hub]\nname = " + "9" * 5000, 3, "out of range"),
        ("# fine\n\n[hub]\nname = " + "[" * 5000, 4, "nested too deeply"),
        (b"[hub]\nname = '\xff'", 2, "not UTF-8"),
    ],
    ids=lambda value: None if isinstance(value, int) else repr(value[:24]),
)
def test_malformed_toml_is_one_line_with_its_place(
    refusal: Refusal, tmp_path: Path, content: str | bytes, line: int, said: str
) -> None:
    error = refusal(content)
    assert error.message.startswith(f"{tmp_path}/hub.toml:{line}: ")
    assert said in error.message
    assert error.__cause__ is None
    assert error.__suppress_context__


@given(st.binary(max_size=200))
def test_any_bytes_are_settings_or_a_config_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    _settings_or_config_error(tmp_path_factory, content)


@given(st.text(alphabet="[]{}=\"'.,#\n\\ abc019-_:eTZ+", max_size=120))
def test_any_text_close_to_toml_is_settings_or_a_config_error(
    tmp_path_factory: pytest.TempPathFactory, content: str
) -> None:
    _settings_or_config_error(tmp_path_factory, content.encode())


KEYS = st.sampled_from(
    [
        *HubSettings.model_fields,
        *KeyTable.model_fields,
        *RoleTable.model_fields,
        *("keys", "tools", "jira", "port", "env", "file", "settings", "enabled", "ä", "x y", "", "\n"),
    ]
)
VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=8), st.dates()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_tables_are_settings_or_a_config_error(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]
) -> None:
    _settings_or_config_error(tmp_path_factory, tomlkit.dumps(document).encode())


def _settings_or_config_error(factory: pytest.TempPathFactory, content: bytes) -> None:
    path = factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    error = _refusal_of(path)
    if error is not None:
        assert "\n" not in str(error)
        assert error.message.startswith(f"{path}:")


def _refusal_of(path: Path) -> ConfigError | None:
    try:
        load_settings(path)
    except ConfigError as error:
        return error
    return None


CANARY = "canary-7f3a"


@given(
    st.sampled_from(
        [
            *(f"hub.{key}" for key in HubTable.model_fields),
            *(f"server.{key}" for key in ServerTable.model_fields),
            *(f"roles.a.{key}" for key in RoleTable.model_fields),
            *(f"connectors.jira.{key}" for key in CONNECTOR_KEYS),
            *("auth", "auth.keys", "roles.a", "limits.per_client", "limits.tools.x", "results.keep"),
        ]
    ),
    st.recursive(
        st.just(CANARY),
        lambda inner: st.lists(inner, min_size=1, max_size=2) | st.fixed_dictionaries({"env": inner}),
        max_leaves=3,
    ),
)
def test_a_wrong_value_is_never_repeated(tmp_path_factory: pytest.TempPathFactory, place: str, value: Any) -> None:
    document: Any = value
    for key in reversed(place.split(".")):
        document = {key: document}
    path = tmp_path_factory.getbasetemp() / "canary.toml"
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
    error = _refusal_of(path)
    # The name of a variable is no secret: it says which one to set.
    told = f"{error!r}{error}".replace(f"variable '{CANARY}'", "").replace(f"Set {CANARY},", "")
    assert CANARY not in told


@pytest.mark.parametrize(
    ("content", "line", "wrong", "right"),
    [
        ("[hub]\n[serverr]\nport = 1\n", 2, "serverr", "[server]"),
        ("[server]\n# why\nprot = 1\n", 3, "server.prot", "server.port"),
        ("[roles.a]\nallowed_tool = []\n", 2, "roles.a.allowed_tool", "roles.a.allowed_tools"),
        ('[[auth.keys]]\nclient = "a"\nkey_sha = "b"\n', 3, "auth.keys[0].key_sha", "auth.keys[0].key_sha256"),
        ("[limits]\nper_clients = '1/s'\n", 2, "limits.per_clients", "limits.per_client"),
    ],
)
def test_an_unknown_key_names_the_nearest_one(
    refusal: Refusal, content: str, line: int, wrong: str, right: str
) -> None:
    error = refusal(content)
    assert f"hub.toml:{line}: {wrong} is an unknown" in error.message
    assert f"did you mean {right}?" in error.message


def test_an_unknown_key_without_a_near_one_says_what_there_is(refusal: Refusal) -> None:
    assert "host, port" in refusal("[server]\nxyzzy = 1\n").hint


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[server]\nport = "eighty"', "server.port should be a whole number"),
        ("[server]\nport = 70000", "server.port should be less than or equal to 65535"),
        ("[hub]\nname = 3", "hub.name should be a string"),
        ("[server]\nsse = 'maybe'", "server.sse should be true or false"),
        ("[server]\nallowed_hosts = 'a'", "server.allowed_hosts should be an array"),
        ("server = 3", "server should be a table"),
        ("[[connectors.jira]]", "connectors.jira should be a table"),
        ("[limits]\nper_client = '100 a minute'", "limits.per_client should be a rate such as 100/minute"),
        ("[connectors.a]\nrate_limit = '0/s'", "connectors.a.rate_limit should be a rate such as 100/minute"),
        (
            "[roles.a]\nallowed_tools = ['Jira Search']",
            "roles.a.allowed_tools[0] should be a tool's name or a pattern",
        ),
        ("[connectors.a]\ntools = ['--x y']", "connectors.a.tools[0] should be a tool's name or a pattern"),
        ("[connectors.'Jira Cloud']", "connectors has a table whose name is no namespace"),
    ],
)
def test_a_wrong_value_says_what_was_expected(refusal: Refusal, content: str, said: str) -> None:
    assert said in refusal(content).message


def test_all_problems_are_told_at_once(refusal: Refusal) -> None:
    error = refusal("[serverr]\n[server]\nport = 'x'\n[hub]\nname = 1\n")
    assert "serverr is an unknown table" in error.message
    assert "server.port should be a whole number" in error.message
    assert "hub.name should be a string" in error.message


def test_a_key_may_have_its_hash_in_the_environment(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_HASH", HASH.upper())
    settings = load('[roles.r]\n[[auth.keys]]\nclient = "bot"\nkey_sha256 = { env = "BOT_HASH" }\nroles = ["r"]\n')
    assert settings.auth.keys[0].key_sha256.get_secret_value() == HASH
    assert HASH not in repr(settings)


def test_a_missing_hash_names_the_setting_and_the_variable(
    refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOT_HASH", raising=False)
    error = refusal('[[auth.keys]]\nclient = "bot"\nkey_sha256 = { env = "BOT_HASH" }\n')
    assert error.setting == "auth.keys[0].key_sha256"
    assert "BOT_HASH" in error.message


@pytest.mark.parametrize("guess", ["", "test", "changeme", "password", "password\n"])
def test_the_hash_of_a_guessable_key_is_refused(refusal: Refusal, guess: str) -> None:
    digest = hashlib.sha256(guess.encode()).hexdigest()
    error = refusal(f'[[auth.keys]]\nclient = "a"\nkey_sha256 = "{digest}"\n')
    assert "anybody would guess" in error.message
    assert digest not in str(error)


def test_what_is_no_hash_is_refused_unseen(refusal: Refusal) -> None:
    error = refusal(f'[[auth.keys]]\nclient = "a"\nkey_sha256 = "{CANARY}"\n')
    assert "64 hex digits" in error.message
    assert CANARY not in str(error)


def test_one_key_cannot_belong_to_two_tables(refusal: Refusal) -> None:
    table = f'[[auth.keys]]\nclient = "{{}}"\nkey_sha256 = "{HASH}"\n'
    assert "the keys of a and b are the same" in refusal(table.format("a") + table.format("b")).message
    assert "the keys of a and a are the same" in refusal(table.format("a") * 2).message


def test_a_key_with_an_unknown_role_is_refused_with_the_nearest_role(refusal: Refusal) -> None:
    error = refusal(f'[roles.analyst]\n[[auth.keys]]\nclient = "a"\nkey_sha256 = "{HASH}"\nroles = ["analyts"]\n')
    assert "no [roles.analyts]; did you mean analyst?" in error.message


def test_a_limit_on_an_unknown_connector_is_refused(refusal: Refusal) -> None:
    error = refusal('[connectors.jira]\n[limits.connectors]\njiro = "1/s"\n')
    assert "no [connectors.jiro]; did you mean jira?" in error.message


def test_files_that_cannot_be_a_config_are_refused_in_one_line(tmp_path: Path) -> None:
    big = tmp_path / "big.toml"
    big.write_bytes(b"#" * (MAX_BYTES + 1))
    fifo = tmp_path / "fifo.toml"
    os.mkfifo(fifo)
    told = {
        tmp_path / "none.toml": "there is no",
        tmp_path: "is a folder",
        fifo: "is not a regular file",
        Path("/dev/zero"): "is not a regular file",
        big: "is larger than 1024 KiB",
        tmp_path / ("x" * 300): "cannot be read",
    }
    for path, said in told.items():
        with pytest.raises(ConfigError, match=said):
            load_settings(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    path.touch(mode=0o000)
    with pytest.raises(ConfigError, match="Permission denied"):
        load_settings(path)


def test_the_config_is_the_given_one_then_the_variables_then_the_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("given.toml", "variable.toml", "hub.toml"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUB_CONFIG", "variable.toml")
    assert find_config(Path("given.toml")) == tmp_path / "given.toml"
    assert find_config(None) == tmp_path / "variable.toml"
    monkeypatch.setenv("HUB_CONFIG", "")
    assert find_config(None) == tmp_path / "hub.toml"


def test_without_a_config_the_error_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HUB_CONFIG", raising=False)
    with pytest.raises(ConfigError, match="hub init"):
        find_config(None)
    with pytest.raises(ConfigError, match="--config"):
        find_config(Path("gone.toml"))
    monkeypatch.setenv("HUB_CONFIG", "gone.toml")
    with pytest.raises(ConfigError, match=r"HUB_CONFIG names gone\.toml"):
        find_config(None)


NAMES = st.text(alphabet="abcd", min_size=1, max_size=3)
SCALARS = st.one_of(
    st.integers(0, 9).map(str), st.just('"x"'), st.just('"""\na = 1\n[b]\n"""'), st.just("[\n1, # c\n2,\n]")
)
TABLES = st.dictionaries(NAMES, st.dictionaries(NAMES, SCALARS, max_size=4), max_size=5)


@given(TABLES, st.lists(st.sampled_from(["", "# x = 1", "# [t]"]), max_size=2))
def test_every_setting_is_found_on_the_line_where_it_stands(
    tables: Mapping[str, Mapping[str, str]], between: list[str]
) -> None:
    lines: list[str] = []
    places: dict[tuple[str, ...], int] = {}
    for table, keys in tables.items():
        lines += [*between, f"[{table}]"]
        places[(table,)] = len(lines)
        for key, value in keys.items():
            lines += between
            places[(table, key)] = len(lines) + 1
            lines += f"{key} = {value}".split("\n")
    text = "\n".join(lines)
    for place, line in places.items():
        assert line_of(text, place) == line
    assert line_of(text, ("nowhere",)) is None


def test_roles_that_nobody_has_are_refused(refusal: Refusal) -> None:
    error = refusal('[roles.analyst]\nallowed_tools = ["*"]\n')
    assert "[roles] have no effect" in error.message
    assert "auth.local_roles" in error.message


def test_local_roles_give_the_roles_an_effect(load: Load) -> None:
    settings = load('[auth]\nlocal_roles = ["analyst"]\n[roles.analyst]\n')
    assert settings.auth.local_roles == ("analyst",)
    assert load("").auth.local_roles is None


def test_an_unknown_local_role_is_refused_with_the_nearest(refusal: Refusal) -> None:
    error = refusal('[auth]\nlocal_roles = ["analyts"]\n[roles.analyst]\n')
    assert "auth.local_roles has the role analyts" in error.message
    assert "did you mean analyst?" in error.message
