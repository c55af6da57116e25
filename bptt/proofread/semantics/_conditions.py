"""What is stated beside an equation, or in the prose: relations of indices and steps, and properties of symbols."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bptt.proofread.document import Token
from bptt.proofread.semantics._notation import is_transpose, parse_exponent
from bptt.proofread.semantics._prose import FORMULA, Statement, find_properties, state_property
from bptt.proofread.semantics._vocabulary import Vocabulary
from bptt.proofread.syntax import parse_list
from bptt.proofread.syntax.tree import (
    Big,
    Bracket,
    Dots,
    Node,
    Number,
    Product,
    Relation,
    Scripted,
    Symbol,
    Unreadable,
    Words,
    strip_brackets,
    written,
)

_GIVES_REASON = re.compile(r"\b(?:as|since|because|if|when|whenever|provided)\b.*\b(?:is|are)\b", re.IGNORECASE)
_BINDING = frozenset(
    {"if", "when", "whenever", "unless", "assuming", "provided", "given", "only", "iff", "while", "whence"}
)


class Conditions(NamedTuple):
    """What is stated beside one equation."""

    where: tuple[Relation, ...] = ()
    properties: tuple[Statement, ...] = ()


def read_conditions(vocabulary: Vocabulary, remarks: Sequence[Sequence[Token]]) -> Conditions:
    """Read what stands beside an equation. Raises `Unreadable` for a condition that is not read."""
    where, properties = list[Relation](), list[Statement]()
    for tokens in _join_remarks(remarks):
        words, formulas = _split_words(tokens)
        found = list(find_properties(vocabulary, words, formulas))
        properties += found
        nodes = [one for formula in formulas for one in _join_spans(_parse(vocabulary, formula, words), words)]
        understood = bool(found)
        for node in nodes:
            read = _read_statement(vocabulary, node)
            if read is None:
                if not understood:
                    raise Unreadable(f"it is stated under a condition that is not read{_quote(words)}")
            else:
                where += read.where
                properties += read.properties
        if not found and _GIVES_REASON.search(words):
            raise Unreadable(f"it is stated under a condition that is not read{_quote(words)}")
        if not formulas and not found and _BINDING & set(re.findall(r"[a-z]+", words.lower())):
            raise Unreadable(f"it is stated under a condition that is not read{_quote(words)}")
    return Conditions(tuple(where), tuple(properties))


def _join_remarks(remarks: Sequence[Sequence[Token]]) -> list[list[Token]]:
    """Join remarks that are one sentence: as S, and behind that, is orthogonal."""
    joined: list[list[Token]] = []
    for tokens in remarks:
        words, _ = _split_words(tokens)
        if joined and re.match(r"\s*(?:is|are)\b", words):
            joined[-1] += tokens
        else:
            joined.append(list(tokens))
    return joined


def _quote(words: str) -> str:
    return f", “{' '.join(words.replace(FORMULA, '…').split())}”" if words.strip(f" {FORMULA}") else ""


def _split_words(tokens: Sequence[Token]) -> tuple[str, list[list[Token]]]:
    r"""Split the prose of a remark, what stands in `\text{…}`, from its formulas."""
    words, formulas, place = "", list[list[Token]](), 0
    current: list[Token] = []
    while place < len(tokens):
        text = tokens[place].text
        if text.startswith(r"\text") or text == r"\mbox":
            if current:
                formulas.append(current)
                words, current = words + FORMULA, []
            words += f" {tokens[place + 2].text} " if place + 2 < len(tokens) else ""
            place += 4
            continue
        if text not in (
            r"\forall",
            r"\therefore",
            r"\because",
            r"\Rightarrow",
            r"\implies",
            ".",
            ":",
            r"\quad",
            r"\qquad",
            "&",
            r"\,",
            r"\ ",
            r"\;",
        ):
            current.append(tokens[place])
        place += 1
    if current:
        formulas.append(current)
        words += FORMULA
    return words, formulas


def _parse(vocabulary: Vocabulary, formula: Sequence[Token], words: str) -> tuple[Node, ...]:
    try:
        return parse_list(formula, vocabulary.words)
    except Unreadable as error:
        raise Unreadable(f"it is stated under a condition that is not read{_quote(words)}") from error


def _join_spans(items: Sequence[Node], words: str) -> Iterator[Node]:
    """Read i = 1, …, n as 1 ≤ i ≤ n. Raises `Unreadable` for i = 1, 2, which is no single relation."""
    n = 0
    while n < len(items):
        node, end = items[n], n + 1
        while end < len(items) and isinstance(items[end], Number | Dots):
            end += 1
        if isinstance(node, Relation) and node.sign == "=" and end > n + 1:
            if not isinstance(items[end - 1], Dots) or end == len(items):
                raise Unreadable(f"it is stated under a condition that is not read{_quote(words)}")
            yield Relation(node.left, r"\ge", node.right)
            yield Relation(node.left, r"\le", items[end])
            n = end + 1
        else:
            yield node
            n += 1


def _read_statement(vocabulary: Vocabulary, node: Node) -> Conditions | None:
    """Read one relation; None for one that says nothing that is known. What bounds an index says nothing new."""
    node = strip_brackets(node)
    if isinstance(node, Symbol | Number | Dots):
        return Conditions()  # for all i, j: …, T
    if isinstance(node, Words):
        return Conditions() if not _BINDING & set(node.text.lower().split()) else None
    if not isinstance(node, Relation):
        return None
    if isinstance(node.left, Relation):
        first = _read_statement(vocabulary, node.left)
        second = _read_statement(vocabulary, Relation(node.left.right, node.sign, node.right))
        if first is None or second is None:
            return None
        return Conditions(first.where + second.where, first.properties + second.properties)
    stated = _read_property(vocabulary, node)
    if stated is not None:
        return Conditions((), (stated,))
    if node.sign == r"\in":
        return Conditions()
    if not _are_compared(vocabulary, node):
        return None
    if _is_span(vocabulary, node):
        return Conditions()
    return Conditions((node,))


def _are_compared(vocabulary: Vocabulary, node: Relation) -> bool:
    """Whether a relation is one between two indices or two steps."""
    notation = vocabulary.symbols.notation
    steps = [notation.parse_step(side) is not None for side in (node.left, node.right)]
    sizes = [isinstance(side, Symbol) and notation.find_size(side) is not None for side in (node.left, node.right)]
    indices = [_is_letter(vocabulary, side) for side in (node.left, node.right)]
    return node.sign in ("=", r"\neq", "<", ">", r"\le", r"\ge") and all(
        step or size or index for step, size, index in zip(steps, sizes, indices, strict=True)
    )


def _is_letter(vocabulary: Vocabulary, node: Node) -> bool:
    if isinstance(node, Number):
        return node.value.denominator == 1
    if not isinstance(node, Symbol) or node.above:
        return False
    name = vocabulary.symbols.find_name(node)
    return name is None


def _is_span(vocabulary: Vocabulary, node: Relation) -> bool:
    """Whether a relation only says over what an index or a step runs: i = 1, …, n; 1 ≤ t; t ≤ T; i ≤ n."""
    notation = vocabulary.symbols.notation
    for one, other, sign in ((node.left, node.right, node.sign), (node.right, node.left, _TURNED[node.sign])):
        if isinstance(other, Number) and other.value in (0, 1) and sign == r"\ge":
            return True
        last = notation.parse_step(other)
        bound = (last is not None and last.anchor == "last" and not last.offset) or (
            isinstance(other, Symbol) and notation.find_size(other) is not None
        )
        if bound and sign == r"\le" and isinstance(one, Symbol):
            return True
    return False


_TURNED = {"=": "=", r"\neq": r"\neq", "<": ">", ">": "<", r"\le": r"\ge", r"\ge": r"\le"}


def _read_property(vocabulary: Vocabulary, node: Relation) -> Statement | None:
    """Read A = A^⊤, Σ_i y_i = 1, ‖u‖ = 1, Q^⊤ Q = I, x > 0 as a property of a symbol that nothing defines."""
    left, right = strip_brackets(node.left), strip_brackets(node.right)
    if node.sign == "=" and isinstance(left, Symbol) and isinstance(right, Symbol):
        for one, other in ((left, right), (right, left)):
            turned = (
                other.above
                and is_transpose(other.above[-1])
                and one == Symbol(other.name, other.below, other.above[:-1], 0, one.place)
            )
            if turned:
                return state_property(vocabulary, one, "symmetric")
    if node.sign == "=" and _is_one(right):
        return _read_normalised(vocabulary, left)
    if (
        node.sign == "="
        and isinstance(right, Symbol)
        and right.name in ("I", r"\mathbf{I}")
        and isinstance(left, Product)
    ):
        pair = [one for one in left.factors if isinstance(one, Symbol)]
        if (
            len(pair) == len(left.factors) == 2
            and pair[0].name == pair[1].name
            and any(map(is_transpose, (*pair[0].above, *pair[1].above)))
        ):
            return state_property(vocabulary, Symbol(pair[0].name, pair[0].below), "orthogonal")
    if node.sign == ">" and isinstance(right, Number) and right.value == 0 and isinstance(left, Symbol):
        return state_property(vocabulary, left, "positive")
    return None


def _is_one(node: Node) -> bool:
    return isinstance(node, Number) and node.value == 1


def _read_normalised(vocabulary: Vocabulary, left: Node) -> Statement | None:
    if isinstance(left, Product) and len(left.factors) == 2:
        sign, entry = left.factors
        if isinstance(sign, Big) and sign.operator == r"\sum" and isinstance(entry, Symbol):
            return _read_sum(vocabulary, sign, entry)
        turned = isinstance(sign, Symbol) and isinstance(entry, Symbol) and any(map(is_transpose, sign.above))
        if turned and isinstance(sign, Symbol) and isinstance(entry, Symbol):
            if sign.name == entry.name:
                return state_property(vocabulary, entry, "unit")
            ones = [one for one in (sign, entry) if r"{1}" in one.name]
            others = [one for one in (sign, entry) if one not in ones]
            if len(ones) == 1:
                return state_property(vocabulary, Symbol(others[0].name, others[0].below), "normalised")
    base = left.base if isinstance(left, Scripted) else left
    if isinstance(base, Bracket) and base.kind == "‖" and isinstance(base.entries[0], Symbol):
        return state_property(vocabulary, base.entries[0], "unit")
    return None


def _read_sum(vocabulary: Vocabulary, sign: Big, entry: Symbol) -> Statement | None:
    """Read Σ_i y_i = 1, Σ_j A_ij = 1 over the last index, and Σ_i u_i² = 1."""
    letters = [one.left if isinstance(one, Relation) else one for one in sign.below]
    if not entry.below or letters != [entry.below[-1]]:
        return None
    if [written(one) for one in entry.above] == ["2"] and len(entry.below) == 1:
        return state_property(vocabulary, Symbol(entry.name, entry.below), "unit")
    return (
        None
        if entry.above and parse_exponent(entry.above[-1]) is not None
        else state_property(vocabulary, entry, "normalised")
    )


def read_property_statement(vocabulary: Vocabulary, left: Node, right: Node) -> Statement | None:
    """Read an equation of its own as a property of a symbol that nothing defines; None for any other."""
    return _read_property(vocabulary, Relation(left, "=", right))


def find_stated_properties(
    vocabulary: Vocabulary, words: str, formulas: Sequence[Sequence[Token]]
) -> Iterator[Statement]:
    """Find what the formulas of a sentence say of symbols, as Σ_i y_i = 1 does; not where it is a condition."""
    if _BINDING & set(re.findall(r"[a-z]+", words.lower())):
        return
    for formula in formulas:
        try:
            parsed = parse_list(formula, vocabulary.words)
        except Unreadable:
            continue
        stated = (_read_property(vocabulary, one) for one in parsed if isinstance(one, Relation))
        yield from (one for one in stated if one is not None)
