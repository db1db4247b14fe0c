from collections.abc import Callable
from typing import Any

import pytest
from hub_connector_github.connector import GitHub
from hub_connector_github.references import RepositoryName
from hub_connector_github.repositories import web_host

from hub.plugin import InvalidArguments

Build = Callable[..., GitHub]


def full_name(build: Build, wanted: str | None, **settings: Any) -> str:
    name = None if wanted is None else RepositoryName.parse(wanted)
    return build(**settings).repositories.get(name).full_name


def test_the_only_repository_is_the_default(build: Build) -> None:
    assert full_name(build, None) == "octo/shop"


def test_the_default_is_said_where_there_are_several(build: Build) -> None:
    several = {"repositories": ["octo/shop", "octo/web"]}
    assert full_name(build, None, **several, default_repository="octo/web") == "octo/web"
    with pytest.raises(InvalidArguments, match=r"Pass repo: octo/shop, octo/web"):
        full_name(build, None, **several)
    with pytest.raises(InvalidArguments, match="octo-org/octo-repo"):
        full_name(build, None, repositories=[])


def test_a_bare_name_takes_the_owner_that_is_clear(build: Build) -> None:
    assert full_name(build, "web", repositories=["octo/*"]) == "octo/web"
    assert full_name(build, "shop", repositories=["octo/shop", "acme/*"]) == "octo/shop"
    with pytest.raises(InvalidArguments, match="Whose web"):
        full_name(build, "web", repositories=["octo/*", "acme/*"])


@pytest.mark.parametrize("wanted", ["octo/shop", "OCTO/Shop", "acme/shop-eu"])
def test_patterns_let_through_whatever_the_case(build: Build, wanted: str) -> None:
    assert full_name(build, wanted, repositories=["octo/*", "acme/shop-*"]) == wanted


@pytest.mark.parametrize("wanted", ["other/shop", "acme/web", "octo-2/shop", "xocto/shop"])
def test_what_is_not_listed_is_refused(build: Build, wanted: str) -> None:
    with pytest.raises(InvalidArguments, match=r"connectors\.github\.repositories.*octo/\*"):
        full_name(build, wanted, repositories=["octo/*", "acme/shop-*"])


def test_without_a_list_all_are_let_through(build: Build) -> None:
    assert full_name(build, "any/thing", repositories=[]) == "any/thing"


def test_an_address_counts_where_none_is_named_and_only_on_this_github(build: Build) -> None:
    repositories = build(repositories=[]).repositories
    address = RepositoryName("a", "b")
    assert repositories.get(None, address, "github.com").full_name == "a/b"
    assert repositories.get(RepositoryName("c", "d"), address, "github.com").full_name == "c/d"
    with pytest.raises(InvalidArguments, match=r"ghe\.acme\.com; this connector reaches github\.com"):
        repositories.get(None, address, "ghe.acme.com")


@pytest.mark.parametrize(
    ("api", "web"),
    [
        ("https://api.github.com", "github.com"),
        ("https://api.octo.ghe.com", "octo.ghe.com"),
        ("https://ghe.acme.com:8443/api/v3", "ghe.acme.com:8443"),
        ("http://127.0.0.1:5000", ""),
    ],
)
def test_the_site_for_people_follows_from_the_apis_address(api: str, web: str) -> None:
    assert web_host(api) == web


def test_the_model_is_told_which_repositories_there_are(build: Build) -> None:
    assert "Repositories: octo/shop." in build().instructions()
    several = build(repositories=["octo/a", "octo/b"], default_repository="octo/b")
    assert "Default octo/b." in several.instructions()
    assert "Repositories" not in build(repositories=[]).instructions()
    assert ", …." in build(repositories=[f"octo/r{number}" for number in range(12)]).instructions()
