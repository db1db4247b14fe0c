"""The one decision point: what a principal may see and do, by the roles of hub.toml."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Literal

from hub.access.principal import Principal
from hub.config.models import RoleTable

Verdict = Literal["allow", "deny", "approve"]
ListName = Literal["denied_tools", "require_approval", "allowed_tools"]

_CACHED_DECISIONS = 8192


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy says, and which of its rules said it.

    Attributes:
        verdict: Whether the call may run.
        rule: The rule that decided, such as `roles.analyst.denied_tools "*_delete"`.
        policy: Version of the policy that decided, for the audit log.
    """

    verdict: Verdict
    rule: str
    policy: str = ""

    @property
    def visible(self) -> bool:
        """Whether the principal may know that the name exists."""
        return self.verdict != "deny"


@dataclass(frozen=True, slots=True)
class _Rule:
    text: str
    matches: re.Pattern[str]


class _Role:
    """The compiled lists of one role; compiled at first use, since many roles are never asked for."""

    def __init__(self, name: str, table: RoleTable) -> None:
        self.name = name
        self._table = table

    @cached_property
    def denied_tools(self) -> tuple[_Rule, ...]:
        return self._compile("denied_tools", self._table.denied_tools)

    @cached_property
    def require_approval(self) -> tuple[_Rule, ...]:
        return self._compile("require_approval", self._table.require_approval)

    @cached_property
    def allowed_tools(self) -> tuple[_Rule, ...]:
        return self._compile("allowed_tools", self._table.allowed_tools)

    def _compile(self, key: ListName, patterns: Sequence[str]) -> tuple[_Rule, ...]:
        return tuple(
            _Rule(f'roles.{self.name}.{key} "{pattern}"', re.compile(translate(pattern))) for pattern in patterns
        )


class Policy:
    """Answers for every name, in listing, completing, reading and calling alike, whether a principal may.

    A deny of any role beats an approval of any role, which beats an allow of any role; a name that no pattern
    allows is denied. Patterns are shell-like and compared exactly: the names they match are lowercase
    `[a-z0-9_]`, so a look-alike, another case or a space never matches.

    Args:
        roles: The `[roles.*]` tables.
        enforced: Whether keys are configured, so that whoever comes over HTTP is held to the roles of a key.
        local_roles: Roles of local processes; None lets them do everything. While no keys are configured, HTTP
            serves this machine alone, and its callers have these roles too.
    """

    def __init__(
        self, roles: Mapping[str, RoleTable], *, enforced: bool, local_roles: tuple[str, ...] | None = None
    ) -> None:
        self._enforced = enforced
        self._local_roles = local_roles
        self._tables = roles
        self._roles = {name: _Role(name, table) for name, table in roles.items()}
        self._by_roles = lru_cache(maxsize=_CACHED_DECISIONS)(self._decide_by_roles)

    @cached_property
    def version(self) -> str:
        """Names this very set of roles in the audit log: the same roles give the same version."""
        told = [
            self._enforced,
            self._local_roles,
            sorted((name, table.model_dump_json()) for name, table in self._tables.items()),
        ]
        return sha256(repr(told).encode()).hexdigest()[:12]

    @cached_property
    def _local(self) -> Decision:
        return Decision("allow", "local process", self.version)

    @cached_property
    def _open(self) -> Decision:
        return Decision("allow", "no keys are configured", self.version)

    def decide(self, principal: Principal, name: str, *, builtin: bool = False) -> Decision:
        """What `principal` may do with `name`.

        Args:
            principal: Who asks. Without `local_roles`, a local process acts for the owner of hub.toml and may do
                everything.
            name: With namespace: of a tool, a resource template or a prompt.
            builtin: It is one of the hub's own tools; these need no allowing, but can be denied, or need approval.
        """
        roles = self._roles_of(principal)
        if roles is None:
            return self._local if principal.how == "local" else self._open
        return self._by_roles(roles, name, builtin)

    def restricts(self, principal: Principal) -> bool:
        """Whether roles decide about this principal at all."""
        return self._roles_of(principal) is not None

    def _roles_of(self, principal: Principal) -> tuple[str, ...] | None:
        if self._enforced and principal.how != "local":
            return principal.roles
        return self._local_roles

    def _decide_by_roles(self, names: tuple[str, ...], name: str, builtin: bool) -> Decision:  # noqa: FBT001  a cache key
        roles = [self._roles[role] for role in names if role in self._roles]
        if rule := _first(name, (role.denied_tools for role in roles)):
            return Decision("deny", rule, self.version)
        if rule := _first(name, (role.require_approval for role in roles)):
            return Decision("approve", rule, self.version)
        if builtin:
            return Decision("allow", "the hub's own tool", self.version)
        if rule := _first(name, (role.allowed_tools for role in roles)):
            return Decision("allow", rule, self.version)
        told = f"no allowed_tools of {', '.join(names)}" if names else "the client has no roles"
        return Decision("deny", told, self.version)


def _first(name: str, lists: Iterable[tuple[_Rule, ...]]) -> str | None:
    return next((rule.text for rules in lists for rule in rules if rule.matches.match(name)), None)
