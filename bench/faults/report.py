"""The report of a fault run, as text and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.faults.run import Outcome

#: So many violations of a rule are shown; the JSON has them all, up to its own bound.
SHOWN, KEPT = 8, 500


def report_text(outcome: Outcome) -> str:
    """The report as text; its last line is the verdict."""
    options, figures = outcome.options, outcome.figures
    lines = [
        f"seed {options.seed}, {figures['injected_s']} s, {options.clients} members in "
        f"{figures['parties']} parties",
        f"faults: {figures['faults_done']} of {figures['faults']} planned had a target",
    ]
    kinds = Counter(fault["name"] for fault in outcome.faults)
    lines += [f"  {times:4}  {name}" for name, times in sorted(kinds.items())]
    lines += [
        f"commands: {figures['commands']} ({figures['commands_a_second']} a second): {figures['ok']} ok, "
        f"{figures['fail']} refused, {figures['unknown']} unknown; {figures['events']} events",
        f"listeners: {figures['deliveries']} deliveries on {figures['sockets']} sockets",
        f"answers of 500 and more: {figures['statuses'] or 'none'}",
        *_evening(figures["evening"]),
        f"all members converged {figures['converged_s']} s after all was up again",
    ]
    if outcome.exceptions:
        lines.append("raised and logged (no violation by itself):")
        lines += [f"  {times:4}  {what}" for what, times in list(outcome.exceptions.items())[:15]]
    by_rule: dict[str, list[str]] = {}
    for violation in outcome.violations:
        by_rule.setdefault(violation.rule, []).append(violation.what)
    for rule, found in by_rule.items():
        lines.append(f"VIOLATED {rule}: {len(found)} times")
        lines += [f"  {what}" for what in found[:SHOWN]]
    verdict = f"{len(outcome.violations)} violations" if outcome.violations else "no violation"
    lines.append(f"verdict: {verdict} (seed {options.seed})")
    return "\n".join(lines)


def _evening(figures: dict[str, Any]) -> list[str]:
    """What was acknowledged and what has happened, by kind."""

    def listed(counts: dict[str, int]) -> str:
        return ", ".join(f"{times} {name}" for name, times in sorted(counts.items())) or "none"

    return [
        f"acknowledged: {listed(figures['acknowledged'])}",
        f"events: {listed(figures['events'])}",
        f"{figures['messages']} messages, {figures['joins_by_invite']} joins by invites, "
        f"{figures['films_by_themselves']} films that began by themselves, {figures['readings']} readings",
        f"{figures['waits']} waits, ended by {listed(figures['waits_ended_by'])}; "
        f"none lasted longer than {figures['longest_outlived_s']} s after its end",
        f"of these {figures['calm_waits']} ended when there were no faults any more: none lasted longer than "
        f"{figures['longest_outlived_calm_s']} s after its end",
    ]


def write(outcome: Outcome, path: Path) -> None:
    """Write the whole outcome as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = asdict(outcome)
    whole["violations"] = whole["violations"][:KEPT]
    path.write_text(json.dumps(whole, indent=1), encoding="utf-8")
