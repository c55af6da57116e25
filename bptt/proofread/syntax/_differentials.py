"""Read the ∂ or d over and under a line, and what a derivative is by."""

from collections.abc import Sequence
from dataclasses import replace

from bptt.proofread.syntax._pieces import Piece, is_letter_d, split_product
from bptt.proofread.syntax.tree import Differential, Node, Number, Place, Product, Symbol, Unreadable, written

MOST_DERIVATIVES = 4  # of one another; each multiplies the work by the number of factors


def build_differential(d: Piece, of: Node | None) -> Differential:
    """Build the differential of a formula; a number above the ∂ or d is its order, a + says that it is immediate."""
    order, immediate = 1, False
    for item in d.above:
        if isinstance(item, Number) and item.value in range(1, MOST_DERIVATIVES + 1):
            order = int(item.value)
        elif isinstance(item, Symbol) and item.name == "+":
            immediate = True
        else:
            raise Unreadable("what stands above the ∂ is not read", d.place)
    if d.below or d.primes:
        raise Unreadable("a ∂ has something below it", d.place)
    return Differential(of, order, immediate, d.place)


def split_differentials(node: Node) -> list[Differential]:
    """Return the differentials that a numerator or denominator consists of, as in ∂X or ∂x ∂y; none if of others."""
    items = split_product(node)
    if isinstance(items[0], Differential):
        found = [item for item in items if isinstance(item, Differential)]
        return found if len(found) == len(items) else []
    if not is_letter_d(items[0]):
        return []
    letters: list[Differential] = []
    for item in items:
        if is_letter_d(item):
            letters.append(build_differential(item, None))
        else:
            of = letters[-1].of
            letters[-1] = replace(letters[-1], of=item if of is None else Product(of, "", item))
    return letters


def list_variables(top: Differential, bottom: Sequence[Differential], place: Place) -> tuple[Node, ...]:
    """Return what a derivative is by, each as often as it says: ∂²L/∂x², ∂²L/∂x∂y.

    Raises `Unreadable` where that is not as often as the order of the derivative.
    """
    by: list[Node] = []
    for of, order in ((part.of, part.order) for part in bottom):
        if of is None:
            raise Unreadable("it does not say by what the derivative is", place)
        if isinstance(of, Symbol) and top.order == 2 and len(bottom) == 1 and [*map(written, of.above)] == ["2"]:
            by += [replace(of, above=())] * 2  # ∂x² is ∂x twice, not the differential of a square
        else:
            by += [of] * order
    if len(by) != top.order or len(by) > MOST_DERIVATIVES:
        raise Unreadable(f"a derivative of order {top.order} by {len(by)} variables", place)
    return tuple(by)
