"""What a comparison found, in words."""

from collections.abc import Mapping

from bptt.proofread.document import tokenize
from bptt.proofread.evaluation.comparison import Agreement, Counterexample
from bptt.proofread.legible import legible
from bptt.proofread.semantics.values import AXIS, SILENT


def counterexample_in_words(found: Counterexample, letters: Mapping[str, str]) -> str:
    """At D_h = 2, T = 2: entry α = 1, β = 1 is 0.25 on the left, 0.5 on the right."""
    sizes = [f"{letters[name]} = {size}" for name, size in found.sizes.items()]
    if found.steps is not None:
        sizes.append(f"T = {found.steps}")
    where = f"at {', '.join(sizes)}" if sizes else "for numbers"
    entry = ", ".join(f"{_letter(index)} = {n}" for index, n in found.entry.items() if not index.startswith(AXIS))
    place = [str(n) for index, n in found.entry.items() if index.startswith(AXIS)]
    named = " ".join(text for text in (entry, f"[{', '.join(place)}]" if place else "") if text)
    return f"{where}{f', entry {named}' if named else ''}: {found.left} on the left, {found.right} on the right"


def agreement_in_words(found: Agreement, letters: Mapping[str, str]) -> str:
    """For which sizes it holds: all, by the rule, or those at which it was tried."""
    where = _where(found, letters)
    if found.positive:
        return f"{where} and positive values" if where else "tried at positive numbers"
    return where or "tried at random numbers"


def _where(found: Agreement, letters: Mapping[str, str]) -> str:
    names = [letters[name] for name in found.ranges]
    steps = sorted({steps for _, steps in found.tried})
    exist = ", for the steps at which all of it exists" if found.some_steps else ""
    timed = f"T = {', '.join(map(str, steps))}{exist}" if found.timed else ""
    if not names:
        return f"tried at {timed}" if timed else ""
    if found.all_sizes:
        return f"for all {', '.join(names)}{f' at {timed}' if timed else ''}"
    tried = dict.fromkeys(tuple(sizes[name] for name in found.ranges) for sizes, _ in found.tried)
    listed = ", ".join(f"({', '.join(map(str, sizes))})" for sizes in tried)
    return f"tried at ({', '.join(names)}) = {listed}{f' and {timed}' if timed else ''}"


def _letter(index: str) -> str:
    return "step" if index == SILENT else legible(tokenize(index.split("#")[0], 1, 1))
