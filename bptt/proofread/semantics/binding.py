"""Where the sums stand that an equation leaves to convention.

An index that is not free in the equation is summed over the smallest product that holds all its occurrences, in each
term of a sum on its own, and never across the argument of a function or a power unless it also stands outside.
"""

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import replace

from bptt.proofread.expressions import (
    Concatenation,
    Delta,
    Entry,
    Expression,
    Function,
    MatrixProduct,
    OverSteps,
    Partial,
    Plus,
    Power,
    Slope,
    Times,
    Total,
    free_indices,
    renamed,
)
from bptt.proofread.semantics.readings import Reading
from bptt.proofread.syntax import Unreadable


class Binding:
    """Puts the sums into one equation. `fresh` names an index that stands nowhere else."""

    def __init__(self, reading: Reading, fresh: Callable[[str], str]) -> None:
        self.reading = reading
        self.fresh = fresh

    def bound(self, node: Expression, outside: frozenset[str]) -> Expression:
        """The expression with every index that is not outside summed."""
        if isinstance(node, Plus):
            return Plus(tuple(self.bound(term, outside) for term in node.terms))
        if isinstance(node, Times):
            return self._product(node, node.factors, outside)
        if isinstance(node, Partial):
            return self._product(node, (node.of, node.by), outside)
        if isinstance(node, Total):
            return self._total(node, outside)
        if isinstance(node, MatrixProduct):
            return replace(node, body=self.bound(node.body, outside | frozenset(node.inner)))
        if isinstance(node, OverSteps):
            return replace(node, body=self.bound(node.body, outside))
        if isinstance(node, Power):
            return self._inside(node, node.base, outside, lambda base: Power(base, node.exponent), True)
        if isinstance(node, Function):
            return self._inside(node, node.argument, outside, lambda x: Function(node.name, node.order, x), False)
        if isinstance(node, Concatenation):
            return Concatenation(
                node.index, tuple((index, self.bound(body, outside | {index})) for index, body in node.parts)
            )
        if isinstance(node, Entry | Delta | Slope):
            return self._summed(node, _letters(node) - outside)
        return node

    def _product(self, node: Times | Partial, factors: tuple[Expression, ...], outside: frozenset[str]) -> Expression:
        """Indices that stand in several factors are summed here; the others within the one that they stand in."""
        held = Counter(letter for factor in factors for letter in _letters(factor) - outside)
        here = frozenset(letter for letter, times in held.items() if times > 1)
        if isinstance(node, Partial):
            here |= _letters(node.by) - outside
            of = self.bound(node.of, outside | here)
            return self._summed(Partial(of, node.by, node.immediate), here)
        return self._summed(Times(tuple(self.bound(factor, outside | here) for factor in factors)), here)

    def _total(self, node: Total, outside: frozenset[str]) -> Expression:
        body = self.bound(node.body, outside | {node.index})
        index = self.fresh(node.index)
        return Total(index, renamed(body, {node.index: index}), node.product, node.range)

    def _inside(
        self,
        node: Power | Function,
        inner: Expression,
        outside: frozenset[str],
        around: Callable[[Expression], Expression],
        outer_first: bool,
    ) -> Expression:
        """Sums stand inside a power or a function; one over an index that is not repeated may stand outside, too."""
        single = sorted(letter for letter in _letters(inner) - outside if not _contracted(inner, letter))
        if single and isinstance(node, Power) and node.exponent < 0:
            raise Unreadable(f"{single[0]} stands alone below a line: the sum over it must be written")
        out: set[str] = set()
        what = "the power" if isinstance(node, Power) else "the function"
        for letter in single:
            options = [f"the sum over {letter} stands outside {what}", f"the sum over {letter} stands inside {what}"]
            order = options if outer_first else options[::-1]
            question: Hashable = ("sum", letter, what)
            if order[self.reading.choose(question, *order)] == options[0]:
                out.add(letter)
        return self._summed(around(self.bound(inner, outside | out)), frozenset(out))

    def _summed(self, node: Expression, letters: frozenset[str]) -> Expression:
        for letter in sorted(letters):
            index = self.fresh(letter)
            node = Total(index, renamed(node, {letter: index}))
        return node


def _letters(node: Expression) -> frozenset[str]:
    return frozenset(free_indices(node))


def _contracted(node: Expression, letter: str) -> bool:
    """Whether an index stands twice in some product within the expression."""
    if isinstance(node, Plus):
        return any(_contracted(term, letter) for term in node.terms)
    return free_indices(node).count(letter) > 1
