"""`hub check-quality`: holds a connector against the quality scale, and says which claims are not true."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.show import columns, one_line, terminal_width

if TYPE_CHECKING:
    from hub.quality.evidence import Evidence
    from hub.quality.verdicts import Judged


def check_quality(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="Folder of the connector: where its pyproject.toml is.")
    ] = Path(),
    full: Annotated[
        bool, typer.Option("--full", help="Also test with other versions of its dependencies, fetched with pip.")
    ] = False,
) -> None:
    """Hold a connector against the quality scale: verify what a machine can of what its quality.toml claims.

    The connector has to be installed, best with `pip install -e`. Its tests run once, under coverage. Exits with 1
    if a rule of the tier it claims is open or does not hold, and with 2 if quality.toml itself is wrong.
    """
    from hub.quality.evidence import Evidence
    from hub.quality.reading import read_claims
    from hub.quality.subject import Subject
    from hub.quality.verdicts import included, judge, missing, reached

    subject = Subject.at(path)
    claims = read_claims(subject.folder)
    typer.echo(f"{subject.distribution} {subject.version} claims {claims.tier}; running its tests…", err=True)
    evidence = Evidence(subject, claims, full=full)
    judged = list(judge(evidence))
    if full:
        _record(evidence, judged)
    lacking = missing(judged, claims)
    wanted = included(claims.tier)
    told = [one for one in judged if not one.holds and (one in lacking or one.verdict != "open")]
    rows = [
        (one.rule.tier, one.rule.name, one.claimed, one.verdict, "see below" if one in told else one.text)
        for one in judged
    ]
    typer.echo(columns(("TIER", "RULE", "CLAIMED", "FOUND", "BY"), rows, width=terminal_width()))
    for one in told:
        typer.echo(f"\n{one.rule.name}: {one.verdict}")
        typer.echo(f"  rule: {one.rule.text}")
        typer.echo(f"  {one_line(one.text)}")
    best = reached(judged)
    if lacking:
        rules = f"{len(lacking)} rule{'s' if len(lacking) > 1 else ''} of {', '.join(wanted)}"
        typer.echo(f"\nclaims {claims.tier}, reaches {best}: {rules} not met")
        raise typer.Exit(1)
    typer.echo(f"\n{claims.tier}: every rule holds" if wanted else f"\nclaims nothing, reaches {best}")


def _record(evidence: "Evidence", judged: "list[Judged]") -> None:
    """Keep in quality.toml what the long check found, so that it need not run every time."""
    from hub.quality.dependencies import RULE, record_of, third_party
    from hub.quality.record import write_record

    finding = next(one.finding for one in judged if one.rule.name == RULE)
    if finding is not None and finding.kind == "verified" and third_party(evidence.subject):
        write_record(evidence.claims.path, RULE, record_of(evidence.subject, finding))
