import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field

from hub.config.load import load_settings
from hub.config.models import CONNECTOR_KEYS, HubSettings
from hub.config.secrets import resolve_settings
from hub.config.template import Installed, connector_table, docs_of, hub_toml, toml_value
from hub.connector.settings import ConnectorSettings, Secret, Settings


class Source(Settings):
    url: str
    """Where it answers."""
    token: Secret | None = None


class Base(ConnectorSettings):
    timeout: float = 2.5
    """Seconds."""


class ToySettings(Base):
    """The [connectors.toy] table."""

    base_url: str = "https://api.toy.example"
    mode: Literal["fast", "slow"] = "fast"
    """How it works.

    In two paragraphs."""
    api_token: Secret
    """Token of a bot user; needs the right `toys:read` and, for what writes, the right `toys:write` too."""
    site: str = Field(examples=["acme"], description="Name of your site")
    count: int = 3
    level: Literal["low", "high"]
    ratio: float
    on: bool
    ca_file: Path | None = None
    headers: dict[str, Secret] = Field(default_factory=dict[str, Secret])
    tags: tuple[str, ...] = ("a", 'b"c')
    main: Source | None = None
    sources: dict[str, Source] = Field(default_factory=dict[str, Source])
    """Several of them."""


def uncommented(text: str) -> str:
    """The text with every commented setting and header switched on."""
    return "\n".join(re.sub(r"^# (?=\[|[a-z_0-9]+ = )", "", line) for line in text.split("\n"))


def test_the_text_is_valid_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    installed = [
        Installed(name="toy", title="Toy", settings_type=ToySettings),
        Installed(name="broken", reason="ImportError:\nno module"),
    ]
    path.write_text(hub_toml(installed, name='Acme "tools"'), encoding="utf-8")
    settings = load_settings(path)
    assert settings.hub.name == 'Acme "tools"'
    assert list(settings.connectors) == ["toy"]
    assert not settings.auth.keys
    assert "# broken is installed but cannot be used: ImportError: no module\n" in path.read_text(encoding="utf-8")


def test_the_text_stays_valid_when_everything_is_switched_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_BOT_KEY_SHA256", "ab" * 32)
    path = tmp_path / "hub.toml"
    path.write_text(uncommented(hub_toml([])) + "[connectors.prometheus]\n", encoding="utf-8")
    settings = load_settings(path)
    assert settings.auth.keys[0].client == "ci-bot"
    assert settings.limits.per_client == "100/minute"


def test_the_text_shows_the_defaults(tmp_path: Path) -> None:
    document = tomllib.loads(uncommented(hub_toml([])))
    defaults = HubSettings()
    for table in ("server", "results"):
        shown: dict[str, Any] = getattr(defaults, table).model_dump(mode="json")
        for key, value in document[table].items():
            assert key == "allowed_hosts" or value == shown[key], key


def test_the_text_names_every_key_that_all_connectors_have() -> None:
    text = hub_toml([])
    for key in CONNECTOR_KEYS:
        assert f"{key} = " in text


def test_a_hub_without_connectors_says_how_to_get_one() -> None:
    assert "pip install hub-connector-" in hub_toml([])


def test_every_setting_of_a_connector_is_shown_with_what_it_means(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = connector_table("toy", ToySettings, "Toy")
    assert text.startswith("# Toy\n[connectors.toy]\n")
    assert all(line.startswith("#") for line in text.splitlines()[2:])
    assert all(len(line) <= 116 for line in text.splitlines())
    assert '# site = "acme"  # required; Name of your site\n' in text
    assert '# mode = "fast"  # How it works. In two paragraphs\n' in text
    assert "# timeout = 2.5  # Seconds\n" in text
    assert '# api_token = { env = "TOY_API_TOKEN" }\n' in text
    assert "# [connectors.toy.sources.NAME]  # Several of them\n" in text
    assert text.index("# site") < text.index("# base_url"), "required settings come first"
    assert text.index("# tags") < text.index("# timeout"), "and those that others have too come last"
    table: dict[str, Any] = tomllib.loads(uncommented(text))["connectors"]["toy"]
    assert set(table) == set(ToySettings.model_fields)
    for name in ("TOY_API_TOKEN", "TOY_HEADERS", "TOY_MAIN_TOKEN", "TOY_SOURCES_TOKEN"):
        monkeypatch.setenv(name, "secret-value")
    settings = resolve_settings(
        table, ToySettings, where="connectors.toy", base=tmp_path, register_secret=lambda _: None
    )
    assert settings.api_token.get_secret_value() == "secret-value"
    assert settings.tags == ("a", 'b"c')


def test_what_a_setting_means_is_found_without_pydantics_help() -> None:
    assert docs_of(ToySettings)["timeout"] == "Seconds"
    assert docs_of(ToySettings)["site"] == "Name of your site"
    made: Any = type("Made", (ConnectorSettings,), {"__module__": "nowhere"})
    assert docs_of(made) == {}


@pytest.mark.parametrize("value", [True, 3, 2.5, 'a "b" \\ \n\x7f ä', [1, ["x"]], {"a b": [1], "c": {}}, {}])
def test_a_value_is_written_as_toml_reads_it(value: Any) -> None:
    assert tomllib.loads(f"value = {toml_value(value)}")["value"] == value


def test_a_mapping_of_any_type_is_a_table() -> None:
    class Odd(ConnectorSettings):
        extra: Mapping[str, int]
        names: list[str]

    text = connector_table("odd", Odd)
    assert tomllib.loads(uncommented(text))["connectors"]["odd"] == {"extra": {}, "names": []}
