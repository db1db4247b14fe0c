"""Walks a raw TOML table along its settings class: unknown keys, secret references and relative paths."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError

from hub.catalog.nearest import nearest
from hub.config.problems import Keys, Problem, dotted, problems_of
from hub.config.references import Reference, Resolvers
from hub.errors import ConfigError

_SEQUENCES = (list, tuple, set, frozenset, Sequence)
_MAPPINGS = (dict, Mapping)
M = TypeVar("M", bound=BaseModel)


class TableWalk:
    """One walk over one table; `problems` holds what is wrong afterwards.

    Args:
        resolvers: Read secret references.
        base: Folder that relative paths start from.
        literal_secrets: Whether a secret may stand in the file as it is, as hashes may.
        register_secret: Told every value that a reference leads to.
    """

    def __init__(
        self,
        resolvers: Resolvers,
        base: Path,
        *,
        literal_secrets: bool,
        register_secret: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.problems: list[Problem] = []
        self._resolvers = resolvers
        self._register_secret = register_secret
        self._base = base
        self._literal_secrets = literal_secrets
        self._passed_over: dict[Keys, frozenset[str]] = {}

    def model(
        self, raw: Mapping[str, Any], model: type[BaseModel], keys: Keys, also: Iterable[str] = ()
    ) -> dict[str, Any]:
        """The table with references and paths resolved, and without the keys that are problems.

        Args:
            raw: As tomllib gives it.
            model: Says which keys there are.
            keys: Where the table stands.
            also: Keys that are valid in this table and taken out elsewhere; offered as near names.
        """
        known = {_key_of(name, field.alias): field.annotation for name, field in model.model_fields.items()}
        walked: dict[str, Any] = {}
        for key, value in raw.items():
            if key in known:
                walked[key] = self.value(value, known[key], (*keys, key))
            elif model.model_config.get("extra") == "allow":
                walked[key] = value
            else:
                self._unknown(key, value, keys, [*known, *also])
        for name, field in model.model_fields.items():
            if isinstance(field.default, Path):
                walked.setdefault(_key_of(name, field.alias), self._base / field.default)
        return walked

    def build(self, walked: Mapping[str, Any], model: type[M], keys: Keys) -> M | None:
        """The settings object of a walked table; None if pydantic finds more problems."""
        try:
            return model.model_validate(walked)
        except ValidationError as error:
            within = {place[len(keys) :]: names for place, names in self._passed_over.items()}
            for found in problems_of(error, walked, within):
                place = (*keys, *found.keys)
                if not any(_follows(place, problem.keys) for problem in self.problems):
                    self.problems.append(Problem(keys=place, message=found.message, hint=found.hint))
            return None

    def value(self, value: Any, annotation: Any, keys: Keys) -> Any:
        """One value, walked along its type; what is no problem of this walk is left to pydantic."""
        choices = choices_of(annotation)
        if isinstance(value, dict):
            return self._table(cast("dict[str, Any]", value), choices, keys)
        if isinstance(value, list):
            return self._array(cast("list[Any]", value), choices, keys)
        if isinstance(value, str):
            if SecretStr in choices and str not in choices and not self._literal_secrets:
                self.problems.append(
                    Problem(
                        keys=keys,
                        message="is a secret and must not stand in hub.toml itself",
                        hint=f"Write a reference: {self._resolvers.forms}",
                    )
                )
            elif Path in choices and str not in choices:
                return self._base / _at_home(value)
        return value

    def _table(self, value: dict[str, Any], choices: list[Any], keys: Keys) -> Any:
        mappings = [choice for choice in choices if get_origin(choice) in _MAPPINGS or choice in _MAPPINGS]
        models = [choice for choice in choices if isinstance(choice, type) and issubclass(choice, BaseModel)]
        if SecretStr in choices or (str in choices and not mappings and not models):
            reference = self._resolvers.reference_in(value)
            if reference is not None:
                return self._resolved(reference, keys)
            if not mappings and not models:
                expected = "should be a secret reference" if SecretStr in choices else "should be a string"
                if unknown := self._resolvers.unknown_kind(value):
                    expected += f", and {unknown}"
                self.problems.append(Problem(keys=keys, message=expected, hint=f"Write {self._resolvers.forms}"))
                return None
        if models:
            meant = _best_fit(value, models)
            self._passed_over[keys] = frozenset(
                getattr(choice, "__name__", "") for choice in choices if choice is not meant
            )
            return self.model(value, meant, keys)
        if mappings:
            inner = (get_args(mappings[0]) or (Any, Any))[1]
            return {key: self.value(item, inner, (*keys, key)) for key, item in value.items()}
        return value

    def _array(self, value: list[Any], choices: list[Any], keys: Keys) -> list[Any]:
        for choice in choices:
            if get_origin(choice) in _SEQUENCES and get_args(choice):
                inner = get_args(choice)
                return [
                    self.value(
                        item, inner[min(index, len(inner) - 1)] if ... not in inner else inner[0], (*keys, index)
                    )
                    for index, item in enumerate(value)
                ]
        return value

    def _resolved(self, reference: Reference, keys: Keys) -> str | None:
        try:
            value = self._resolvers.read(reference, dotted(keys))
        except ConfigError as error:
            self.problems.append(Problem(keys=keys, message=error.message, hint=error.hint))
            return None
        self._register_secret(value)
        return value

    def _unknown(self, key: str, value: Any, keys: Keys, known: list[str]) -> None:
        kind = "table" if isinstance(value, dict) else "key"
        near = nearest(key, known, 1)
        if near:
            name = dotted((*keys, near[0]))
            message = f"is an unknown {kind} (did you mean {f'[{name}]' if isinstance(value, dict) else name}?)"
            hint = f"Write {near[0]}, or remove it"
        else:
            message = f"is an unknown {kind}"
            hint = f"Known here: {', '.join(known)}" if known else "Nothing can be set here"
        self.problems.append(Problem(keys=(*keys, key), message=message, hint=hint))


def _follows(place: Keys, known: Keys) -> bool:
    """Whether a problem here may only follow from the known one: it lies around, in or at the same place."""
    return known[: len(place)] == place or place[: len(known)] == known


def _at_home(text: str) -> Path:
    """The path with `~` filled in, where that user exists."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def _key_of(name: str, alias: str | None) -> str:
    return alias or name


def choices_of(annotation: Any) -> list[Any]:
    """The types a value may have: `Annotated`, `type X = …`, `Optional` and unions taken apart."""
    annotation = getattr(annotation, "__value__", annotation)
    origin = get_origin(annotation)
    if origin is Annotated:
        return choices_of(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [choice for member in get_args(annotation) for choice in choices_of(member)]
    return [annotation]


def _best_fit(value: Mapping[str, Any], models: list[type[BaseModel]]) -> type[BaseModel]:
    """The member of a union of models that a table is meant for: by its discriminator, then by its keys."""

    def fit(model: type[BaseModel]) -> tuple[int, int]:
        fields = {_key_of(name, field.alias): field for name, field in model.model_fields.items()}
        literal = [
            value[key] in get_args(field.annotation)
            for key, field in fields.items()
            if get_origin(field.annotation) is Literal and key in value
        ]
        return (literal.count(True) - literal.count(False), -len(value.keys() - fields.keys()))

    return max(models, key=fit)
