"""Checks that rest on the contract: its tests ran among the connector's own, and passed."""

from collections.abc import Callable, Mapping

from hub.quality.evidence import Evidence, SuiteRun
from hub.quality.finding import Finding, failed, found, unverified, verified

SUBCLASS = "subclass hub.testing.ConnectorContract in tests/test_contract.py"


def contract_names() -> frozenset[str]:
    """Names of the contract's tests."""
    from hub.testing.contract import ConnectorContract

    return frozenset(name for name in dir(ConnectorContract) if name.startswith("test_"))


def contract_results(run: SuiteRun) -> Mapping[str, str]:
    """What became of each test of the contract; of several contracts of one connector, the worst."""
    wanted = contract_names()
    owners: dict[str, dict[str, str]] = {}
    for (owner, name), result in run.results.items():
        if name in wanted:
            owners.setdefault(owner, {})[name] = result
    worst: dict[str, str] = {}
    for results in owners.values():
        if wanted <= set(results):
            for name, result in results.items():
                worst[name] = min(worst.get(name, result), result)  # failed < passed < skipped
    return worst


def passes(*names: str) -> Callable[[Evidence], Finding]:
    """A check that these tests of the contract pass; with none named, all of them."""

    def check(evidence: Evidence) -> Finding:
        run = evidence.run
        if run.problem and not run.results:
            return unverified(run.problem)
        results = contract_results(run)
        if not results:
            return failed(SUBCLASS)
        looked_at = {name: results[name] for name in names or sorted(results)}
        broken = [name for name, result in looked_at.items() if result == "failed"]
        skipped = [
            f"{name} ({result.partition(': ')[2]})"
            for name, result in looked_at.items()
            if result.startswith("skipped")
        ]
        if broken:
            return failed(f"the contract fails: {', '.join(broken)}")
        if names and skipped:
            return unverified(f"the contract skipped {', '.join(skipped)}")
        return verified(f"contract: {len(looked_at) - len(skipped)} passed, {len(skipped)} skipped")

    return check


def contract_and_snapshots(evidence: Evidence) -> Finding:
    """The whole contract passes, and there is a snapshot for every tool."""
    finding = passes()(evidence)
    if finding.kind != "verified":
        return finding
    from hub.connector.declare import ToolDeclaration, declarations

    declared = declarations(evidence.subject.connector).values()
    names = [one.name for one in declared if isinstance(one, ToolDeclaration)]
    kept = {path.stem for path in evidence.subject.tests.rglob("*.json")}
    missing = [f"no snapshot of {name}" for name in names if name not in kept]
    return found(missing, f"{finding.text}, {len(names)} snapshots")


def coverage_and_owner(evidence: Evidence) -> Finding:
    """All tests pass, they cover 95 per cent of lines and branches, and somebody owns the connector."""
    run = evidence.run
    if run.problem:
        return unverified(run.problem)
    problems: list[str] = []
    if run.failures:
        problems.append(f"{len(run.failures)} tests fail, such as {run.failures[0]}")
    covered = run.covered or 0.0
    if covered < LEAST_COVERAGE:
        problems.append(f"{covered:.1f}% of lines and branches are covered, least: {', '.join(run.least)}")
    if not evidence.claims.owner.strip():
        problems.append("quality.toml names no owner")
    return found(problems, f"{covered:.1f}% of lines and branches, {len(run.results)} tests")


LEAST_COVERAGE = 95.0
"""Per cent of lines and branches together, as coverage.py counts them with `branch = true`."""
