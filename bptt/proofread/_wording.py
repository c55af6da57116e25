"""The note on an equation, made last, of what its verdict holds."""

from collections.abc import Mapping, Sequence

from bptt.proofread._expressions import Property
from bptt.proofread._rendering import render
from bptt.proofread._traversal import AXIS, get_letter
from bptt.proofread._verdict import Verdict
from bptt.proofread.corrections import Correction, write_latex
from bptt.proofread.document import tokenize
from bptt.proofread.evaluation import Agreement, Counterexample, Undecided
from bptt.proofread.semantics import SILENT, Choice, Convention, Statement
from bptt.proofread.syntax import Unreadable

_CONVENTIONS: dict[Convention, str] = {
    "last step": "{about} is the last step",
    "every step": "{about} is summed over every step",
    "silent at last": "symbols without a step are meant at the last one",
    "silent at every": "symbols without a step are meant at every step",
    "silent at the step": "",
    "indices summed": "it is summed over {about}",
    "sum on left": "{about} is summed on the left",
    "product": "{about}(…) is a product",
    "denominators as rows": "the denominators of derivatives stand for the rows",
    "immediate": "the derivative{where} is immediate: the states of the other steps are held fixed",
    "direct": "the derivative{where} holds fixed what else is made of its variable",
    "direct alone": "the derivative{where} holds fixed what else is made of its variable",
    "ascending": "the factors of the product stand in the order of the steps",
    "added to rows": "a vector is added to every row of a matrix",
    "added to columns": "a vector is added to every column of a matrix",
    "entry by entry": "vectors side by side{where} are multiplied entry by entry",
    "scalar product": "",
    "meant at": "what bears no index on the right is meant at {about}",
    "tight ⊙": "⊙ binds more tightly than the product beside it",
    "⊙ first": "⊙ binds more tightly than the product beside it",
    "from left to right": "products are taken from left to right",
    "last step is": "with {about} as the last step",
    "operator takes less": "the operator{where} takes the first {about} of the factors behind it",
    "operator takes the rest": "{about} takes the rest of its term",
    "slash takes one": "only what stands right behind the slash is below it",
    "slash takes all": "all that stands behind the slash is below it",
    "function takes one": "{about} takes the one symbol behind it",
    "function takes all": "{about} takes all the symbols behind it",
    "vectors lie": "vectors stand the other way here: rows for columns",
    "the place of the one": "the 1 of a one-hot vector stands at {about}",
    "the larger": "{about} without an index is a vector here",
    "as the text says": "where the sentence before it says",
    "as the text holds": "with what the sentence before it holds fixed",
    "for earlier": "for {about} alone",
    "along columns": "softmax is taken of each column",
}
UNUSED = "not used further"  # begins the note on a definition that is not understood
_ROLES: dict[str, str] = {
    "taken up": "taken up from here",
    "assumed": "an assumption, which is used nowhere else: the symbol stays free",
    "assigns": "an assignment",
    "a property": "taken for what is said of the symbol everywhere",
    "its entries": "what its entries are called",
    "repeats the glossary": "as in the glossary",
    "an unknown loss": "its loss is defined nowhere, and nothing says what its derivative is",
}
_PROPERTIES: dict[Property, str] = {
    "positive": "positive", "symmetric": "symmetric", "hollow": "0 on its diagonal", "orthogonal": "orthogonal",
    "diagonal": "diagonal", "one-hot": "one-hot", "normalised": "summing to 1", "unit": "of length 1",
    "binary": "0 or 1", "sign": "-1 or 1",
}  # fmt: skip
_REMAINDER = 1e-40  # what terms of the size of the other side leave when they cancel on balls of 50 digits, at the most
_LAYOUTS = ("numerators", "denominators")  # stand for the rows, by the answer to the question


def write_note(verdict: Verdict, letters: Mapping[str, Sequence[str]]) -> str:
    """Write the note on an equation; `letters` has the letters of the size of each range, the first to be shown."""
    chosen = [_say_choice(choice) for choice in verdict.choices] if verdict.label in ("right", "definition") else []
    stated = [_say_statement(one) for one in verdict.stated] if verdict.label in ("right", "wrong") else []
    note = "; ".join(dict.fromkeys(text for text in (*chosen, *stated, _say_reason(verdict, letters)) if text))
    if verdict.doubt is not None and verdict.label != "unreadable":
        note += f"; it would hold if {_say_choice(verdict.doubt)}"
    if verdict.missing is not None and verdict.label != "unreadable":
        note += f"; it would hold for {_say_property(verdict.missing)}"
    if verdict.other_layout is not None:
        holds, line = verdict.other_layout
        note += f"; it holds if {_LAYOUTS[holds]} stand for the rows, but line {line} has {_LAYOUTS[1 - holds]}"
    if verdict.correction is not None and verdict.doubt is None:  # which has said what is missing
        note += f"; {_say_correction(verdict.correction)}"
    if verdict.contradicts is None:
        return note
    (defined,) = verdict.contradicts
    return f"{'the glossary' if defined is None else f'line {defined}'}: {note}"


def _say_correction(found: Correction) -> str:
    """Say a sign: right with ŷ_t - y_t; of the other side, right with that on the left."""
    side = render(tokenize(write_latex(found.left if found.is_left else found.right), 1, 1))
    return f"{found.kind}: right with {side}{' on the left' if found.is_left else ''}"


def _say_choice(choice: Choice) -> str:
    where = f" in column {choice.place.column}" if choice.place else ""
    return _CONVENTIONS[choice.convention].format(about=choice.about, where=where)


def _say_statement(stated: Statement) -> str:
    where = f", as line {stated.line} says" if stated.line else ""
    return f"for {_say_property(stated)}{where}"


def _say_property(stated: Statement) -> str:
    return f"{render(tokenize(stated.quantity.name, 1, 1))} {_PROPERTIES[stated.property]}"


def _say_reason(verdict: Verdict, letters: Mapping[str, Sequence[str]]) -> str:
    match verdict.because:
        case "two readings":
            ways = [" and ".join(filter(None, map(_say_choice, one))) for one in (verdict.choices, verdict.other)]
            otherwise = f"if {ways[1]}" if ways[1] else "otherwise"
            return f"it can be read in two ways: it holds if {ways[0]}, and not {otherwise}"
        case "a property that is not stated" if verdict.missing is not None:
            return f"right for {_say_property(verdict.missing)}, which is not said"
        case "an odd reading" if verdict.doubt is not None:
            return f"it holds only if {_say_choice(verdict.doubt)}"
        case str():
            return _ROLES[verdict.because]
        case Agreement():
            return _say_agreement(verdict.because, letters)
        case Counterexample():
            return _say_counterexample(verdict.because, letters)
        case Undecided():
            return verdict.because.why
        case error if verdict.label == "definition":
            return f"{UNUSED}: {error}"
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
    left, right = _say_number(found.left, beside=found.right), _say_number(found.right, beside=found.left)
    if left == right:  # two numbers that look the same would not convince anybody
        right = f"{'more' if found.difference < 0 else 'less'} by {abs(found.difference):.6g}"
    return f"{where}{f', entry {named}' if named else ''}: {left} on the left, {right} on the right"


def _say_number(number: float, beside: float) -> str:
    return "0" if abs(number) < _REMAINDER * abs(beside) else f"{number:.6g}"


def _say_index(index: str) -> str:
    return "step" if index == SILENT else render(tokenize(get_letter(index), 1, 1))


def _say_agreement(found: Agreement, letters: Mapping[str, Sequence[str]]) -> str:
    """Say at which sizes, numbers of steps and values it was tried."""
    places: list[str] = []
    if found.ranges:
        tried = sorted({tuple(sizes[name] for name in found.ranges) for sizes, _ in found.tried})
        names, *sizes_tried = map(_say_tuple, ([letters[name][0] for name in found.ranges], *tried))
        places.append(f"{names} = {', '.join(sizes_tried)}")
    if found.timed:
        steps = ", ".join(str(steps) for steps in sorted({steps for _, steps in found.tried}))
        places.append(f"T = {steps}{', for the steps at which all of it exists' if found.some_steps else ''}")
    if found.positive:
        places.append("positive values" if places else "positive numbers")
    return f"tried at {' and '.join(places or ['random numbers'])}"


def _say_tuple(items: Sequence[object]) -> str:
    text = ", ".join(map(str, items))
    return f"({text})" if len(items) > 1 else text
