"""The note on an equation, made last, of what its verdict holds."""

from collections.abc import Mapping, Sequence

from bptt.proofread._judge import Role, Verdict
from bptt.proofread._rendering import render
from bptt.proofread._traversal import AXIS, get_letter
from bptt.proofread.document import tokenize
from bptt.proofread.evaluation import Agreement, Counterexample, Undecided
from bptt.proofread.semantics import SILENT, Choice, Convention
from bptt.proofread.syntax import Unreadable

_CONVENTIONS: dict[Convention, str] = {
    "last step": "{about} is the last step",
    "every step": "{about} is summed over every step",
    "silent at last": "symbols without a step are meant at the last one",
    "silent at every": "symbols without a step are meant at every step",
    "sum outside power": "the sum over {about} stands outside the power",
    "sum inside power": "the sum over {about} stands inside the power",
    "sum outside function": "the sum over {about} stands outside the function",
    "sum inside function": "the sum over {about} stands inside the function",
    "sum on left": "{about} is summed on the left",
    "product": "{about}(…) is a product",
    "denominators as rows": "the denominators of derivatives stand for the rows",
    "immediate": "the derivative{where} is immediate: the states of the other steps are held fixed",
    "ascending": "the factors of the product stand in the order of the steps",
    "added to rows": "a vector is added to every row of a matrix",
    "added to columns": "a vector is added to every column of a matrix",
    "entry by entry": "two vectors side by side{where} are multiplied entry by entry",
    "meant at": "what bears no index on the right is meant at {about}",
    "tight ⊙": "⊙ binds more tightly than the product beside it",
    "last step is": "with {about} as the last step",
}
_ROLES: dict[Role, str] = {
    "taken up": "taken up from here",
    "assigns": "an assignment",
    "repeats the glossary": "as in the glossary",
}
_LAYOUTS = ("numerators", "denominators")  # stand for the rows, by the answer to the question


def write_note(verdict: Verdict, letters: Mapping[str, Sequence[str]]) -> str:
    """Write the note on an equation; `letters` has the letters of the size of each range, the first to be shown."""
    chosen = [_say_choice(choice) for choice in verdict.choices]
    note = "; ".join(dict.fromkeys(text for text in (*chosen, _say_reason(verdict, letters)) if text))
    if verdict.doubt is not None:
        note += f"; it would hold if {_say_choice(verdict.doubt)}"
    if verdict.other_layout is not None:
        holds, settled_by = verdict.other_layout
        taken = _LAYOUTS[1 - holds]
        note += f"; it holds if {_LAYOUTS[holds]} stand for the rows, but line {settled_by} has {taken}"
    if verdict.contradicts is None:
        return note
    (line,) = verdict.contradicts
    return f"{'the glossary' if line is None else f'line {line}'}: {note}"


def _say_choice(choice: Choice) -> str:
    where = f" in column {choice.place.column}" if choice.place else ""
    return _CONVENTIONS[choice.convention].format(about=choice.about, where=where)


def _say_reason(verdict: Verdict, letters: Mapping[str, Sequence[str]]) -> str:
    match verdict.because:
        case str():
            return _ROLES[verdict.because]
        case Agreement():
            return _say_agreement(verdict.because, letters)
        case Counterexample():
            return _say_counterexample(verdict.because, letters)
        case Undecided():
            return verdict.because.why
        case error if verdict.label == "definition":
            return f"not used further: {error}"
        case Unreadable():
            return f"{verdict.because}{verdict.because.where}"
        case error:
            return str(error)


def _say_counterexample(found: Counterexample, letters: Mapping[str, Sequence[str]]) -> str:
    """Say at D_h = 2, T = 2, entry α = 1, β = 1: 0.25 on the left, 0.5 on the right."""
    sizes = [f"{letters[name][0]} = {size}" for name, size in found.sizes.items()]
    if found.steps is not None:
        sizes.append(f"T = {found.steps}")
    where = f"at {', '.join(sizes)}" if sizes else "for numbers"
    numbered = {index: str(n) for index, n in found.entry.items()}
    entry = ", ".join(f"{_say_index(index)} = {n}" for index, n in numbered.items() if get_letter(index) != AXIS)
    place = ", ".join(n for index, n in numbered.items() if get_letter(index) == AXIS)
    named = " ".join(text for text in (entry, f"[{place}]" if place else "") if text)
    left, right = f"{found.left:.6g}", f"{found.right:.6g}"
    if left == right:  # two numbers that look the same would not convince anybody
        right = f"{'more' if found.difference < 0 else 'less'} by {abs(found.difference):.6g}"
    return f"{where}{f', entry {named}' if named else ''}: {left} on the left, {right} on the right"


def _say_index(index: str) -> str:
    return "step" if index == SILENT else render(tokenize(get_letter(index), 1, 1))


def _say_agreement(found: Agreement, letters: Mapping[str, Sequence[str]]) -> str:
    """Say at which sizes, numbers of steps and values it was tried."""
    names = [letters[name][0] for name in found.ranges]
    steps = sorted({steps for _, steps in found.tried})
    exist = ", for the steps at which all of it exists" if found.some_steps else ""
    timed = f"T = {', '.join(map(str, steps))}{exist}" if found.timed else ""
    where = f"tried at {timed}" if timed else ""
    if names:
        tried = sorted({tuple(sizes[name] for name in found.ranges) for sizes, _ in found.tried})
        shown, *listed = (", ".join(map(str, one)) for one in (names, *tried))
        if len(names) > 1:
            shown, listed = f"({shown})", [f"({one})" for one in listed]
        where = f"tried at {shown} = {', '.join(listed)}{f' and {timed}' if timed else ''}"
    if found.positive:
        return f"{where} and positive values" if where else "tried at positive numbers"
    return where or "tried at random numbers"
