"""What is stated beside an equation, or in the prose: relations of indices and steps, and properties of symbols."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import NamedTuple

from bptt.proofread._expressions import LAST_STEP, Quantity
from bptt.proofread.document import FORMULA, Token
from bptt.proofread.semantics._notation import is_transpose, parse_exponent
from bptt.proofread.semantics._prose import Statement, find_properties, state_property
from bptt.proofread.semantics._vocabulary import Vocabulary
from bptt.proofread.syntax import parse_list, tree
from bptt.proofread.syntax.tree import Big, Bracket, Dots, Node, Number, Product, Relation, Scripted, Symbol, Unreadable

_GIVES_REASON = re.compile(r"\b(?:as|since|because|if|when|whenever|provided)\b.*\b(?:is|are)\b", re.IGNORECASE)
_BINDING = frozenset(
    {"if", "when", "whenever", "unless", "assuming", "provided", "given", "only", "iff", "while", "whence"}
)
_SILENT = frozenset({
    r"\forall", r"\therefore", r"\because", r"\Rightarrow", r"\implies", ".", ":", r"\quad", r"\qquad", "&", r"\,",
    r"\ ", r"\;",
})  # fmt: skip  # what says nothing of its own


class Conditions(NamedTuple):
    """What is stated beside one equation."""

    where: tuple[Relation, ...] = ()
    properties: tuple[Statement, ...] = ()


def list_unequal(vocabulary: Vocabulary, formulas: Sequence[Sequence[Token]]) -> Iterator[Relation]:
    """List the relations among formulas that say of two letters that they differ."""
    for formula in formulas:
        with suppress(Unreadable):
            yield from (one for one in read_conditions(vocabulary, [formula]).where if one.sign == r"\neq")


def list_vanishing(vocabulary: Vocabulary, equations: Iterable[tuple[Node, Node | Unreadable]]) -> Iterator[Quantity]:
    """List the quantities of which equations say that entries vanish, as w_{ii} = 0."""
    for left, right in equations:
        if isinstance(left, Symbol) and len(set(left.below)) < len(left.below) and right == Number(Fraction(0)):
            found = vocabulary.symbols.find(left)
            if found is not None:
                yield found.quantity


def read_conditions(vocabulary: Vocabulary, remarks: Sequence[Sequence[Token]]) -> Conditions:
    """Read what stands beside an equation. Raises `Unreadable` for a condition that is not read."""
    where, properties = list[Relation](), list[Statement]()
    for tokens in _join_remarks(remarks):
        words, formulas = _split_words(tokens)
        found = list(find_properties(vocabulary, words, formulas))
        refusal = Unreadable(f"it is stated under a condition that is not read{_quote(words)}")
        try:
            nodes = [one for formula in formulas for one in _join_spans(parse_list(formula, vocabulary.words))]
        except Unreadable as error:
            raise refusal from error
        statements = [_read_statement(vocabulary, node) for node in nodes]
        gives_reason = _GIVES_REASON.search(words) or (not formulas and _is_binding(words))
        if not found and (gives_reason or None in statements):
            raise refusal
        properties += found
        for read in statements:
            where += read.where if read else ()
            properties += read.properties if read else ()
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


def _is_binding(words: str) -> bool:
    """Whether words make what stands with them a condition."""
    return not _BINDING.isdisjoint(re.findall(r"[a-z]+", re.sub(r"\b(?:is|are|be) given\b", "", words.lower())))


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
        if text not in _SILENT:
            current.append(tokens[place])
        place += 1
    if current:
        formulas.append(current)
        words += FORMULA
    return words, formulas


def _join_spans(items: Sequence[Node]) -> Iterator[Node]:
    """Read i = 1, …, n as 1 ≤ i ≤ n. Raises `Unreadable` for i = 1, 2, which is no single relation."""
    n = 0
    while n < len(items):
        node, end = items[n], n + 1
        while end < len(items) and isinstance(items[end], Number | Dots):
            end += 1
        if isinstance(node, Relation) and node.sign == "=" and end > n + 1:
            if not isinstance(items[end - 1], Dots) or end == len(items):
                raise Unreadable("it names several values")
            yield Relation(node.left, r"\ge", node.right)
            yield Relation(node.left, r"\le", items[end])
            n = end + 1
        else:
            yield node
            n += 1


def _read_statement(vocabulary: Vocabulary, node: Node) -> Conditions | None:
    """Read one relation; None for one that says nothing that is known. What bounds an index says nothing new."""
    match tree.strip_brackets(node):
        case Symbol() | Number() | Dots():
            return Conditions()  # for all i, j: …, T
        case tree.Words(text):
            return Conditions() if _BINDING.isdisjoint(text.lower().split()) else None
        case Relation(Relation() as left, sign, right):
            first = _read_statement(vocabulary, left)
            second = _read_statement(vocabulary, Relation(left.right, sign, right))
            if first is None or second is None:
                return None
            return Conditions(first.where + second.where, first.properties + second.properties)
        case Relation() as relation:
            stated = _read_property(vocabulary, relation)
            if stated is not None:
                return Conditions((), (stated,))
            if relation.sign == r"\in":
                return Conditions()
            if _are_compared(vocabulary, relation):
                return Conditions() if _is_span(vocabulary, relation) else Conditions((relation,))
    return None


def _are_compared(vocabulary: Vocabulary, node: Relation) -> bool:
    """Whether a relation is one between two indices or two steps."""

    def is_counted(side: Node) -> bool:
        if isinstance(side, Symbol) and not side.above and vocabulary.symbols.find_name(side) is None:
            return True
        if isinstance(side, Symbol) and vocabulary.symbols.notation.find_size(side) is not None:
            return True
        integer = isinstance(side, Number) and side.value.denominator == 1
        return integer or vocabulary.symbols.notation.parse_step(side) is not None

    return node.sign in _TURNED and is_counted(node.left) and is_counted(node.right)


def _is_span(vocabulary: Vocabulary, node: Relation) -> bool:
    """Whether a relation only says over what an index or a step runs: i = 1, …, n; 1 ≤ t; t ≤ T; i ≤ n."""
    notation = vocabulary.symbols.notation
    for one, other, sign in ((node.left, node.right, node.sign), (node.right, node.left, _TURNED[node.sign])):
        if isinstance(other, Number) and other.value in (0, 1) and sign == r"\ge":
            return True
        is_size = isinstance(other, Symbol) and notation.find_size(other) is not None
        if sign == r"\le" and isinstance(one, Symbol) and (is_size or notation.parse_step(other) == LAST_STEP):
            return True
    return False


_TURNED = {"=": "=", r"\neq": r"\neq", "<": ">", ">": "<", r"\le": r"\ge", r"\ge": r"\le"}


def _read_property(vocabulary: Vocabulary, node: Relation) -> Statement | None:
    """Read A = A^⊤, Σ_i y_i = 1, ‖u‖ = 1, Q^⊤ Q = I, x > 0 as a property of a symbol that nothing defines."""
    match tree.strip_brackets(node.left), node.sign, tree.strip_brackets(node.right):
        case Symbol(name, (i, j), ()) as left, "=", Symbol(same, (k, m), ()) if name == same and (i, j) == (m, k):
            return state_property(vocabulary, left, "symmetric") if i != j else None  # a_{ij} = a_{ji}
        case Symbol() as left, "=", Symbol() as right:
            for one, other in ((left, right), (right, left)):
                turned = bool(other.above) and is_transpose(other.above[-1])
                if turned and one == Symbol(other.name, other.below, other.above[:-1]):
                    return state_property(vocabulary, one, "symmetric")
        case Symbol(below=(i, j), above=()) as left, "=", Number(0) if i == j and isinstance(i, Symbol):
            return state_property(vocabulary, left, "hollow")  # a_{ii} = 0
        case left, "=", Number(1):
            return _read_normalised(vocabulary, left)
        case Product((Symbol() as left, Symbol() as right)), "=", Symbol("I" | r"\mathbf{I}"):
            if left.name == right.name and any(map(is_transpose, (*left.above, *right.above))):
                return state_property(vocabulary, Symbol(left.name, left.below), "orthogonal")
        case Symbol() as left, r"\succ" | r"\succeq", Number(0):
            return state_property(vocabulary, left, "symmetric")
        case Symbol() as left, ">", Number(0):
            return state_property(vocabulary, left, "positive")
    return None


def _list_relations(node: Node) -> Iterator[Relation]:
    """List a = b and b > 0 of a = b > 0; none of what is no relation."""
    if isinstance(node, Relation):
        before = list(_list_relations(node.left))
        yield from before
        yield Relation(before[-1].right if before else node.left, node.sign, node.right)


def _read_normalised(vocabulary: Vocabulary, left: Node) -> Statement | None:
    match left:
        case Product((Big(r"\sum", (Relation(letter) | letter,)), Symbol(below=(*_, last)) as entry)) if letter == last:
            # Σ_i y_i = 1, Σ_j A_ij = 1 over the last index, and Σ_i u_i² = 1.
            if [tree.written(one) for one in entry.above] == ["2"] and len(entry.below) == 1:
                return state_property(vocabulary, Symbol(entry.name, entry.below), "unit")
            if not entry.above or parse_exponent(entry.above[-1]) is None:
                return state_property(vocabulary, entry, "normalised")
        case Product((Symbol() as one, Symbol() as two)) if any(map(is_transpose, one.above)):
            if one.name == two.name:
                return state_property(vocabulary, two, "unit")
            others = [each for each in (one, two) if r"{1}" not in each.name]
            if len(others) == 1:
                return state_property(vocabulary, Symbol(others[0].name, others[0].below), "normalised")
        case Bracket((Symbol() as entry, *_), kind="‖") | Scripted(Bracket((Symbol() as entry, *_), kind="‖")):
            return state_property(vocabulary, entry, "unit")
    return None


def read_property_statement(vocabulary: Vocabulary, left: Node, right: Node) -> Statement | None:
    """Read an equation of its own as a property of a symbol that nothing defines; None for any other."""
    return _read_property(vocabulary, Relation(left, "=", right))


def find_stated_properties(
    vocabulary: Vocabulary, words: str, formulas: Sequence[Sequence[Token]]
) -> Iterator[Statement]:
    """Find what the formulas of a sentence say of symbols, as Σ_i y_i = 1 does; not where it is a condition."""
    if _is_binding(words):
        return
    for formula in formulas:
        try:
            parsed = parse_list(formula, vocabulary.words)
        except Unreadable:
            continue
        stated = (_read_property(vocabulary, one) for node in parsed for one in _list_relations(node))
        yield from (one for one in stated if one is not None)
