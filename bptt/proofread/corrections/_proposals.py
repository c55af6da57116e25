"""Propose corrections of an equation, the simplest first."""

from collections import Counter
from collections.abc import Collection, Iterator
from itertools import islice

from bptt.proofread.corrections import _places as places
from bptt.proofread.corrections import _values as values
from bptt.proofread.corrections._correction import Correction, Surroundings
from bptt.proofread.corrections._rewriting import is_bare, list_terms
from bptt.proofread.syntax.tree import Node, Product, Symbol, nodes

MOST_OF_A_KIND = 24  # so that no kind takes the place of those behind it
MOST_CORRECTIONS = 200  # of one equation: each takes about 2 ms to be read and to be tried at one point

_OF_RIGHT = (
    values.propose_signs, values.propose_accents, values.propose_slopes, values.propose_fewer_factors,
    values.propose_numbers, places.propose_transposes, places.propose_steps, places.propose_orders,
    places.propose_indices, values.propose_powers, values.propose_marks, values.propose_factors, values.propose_deltas,
    places.propose_exchanges, values.propose_terms, places.propose_symbols,
)  # fmt: skip


def propose_corrections(left: Node, right: Node, around: Surroundings = Surroundings()) -> Iterator[Correction]:  # noqa: B008
    """Propose what the author may have meant by an equation that is wrong: each differs from it by one mistake."""
    seen = {(left, right)}
    found = 0
    for one in _list_corrections(left, right, around):
        sides = one.left, one.right
        if sides in seen or _is_circular(left, right, one) or _has_dangling(*sides, around.letters):
            continue
        seen.add(sides)
        yield one
        found += 1
        if found == MOST_CORRECTIONS:
            return


def _is_circular(left: Node, right: Node, one: Correction) -> bool:
    """Whether a right-hand side has come to be made of the left, which then says nothing."""
    return one.left in nodes(one.right) and left not in nodes(right)


def _has_dangling(left: Node, right: Node, letters: Collection[str]) -> bool:
    """Whether an index stands once on the right-hand side and is not free on the left: nothing says what it is."""
    counts = _count_letters(right)
    return any(counts[letter] == 1 and letter not in _list_free(left) for letter in letters)


def _list_free(left: Node) -> set[str]:
    """List the letters of a formula but those that stand twice in a product, which sums over them."""
    products = [_count_letters(part.node) for part in list_terms(left) if isinstance(part.node, Product)]
    return {
        letter
        for letter in _count_letters(left)
        if min((one[letter] for one in products if one[letter]), default=1) == 1
    }


def _count_letters(node: Node) -> Counter[str]:
    return Counter(one.name for one in nodes(node, scripts=True) if isinstance(one, Symbol) and is_bare(one))


def _list_corrections(left: Node, right: Node, around: Surroundings) -> Iterator[Correction]:
    for kind, other in islice(values.propose_accents(left, around), MOST_OF_A_KIND):
        yield Correction(kind, other, right, is_left=True)
    for kind, other in islice(places.propose_sums(left, right, around), MOST_OF_A_KIND):
        yield Correction(kind, left, other)
    for kind, other in islice(values.propose_marks(left, around), MOST_OF_A_KIND):
        yield Correction(kind, other, right, is_left=True)
    for kind, other in islice(places.propose_term_indices(left, right, around), MOST_OF_A_KIND):
        yield Correction(kind, left, other)
    for propose in _OF_RIGHT:
        for kind, other in islice(propose(right, around), MOST_OF_A_KIND):
            yield Correction(kind, left, other)
