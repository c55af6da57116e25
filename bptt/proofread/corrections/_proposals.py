"""Propose corrections of an equation, the simplest first."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import NamedTuple

from bptt.proofread.corrections import _elsewhere as elsewhere
from bptt.proofread.corrections import _places as places
from bptt.proofread.corrections import _values as values
from bptt.proofread.corrections._correction import IMMEDIATE, Correction, Kind, Surroundings
from bptt.proofread.corrections._rewriting import (
    Part,
    list_letters,
    list_parts,
    list_products,
    list_symbols,
    list_terms,
    list_whole,
)
from bptt.proofread.syntax.tree import Node, Product, nodes

MOST_OF_A_KIND = 24  # so that no kind takes the place of those behind it
MOST_OF_FAR = 120  # of a kind that is made of what stands elsewhere in the document
MOST_CORRECTIONS = 600  # of one equation: each takes about 2 ms to be read and to be tried at one point


class _Rule(NamedTuple):
    """A kind of mistake: in which parts of a side it may be, and what may have been meant by such a part."""

    kind: Kind
    list_places: Callable[[Node], Iterable[Part]]
    rewrite: Callable[[Node, Surroundings], Iterator[Node]]
    is_left: bool = False
    most: int = MOST_OF_A_KIND

    def propose(self, side: Node, around: Surroundings) -> Iterator[Node]:
        for part in self.list_places(side):
            yield from map(part.put, self.rewrite(part.node, around))


_RULES = (
    _Rule("an accent", list_symbols, values.change_accent, is_left=True),
    _Rule("a missing sum", list_whole, places.add_sum),
    _Rule("a missing sum", list_parts, places.add_sum_of_steps),
    _Rule(IMMEDIATE, list_parts, values.change_mark, is_left=True),
    _Rule("the indices of a term", list_whole, places.change_term_indices),
    _Rule("a sign", list_whole, values.change_sign),
    _Rule("the sign of an argument", list_parts, values.change_argument_sign),
    _Rule("a sign", list_parts, values.change_term_sign),
    _Rule("an accent", list_symbols, values.change_accent),
    _Rule("a slope", list_whole, values.change_slope),
    _Rule("a sum too much", list_products, partial(values.drop_factor, sums=True)),
    _Rule("a factor too much", list_products, values.drop_factor),
    _Rule("a factor too much", list_parts, values.drop_denominator),
    _Rule("a missing factor", list_whole, values.add_number),
    _Rule("a transpose", list_parts, places.change_transpose),
    _Rule("a step", list_parts, places.change_step),
    _Rule("a step", list_whole, places.change_step_throughout),
    _Rule("the order of factors", list_terms, places.change_order),
    _Rule("an index", list_symbols, places.swap_indices),
    _Rule("an index", list_symbols, places.change_index),
    _Rule("a power", list_parts, values.change_power),
    _Rule("a power", list_products, values.square_factor),
    _Rule("a power", list_parts, values.change_exponent),
    _Rule("a power", list_products, values.invert_factor),
    _Rule(IMMEDIATE, list_parts, values.change_mark),
    _Rule("a missing factor", list_whole, values.add_factor),
    _Rule("a missing δ", list_whole, values.add_delta),
    _Rule("two symbols exchanged", list_whole, places.exchange_symbols),
    _Rule("a term too much", list_whole, values.drop_term),
    _Rule("a missing term", list_whole, values.add_term),
    _Rule("a symbol", list_whole, places.change_symbol),
    _Rule("a function", list_whole, elsewhere.change_function),
    _Rule("a missing factor", list_whole, elsewhere.add_far_factor, most=MOST_OF_FAR),
    _Rule("a symbol", list_whole, elsewhere.change_far_symbol, most=MOST_OF_FAR),
    _Rule("a missing term", list_whole, elsewhere.add_far_term, most=MOST_OF_FAR),
)


def propose_corrections(left: Node, right: Node, around: Surroundings = Surroundings()) -> Iterator[Correction]:  # noqa: B008
    """Propose what the author may have meant by an equation that is wrong: each differs from it by one mistake."""
    around = around._replace(stated=frozenset(list_letters(left)))
    seen = {(left, right)}
    for one in _list_corrections(left, right, around):
        sides = one.left, one.right
        if not (sides in seen or _is_circular(left, right, one) or _has_dangling(*sides, around.letters)):
            seen.add(sides)
            yield one
        if len(seen) > MOST_CORRECTIONS:
            return


def _list_corrections(left: Node, right: Node, around: Surroundings) -> Iterator[Correction]:
    # Where a document does not tell immediate derivatives from others, it has most likely something else in mind.
    for rule in sorted(_RULES, key=lambda rule: rule.kind == IMMEDIATE and not around.tells_immediate):
        for new in islice(rule.propose(left if rule.is_left else right, around), rule.most):
            yield Correction(rule.kind, *((new, right) if rule.is_left else (left, new)), rule.is_left)


def _is_circular(left: Node, right: Node, one: Correction) -> bool:
    """Whether a right-hand side has come to be made of the left, which then says nothing."""
    return one.left in nodes(one.right) and left not in nodes(right)


def _has_dangling(left: Node, right: Node, letters: Collection[str]) -> bool:
    """Whether an index stands once on the right-hand side and is not free on the left: nothing says what it is."""
    counts = Counter(list_letters(right))
    products = [Counter(list_letters(part.node)) for part in list_terms(left) if isinstance(part.node, Product)]
    # One that stands twice in a product is summed over there.
    free = {one for one in list_letters(left) if min((held[one] for held in products if one in held), default=1) == 1}
    return any(counts[letter] == 1 and letter not in free for letter in letters)
