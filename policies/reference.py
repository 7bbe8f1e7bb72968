"""The rule reference, ``docs/policies.md``, written from the rules themselves.

``python -m policies.reference`` writes it; ``--check`` fails when it is not up to date.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click

from policies.engine.rule import Rule
from policies.hardening import catalogue as hardening
from policies.residency import catalogue as residency

TARGET: Final = Path(__file__).resolve().parent.parent / "docs" / "policies.md"

_INTRODUCTION: Final = """\
# Policy rules

Generated from the rules in `policies/` by `make generate`; do not edit.

Both packs judge every resource before it is made (its inputs) and the stack as a whole (its outputs). A *mandatory*
rule that is violated refuses the operation; an *advisory* one is shown. A value that is not known at preview leaves
a rule *undecided*: preview lists it once per rule, and `up` decides it as soon as the value is known, before the
resource is made. Severities may differ by stage; where the stage cannot be read, the strictest one counts.
"""


def _table(rules: Sequence[Rule]) -> Iterator[str]:
    yield "| rule | asks that | severity |"
    yield "|-|-|-|"
    for rule in rules:
        levels = str(rule.severity).split(" (", 1)[0]
        yield f"| [`{rule.id}`](#{rule.id}) | {rule.title} | {levels} |"


def _section(rule: Rule) -> Iterator[str]:
    standards = "; ".join(map(str, rule.standards)) or "our own"
    yield f"### {rule.id}"
    yield ""
    yield f"**{rule.title}.** {rule.asks}"
    yield ""
    yield f"- Severity: {rule.severity}"
    yield f"- Judges: {', '.join(f'`{pattern}`' for pattern in rule.types)}" + (
        " (the whole stack)" if rule.judge_stack else ""
    )
    yield f"- Why: {rule.why}"
    yield f"- Fix: {rule.fix}"
    yield f"- Unset: {rule.absent}"
    yield f"- Standards: {standards}"
    yield ""


def render() -> str:
    """The whole reference, as Markdown."""
    lines = [_INTRODUCTION]
    for name, description, rules in (
        ("Residency", residency.DESCRIPTION, residency.RULES),
        ("Hardening", hardening.DESCRIPTION, hardening.RULES),
    ):
        lines += [f"## {name}: {len(rules)} rules", "", description, "", *_table(rules), ""]
        for rule in rules:
            lines += _section(rule)
    return "\n".join(lines).rstrip() + "\n"


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when the reference is not up to date.")
def main(check: bool) -> None:
    """Write docs/policies.md from the rules.

    \b
    Examples:
      python -m policies.reference
      python -m policies.reference --check
    """
    text = render()
    if not check:
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        TARGET.write_text(text)
        click.echo(f"wrote {TARGET}")
    elif not TARGET.exists() or TARGET.read_text() != text:
        raise click.ClickException(f"{TARGET} is not what the rules say; run: python -m policies.reference")


if __name__ == "__main__":
    main()
