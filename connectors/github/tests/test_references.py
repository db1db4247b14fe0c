import pytest
from hub_connector_github.references import Ref, RepositoryName, RunReference, Target, WorkflowFile
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("text", ["octo-org/shop", "shop", "a/b.c-d_e", "https://github.com/octo/shop.git"])
def test_repositories_are_read(text: str) -> None:
    assert str(RepositoryName.parse(text)) in ("octo-org/shop", "shop", "a/b.c-d_e", "octo/shop")


@pytest.mark.parametrize("text", ["..", "a/..", ".", "a/b/c", "a b", "", "-a/b", "a/b?c", "a/%2e%2e"])
def test_what_is_no_repository_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no repository"):
        RepositoryName.parse(text)


def test_a_run_is_an_id_or_an_address() -> None:
    assert RunReference.parse("123") == RunReference(id=123)
    found = RunReference.parse("https://github.com/octo/shop/actions/runs/9/attempts/2")
    assert (found.id, found.attempt, str(found.repository), found.host) == (9, 2, "octo/shop", "github.com")
    found = RunReference.parse("https://ghe.acme.com:8443/octo/shop/actions/runs/9/job/77?pr=1#step:5:1")
    assert (found.id, found.job, found.host) == (9, 77, "ghe.acme.com:8443")


@pytest.mark.parametrize(
    "text",
    ["0", "x", "-1", "1/../2", "https://github.com/octo/shop", "ftp://h/o/s/actions/runs/1", "http://[::/runs/1"],
)
def test_what_is_no_run_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no run"):
        RunReference.parse(text)


@pytest.mark.parametrize(
    "text", ["main", "feature/x", "v1.2.0", "refs/heads/main", "dependabot/pip/a-1.2", "a" * 40]
)
def test_refs_are_read(text: str) -> None:
    assert str(Ref.parse(text)) == text.removeprefix("refs/heads/")


@pytest.mark.parametrize(
    "text",
    ["", "a..b", "/a", "a/", "a//b", "a b", "a:b", "-a", "a.lock", "a.lock/b", "a@{1}", "a\\b", "a?", "a/.b", "a."],
)
def test_what_git_takes_for_no_ref_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no branch"):
        Ref.parse(text)


@given(st.text(max_size=60))
def test_no_ref_climbs_out_of_a_path_or_forks_a_comparison(text: str) -> None:
    try:
        name = Ref.parse(text).name
    except ValueError:
        return
    assert ".." not in name
    assert not set(name) & set(":?*\\ \n")


def test_a_whole_sha_is_told_from_a_short_one() -> None:
    assert Ref("a" * 40).is_sha
    assert not Ref("abcdef1").is_sha
    assert Ref("abcdef1").may_be_short_sha
    assert not Ref("main").may_be_short_sha


@pytest.mark.parametrize(
    ("text", "name"), [("ci.yml", "ci.yml"), (".github/workflows/a.yaml", "a.yaml"), ("12", "12")]
)
def test_workflows_are_files_or_ids(text: str, name: str) -> None:
    assert str(WorkflowFile.parse(text)) == name


@pytest.mark.parametrize("text", ["ci", "../ci.yml", "a/b.yml", ""])
def test_what_is_no_workflow_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no workflow"):
        WorkflowFile.parse(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("#12", "#12"),
        ("PR 12", "#12"),
        ("12", "#12"),
        ("21454744000", "run 21454744000"),
        ("main", "main"),
        ("https://github.com/octo/shop/pull/12/files", "#12"),
        ("https://github.com/octo/shop/actions/runs/5", "run 5"),
    ],
)
def test_a_target_is_a_run_a_pull_request_or_a_ref(text: str, told: str) -> None:
    assert str(Target.parse(text)) == told


def test_an_address_elsewhere_is_no_target() -> None:
    with pytest.raises(ValueError, match="leads to no run"):
        Target.parse("https://github.com/octo/shop/issues/1")
