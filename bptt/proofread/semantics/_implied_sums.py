"""Where the sums stand that an equation leaves to convention.

An index that is not free in the equation is summed over the smallest product that holds all its occurrences, in each
term of a sum on its own, and never across the argument of a function or a power unless it also stands outside.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Expression
from bptt.proofread._traversal import find_free_indices, rename
from bptt.proofread.semantics._interpretation import Choice, Convention, Interpretation
from bptt.proofread.syntax import Unreadable


class ImpliedSums(NamedTuple):
    """Puts the sums into one equation. `fresh` names an index that stands nowhere else."""

    interpretation: Interpretation
    fresh: Callable[[str], str]

    def insert(self, node: Expression, outside: frozenset[str]) -> Expression:
        """Sum every index that is free in the expression and not outside. Raises `Unreadable`."""
        match node:
            case ex.Plus():
                return ex.Plus(tuple(self.insert(term, outside) for term in node.terms))
            case ex.Times():
                here = _find_repeated(node.factors, outside)
                return self._sum(ex.Times(tuple(self.insert(one, outside | here) for one in node.factors)), here)
            case ex.Partial():
                # The derivative by an entry whose index is not free is a sum over that index.
                here = _find_repeated((node.of, node.by), outside) | (_find_letters(node.by) - outside)
                return self._sum(replace(node, of=self.insert(node.of, outside | here)), here)
            case ex.Total():
                body = self.insert(node.body, outside | {node.index})
                index = self.fresh(node.index)
                return replace(node, index=index, body=rename(body, {node.index: index}))
            case ex.MatrixProduct():
                return replace(node, body=self.insert(node.body, outside | frozenset(node.inner)))
            case ex.OverSteps():
                return replace(node, body=self.insert(node.body, outside))
            case ex.Power():
                out = self._choose_outside_power(node, outside)
                return self._sum(replace(node, base=self.insert(node.base, outside | out)), out)
            case ex.Function():
                out = self._choose_outside_function(node, outside)
                return self._sum(replace(node, argument=self.insert(node.argument, outside | out)), out)
            case ex.Concatenation():
                parts = tuple((index, self.insert(body, outside | {index})) for index, body in node.parts)
                return ex.Concatenation(node.index, parts)
            case ex.Entry() | ex.Delta() | ex.Slope():
                return self._sum(node, _find_letters(node) - outside)
        return node

    def _choose_outside_power(self, node: ex.Power, outside: frozenset[str]) -> frozenset[str]:
        """Choose the indices that are summed outside a power: Σ_i x_i² rather than (Σ_i x_i)²."""
        single = _find_single(node.base, outside)
        if single and node.exponent < 0:
            raise Unreadable(f"{single[0]} stands alone below a line: the sum over it must be written")
        return self._choose(single, "sum outside power", "sum inside power")

    def _choose_outside_function(self, node: ex.Function, outside: frozenset[str]) -> frozenset[str]:
        """Choose the indices that are summed outside a function: f(Σ_i x_i) comes before Σ_i f(x_i)."""
        single = _find_single(node.argument, outside)
        inside = self._choose(single, "sum inside function", "sum outside function")
        return frozenset(single) - inside

    def _choose(self, letters: list[str], usual: Convention, other: Convention) -> frozenset[str]:
        """Return the letters for which the usual is taken."""
        questions = {one: (Choice(usual, one), Choice(other, one)) for one in letters}
        return frozenset(one for one, asked in questions.items() if self.interpretation.choose(*asked) == asked[0])

    def _sum(self, node: Expression, letters: frozenset[str]) -> Expression:
        for letter in sorted(letters):
            index = self.fresh(letter)
            node = ex.Total(index, rename(node, {letter: index}))
        return node


def _find_letters(node: Expression) -> frozenset[str]:
    return frozenset(find_free_indices(node))


def _find_repeated(factors: tuple[Expression, ...], outside: frozenset[str]) -> frozenset[str]:
    """Find the indices that stand in several factors: they are summed here, others within the one they stand in."""
    held = Counter(letter for factor in factors for letter in _find_letters(factor) - outside)
    return frozenset(letter for letter, times in held.items() if times > 1)


def _find_single(inner: Expression, outside: frozenset[str]) -> list[str]:
    """Find the indices that are repeated in no product inside a power or a function: their sum may stand outside."""
    return sorted(letter for letter in _find_letters(inner) - outside if not _is_contracted(inner, letter))


def _is_contracted(node: Expression, letter: str) -> bool:
    """Whether an index stands twice in some product within the expression."""
    if isinstance(node, ex.Plus):
        return any(_is_contracted(term, letter) for term in node.terms)
    return find_free_indices(node).count(letter) > 1
