"""What callers name things by: repositories, runs, refs and targets, each checked against its grammar.

They are types of tool parameters that check themselves, which spares the tool definitions their patterns.
"""

import re
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from hub_connector_github.settings import NAME, OWNER

_ID = re.compile(r"[1-9][0-9]{0,18}")
_REPOSITORY = re.compile(rf"(?:({OWNER})/)?({NAME})")
# git check-ref-format, without what a URL or the compare syntax (`...`, `owner:branch`) would read otherwise.
_REF = re.compile(r"(?!/|-)(?!.*(?:\.\.|//|@\{|/\.|\.lock(?:/|$)))[^\x00-\x20\x7f~^:?*\[\\]{1,250}(?<![/.])")
_SHA = re.compile(r"[0-9a-fA-F]{7,40}")
_WORKFLOW = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._ -]{0,99}\.ya?ml|[1-9][0-9]{0,18}")
_RUN_PATH = re.compile(
    rf"/({OWNER})/({NAME})/actions/runs/([0-9]{{1,19}})(?:/attempts/([0-9]{{1,6}}))?"
    r"(?:/jobs?/([0-9]{1,19}))?(?:/.*)?"
)
_PULL_PATH = re.compile(rf"/({OWNER})/({NAME})/pull/([0-9]{{1,10}})(?:/.*)?")


class _Parameter:
    """A parameter that is a string to the caller and checks itself."""

    @classmethod
    def parse(cls, value: str) -> Self:
        """Read it.

        Raises:
            ValueError: The text is none.
        """
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            lambda value: cls.parse(value.strip()), core_schema.str_schema()
        )


@dataclass(frozen=True)
class RepositoryName(_Parameter):
    """`owner/name`, or the name alone.

    Attributes:
        owner: Empty where the caller left it out.
    """

    owner: str
    name: str

    @classmethod
    def parse(cls, value: str) -> Self:
        """Read `owner/name`, a bare name or the address of a repository."""
        if "://" in value:
            value = "/".join(urlsplit(value).path.strip("/").split("/")[:2]).removesuffix(".git")
        if not (match := _REPOSITORY.fullmatch(value)):
            raise ValueError(f"{value!r} is no repository; write it like octo-org/octo-repo")
        return cls(match[1] or "", match[2])

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}" if self.owner else self.name


@dataclass(frozen=True, kw_only=True)
class RunReference(_Parameter):
    """A workflow run, by its id or the address people see in their browser.

    Attributes:
        id: Of the run.
        attempt: Which attempt, if the address names one.
        job: Which job, if the address names one.
        repository: Where it lies, if the address was given.
        host: Of the address, with its port.
    """

    id: int
    attempt: int | None = None
    job: int | None = None
    repository: RepositoryName | None = None
    host: str = ""

    @classmethod
    def parse(cls, value: str) -> Self:
        """Read an id or an address."""
        if _ID.fullmatch(value):
            return cls(id=int(value))
        if found := cls.of_address(value):
            return found
        raise ValueError(f"{value!r} is no run; pass its id, or its address …/actions/runs/123")

    @classmethod
    def of_address(cls, address: str) -> Self | None:
        """The run an address leads to; None if it leads elsewhere."""
        parts = _address(address)
        if parts is None or not (match := _RUN_PATH.fullmatch(unquote(parts[1]))):
            return None
        owner, name, run, attempt, job = match.groups()
        return cls(
            id=int(run),
            attempt=int(attempt) if attempt else None,
            job=int(job) if job else None,
            repository=RepositoryName(owner, name),
            host=parts[0],
        )


@dataclass(frozen=True)
class Ref(_Parameter):
    """A branch, a tag or a commit's SHA."""

    name: str

    @classmethod
    def parse(cls, value: str) -> Self:
        """Read a ref; `refs/heads/` may stand before it."""
        name = value.removeprefix("refs/heads/").removeprefix("refs/tags/")
        if not _REF.fullmatch(name):
            raise ValueError(f"{value!r} is no branch, tag or commit of this repository")
        return cls(name)

    @property
    def is_sha(self) -> bool:
        """Whether it can only be meant as a whole commit SHA."""
        return len(self.name) == 40 and _SHA.fullmatch(self.name) is not None

    @property
    def may_be_short_sha(self) -> bool:
        """Whether it can be meant as the beginning of a commit SHA."""
        return _SHA.fullmatch(self.name) is not None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class WorkflowFile(_Parameter):
    """A workflow, by its file's name or its id."""

    name: str

    @classmethod
    def parse(cls, value: str) -> Self:
        """Read a file name, with or without its folder, or an id."""
        name = value.removeprefix(".github/workflows/")
        if not _WORKFLOW.fullmatch(name):
            raise ValueError(f"{value!r} is no workflow; pass its file name, like ci.yml")
        return cls(name)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Target(_Parameter):
    """What may be red: a run, a pull request, a branch or a commit; exactly one is set."""

    run: RunReference | None = None
    pull_request: int | None = None
    ref: Ref | None = None
    repository: RepositoryName | None = None
    host: str = ""

    def __str__(self) -> str:
        if self.run is not None:
            return f"run {self.run.id}"
        return f"#{self.pull_request}" if self.pull_request is not None else str(self.ref)

    @classmethod
    def parse(cls, value: str) -> Self:
        """Read a run's id or address, `#12`, a pull request's address, a branch or a SHA.

        A bare number is a run from ten million on, as run ids have long been, and a pull request below.
        """
        if "://" in value:
            if found := RunReference.of_address(value):
                return cls(run=found, repository=found.repository, host=found.host)
            parts = _address(value)
            if parts and (match := _PULL_PATH.fullmatch(unquote(parts[1]))):
                repository = RepositoryName(match[1], match[2])
                return cls(pull_request=int(match[3]), repository=repository, host=parts[0])
            raise ValueError(f"{value!r} leads to no run and no pull request")
        if match := re.fullmatch(r"(?i)(?:#|pr\s*#?|pull/)([1-9][0-9]{0,9})", value):
            return cls(pull_request=int(match[1]))
        if _ID.fullmatch(value):
            number = int(value)
            return cls(run=RunReference(id=number)) if number >= 10_000_000 else cls(pull_request=number)
        return cls(ref=Ref.parse(value))


def _address(value: str) -> tuple[str, str] | None:
    """Host with port, and path, of an http address."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return f"{parts.hostname}{f':{port}' if port else ''}", parts.path
