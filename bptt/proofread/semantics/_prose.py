"""What the sentences of a document say of the symbols in them: that y is one-hot, that A is symmetric, x ∈ ℝ^n."""

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from bptt.proofread._expressions import OF_MATRICES, Property, Quantity
from bptt.proofread.document import FORMULA, Token
from bptt.proofread.semantics._shapes import LIST, find_shapes
from bptt.proofread.semantics._vocabulary import Vocabulary
from bptt.proofread.syntax import parse_list
from bptt.proofread.syntax.tree import (
    Bracket,
    Dots,
    Negative,
    Node,
    Number,
    Relation,
    Scripted,
    Symbol,
    Unreadable,
    is_bare,
    lists_entries,
    read_call,
    read_listed,
    strip_brackets,
    written,
)

ENTRIES = "(…)"  # the sign between a vector and the number of its entries
_ONE = r"(?:1|one)"
_ELSEWHERE = r"(?:elsewhere|everywhere|otherwise)"
_PROSE: tuple[tuple[str, Property], ...] = (
    (r"one[- ]hot(?: (?:rows?|columns?|vectors?|labels?))? (?:of|in)", "one-hot"),
    (r"one[- ]hot|indicator vector", "one-hot"),
    (rf"(?:exactly|only) one (?:\w+ ){{0,3}}(?:is|equals?) (?:a |to )?{_ONE}", "one-hot"),
    (rf"(?:is|has|equals?) (?:a )?{_ONE} (?!where|when|if)(?:\S+ ){{1,8}}(?:0|zeros?) {_ELSEWHERE}", "one-hot"),
    (rf"(?:is|has|equals?) (?:a )?{_ONE} (?:\S+ ){{1,8}}(?:0|zeros?) (?:for|in|at) all", "one-hot"),
    (r"all (?:its )?(?:entries|components) (?:\w+ ){0,3}(?:are )?(?:0|zero) (?:but|except)", "one-hot"),
    (r"sums? (?:up )?to (?:one|1)", "normalised"), (r"symmetric", "symmetric"),
    (r"(?:zero|vanishing) diagonal|zeros? on (?:the|its) diagonal", "hollow"),
    (r"orthogonal|orthonormal", "orthogonal"), (r"unit (?:vector|norm|length)", "unit"), (r"diagonal", "diagonal"),
    (r"positive(?![- ](?:semi-?)?definite)|greater than (?:zero|0)", "positive"),
    (r"probability (?:vector|distribution)", "normalised"), (r"(?:either )?(?:0|zero) or (?:1|one)", "binary"),
)  # fmt: skip
_OF_NUMBERS = ("positive", "binary", "sign")
_SETS: Mapping[frozenset[Node], Property] = {
    frozenset({Number(Fraction(0)), Number(Fraction(1))}): "binary",
    frozenset({Negative(Number(Fraction(1))), Number(Fraction(1))}): "sign",
}
_NEGATED = re.compile(
    r"\b(?:not|never|no|neither|nor|without|skew|rarely|hardly|seldom|fails? to be|n[’']t)\b", re.IGNORECASE
)
# What may stand between a symbol and what is said of it: nothing that turns or hedges it.
_SAID_BEHIND = re.compile(
    rf"(?:{FORMULA}\s*,\s*)*(?:{FORMULA}\s*,?\s*and\s*)?{FORMULA}\s*,?\s*"
    r"(?:(?:is|are|be|being|denotes?|has|have|as|for|which|that|always|both|also|assumed|to|a|an|the|real|square|fixed"
    r"|given|constant|strictly|target|label|vector|matrix|symmetric|orthogonal|orthonormal|diagonal|positive|definite"
    r"|and|with|of)[\s,]+)*$",
    re.IGNORECASE,
)
_SAID_AHEAD = re.compile(
    rf"\s*(?:(?!(?:and|or|but|if|is|are|was|then|has|have|part|parts|of|in|class|example|examples)\b)[\w-]+\s+){{0,3}}?{FORMULA}",
    re.IGNORECASE,
)
_TAKEN_BACK = re.compile(r"\s*(?:\?|(?:or|nor|part|parts|only|if|when|unless|example|examples)\b)", re.IGNORECASE)
# What is so only there: "For symmetric A we have …" and "if A is symmetric", but not "x^⊤ A x for symmetric A".
_UNDER_CONDITION = re.compile(
    rf"(?:^\W*(?:for|in case of) (?:(?:an?|any|all|every|real) )*"
    rf"|\b(?:if|when(?:ever)?|unless|provided(?: that)?|as long as)\b (?:\w+ ){{0,2}}"
    rf"{FORMULA}(?:(?:,| and) {FORMULA})* (?:is|are|were) (?:[\w-]+ ){{0,2}})$",
    re.IGNORECASE,
)
_UNREAL = re.compile(r"\b(?:were|would|unlike)\b", re.IGNORECASE)  # what is said to be so were things otherwise
_COVARIANCES = (
    rf"covariances?(?: matrix| matrices)? {LIST}",
    rf"{FORMULA} (?:for|be|is) (?:its|the|a)(?: \w+)? covariance",
)


class Statement(NamedTuple):
    """A property that is said of a quantity, the line on which it is, and whether it is so only there."""

    quantity: Quantity
    property: Property
    line: int | None = None
    local: bool = False


def state_property(vocabulary: Vocabulary, symbol: Symbol, what: Property) -> Statement | None:
    """State a property of a symbol that nothing defines; None where it cannot have it."""
    found = vocabulary.symbols.find(symbol)
    if found is None:
        return None
    quantity = found.quantity
    fits = quantity.is_square if what in OF_MATRICES else bool(quantity.axes) or what in _OF_NUMBERS
    if not fits or quantity in vocabulary.definitions.quantities:
        return None
    return Statement(quantity, what)


def find_properties(vocabulary: Vocabulary, words: str, formulas: Sequence[Sequence[Token]]) -> Iterator[Statement]:
    """Find what a sentence says of the symbols in it: that y is one-hot, that A is symmetric."""
    if _UNREAL.search(words):
        return
    for formula in formulas:
        yield from _find_sets(vocabulary, formula)
    for pattern, what in _PROSE:
        for found in re.finditer(rf"(?<![\w-])(?:{pattern})(?![\w-])", words, re.IGNORECASE):
            for numbers in _find_subjects(words[: found.start()], words[found.end() :], what in OF_MATRICES):
                about = [one for number in numbers for one in _list_symbols(vocabulary, formulas[number])]
                if about:
                    stated = (state_property(vocabulary, symbol, what) for symbol in about)
                    local = _UNDER_CONDITION.search(words[: found.start()]) is not None
                    yield from (one._replace(local=local) for one in stated if one is not None)
                    break


def _find_sets(vocabulary: Vocabulary, formula: Sequence[Token]) -> Iterator[Statement]:
    r"""Find what y ∈ \{0, 1\} or y = ±1 says of y, or of each entry of it."""
    if [token.text for token in formula[-3:]] == ["=", r"\pm", "1"]:
        about = _list_symbols(vocabulary, formula[:-3])
        stated = [state_property(vocabulary, one, "sign") for one in about]
        yield from (one for one in stated if one is not None)
    for entry in _parse(formula, vocabulary.words):
        match entry:
            case Relation(left, r"\in", Bracket(entries, kind=r"\{") | Scripted(Bracket(entries, kind=r"\{"))):
                symbol, what = strip_brackets(left), _SETS.get(frozenset(entries))
                found = state_property(vocabulary, symbol, what) if isinstance(symbol, Symbol) and what else None
                if found is not None:
                    yield found


def _find_subjects(before: str, after: str, of_matrices: bool) -> Iterator[list[int]]:
    """List the numbers of the formulas that a word may be about: the one right behind it, or else those before it.

    These are all of "A, B and C are symmetric", and of "with A, B and C symmetric" where only a matrix can be so.
    """
    count = before.count(FORMULA)
    if _SAID_AHEAD.match(after) and not _NEGATED.search(before[-24:]):
        yield [count]  # a shape, as in "a symmetric n × n matrix", has no property
    said = _SAID_BEHIND.search(before)
    if said is None or _TAKEN_BACK.match(after) or _NEGATED.search(re.split(r"[.,;:]", before[: said.start()])[-1]):
        return
    together = re.search(r"\bare\b", said[0]) or (of_matrices and not re.search(r"\b(?:is|be|has)\b", said[0]))
    yield list(range(count - said[0].count(FORMULA), count)) if together else [count - 1]


def _list_symbols(vocabulary: Vocabulary, formula: Sequence[Token]) -> list[Symbol]:
    found = [strip_brackets(one) for one in _parse(formula, vocabulary.words)]
    found = [one.left if isinstance(one, Relation) and one.sign in (r"\in", "=") else one for one in found]
    found = [call.function if (call := read_call(one)) else one for one in found]
    return [one for one in found if isinstance(one, Symbol) and written(one)]


def list_statements(words: str, formulas: Sequence[Sequence[Token]]) -> Iterator[Relation]:
    """List what a sentence states as relations, that a covariance is its own transpose with them.

    Args:
        words: the sentence, with `FORMULA` in the place of each formula
        formulas: these
    """
    parsed = [_parse(formula) for formula in formulas]
    for entries in parsed:
        waiting: list[Node] = []
        for entry in entries:
            if isinstance(entry, Relation):
                yield from (Relation(one, entry.sign, entry.right) for one in (*waiting, entry.left))
                yield from list_entries(entry.left, entry.right)
            waiting = [] if isinstance(entry, Relation) else [*waiting, entry]
        yield from _list_ranges(entries)
    yield from find_shapes(words, parsed)
    for found in (found for pattern in _COVARIANCES for found in re.finditer(pattern, words, re.IGNORECASE)):
        before = words[: found.start()].count(FORMULA)
        for entries in parsed[before : before + found.group().count(FORMULA)]:
            for entry in entries[:1]:
                symbol = strip_brackets(entry.left if isinstance(entry, Relation) else entry)
                if isinstance(symbol, Symbol):
                    yield Relation(symbol, "=", Symbol(symbol.name, symbol.below, (*symbol.above, Symbol(r"\top"))))


def list_entries(left: Node, right: Node) -> Iterator[Relation]:
    """State of x = (x_1, …, x_n) that it has n entries."""
    listed = read_listed(right)
    if listed is not None and lists_entries(left, right):
        yield Relation(listed[0], ENTRIES, listed[1])


def _list_ranges(entries: Sequence[Node]) -> Iterator[Relation]:
    """List i ≤ n and j ≤ n, where it is i, j = 1, …, n."""
    letters = [entry.left if isinstance(entry, Relation) else entry for entry in entries]
    start = next((n for n, entry in enumerate(entries) if isinstance(entry, Relation)), len(entries))
    match entries[start:]:
        case [Relation(_, "=", Number()), *_, Dots(), Symbol() as last]:
            yield from (Relation(one, r"\le", last) for one in letters[: start + 1] if is_bare(one))


def _parse(formula: Sequence[Token], words: frozenset[str] = frozenset()) -> tuple[Node, ...]:
    try:
        return parse_list(formula, words)
    except (Unreadable, RecursionError):
        return ()
