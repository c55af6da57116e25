"""Where the sums stand that an equation leaves to convention.

An index that is not free in the equation, and stands twice or more in a term, is summed over the smallest product that
holds it, in each term of a sum on its own, and never across the argument of a function unless it also stands outside.
One that stands once is a slip: the sum over it was dropped. A square counts as twice.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Expression
from bptt.proofread._traversal import find_free_indices, rename
from bptt.proofread.semantics._interpretation import Choice, Interpretation
from bptt.proofread.syntax import Unreadable


class ImpliedSums(NamedTuple):
    """Puts the sums into one equation. `fresh` names an index that stands nowhere else."""

    interpretation: Interpretation
    fresh: Callable[[str], str]

    def insert(self, node: Expression, outside: frozenset[str]) -> Expression:
        """Sum every index that is free in the expression, repeated, and not outside. Raises `Unreadable`."""
        match node:
            case ex.Plus():
                return ex.Plus(tuple(self.insert(term, outside) for term in node.terms))
            case ex.Times():
                here = _find_repeated(node.factors, outside)
                return self._sum(ex.Times(tuple(self.insert(one, outside | here) for one in node.factors)), here)
            case ex.Partial():
                here = _find_repeated((node.of, node.by), outside)
                here |= self._choose_summed(_find_letters(node.by) - outside - here)
                return self._sum(replace(node, of=self.insert(node.of, outside | here)), here)
            case ex.Total():
                body = self.insert(node.body, outside | {node.index})
                index = self.fresh(node.index)
                return replace(node, index=index, body=rename(body, {node.index: index}))
            case ex.MatrixProduct():
                return replace(node, body=self.insert(node.body, outside | frozenset(node.inner)))
            case ex.OfMatrix():
                made = replace(node, body=self.insert(node.body, outside | frozenset(node.inner)))
                return self._sum(made, self._settle(node, outside))
            case ex.OverSteps():
                return replace(node, body=self.insert(node.body, outside))
            case ex.Power():
                letters = _find_letters(node.base) - outside if node.exponent >= 2 else frozenset()
                squared = frozenset(letter for letter in letters if not _is_contracted(node.base, letter))
                return self._sum(replace(node, base=self.insert(node.base, outside | squared)), squared)
            case ex.Function():
                return replace(node, argument=self.insert(node.argument, outside))
            case ex.Concatenation():
                parts = tuple((index, self.insert(body, outside | {index})) for index, body in node.parts)
                return ex.Concatenation(node.index, parts)
            case ex.Mask() if node.left == node.right and isinstance(node.left, str):
                if node.left not in outside:
                    raise Unreadable(f"{node.left} stands below ones alone")
                return node
            case ex.Entry() | ex.Delta() | ex.Slope() | ex.Mask():
                return self._sum(node, self._settle(node, outside))
        return node

    def _settle(self, node: Expression, outside: frozenset[str]) -> frozenset[str]:
        """Return the letters that stand twice in a factor alone, W_ii, or that are taken to be summed all the same."""
        held = Counter(letter for letter in find_free_indices(node) if letter not in outside)
        once = frozenset(letter for letter, times in held.items() if times == 1)
        return frozenset(held) - once | self._choose_summed(once)

    def _choose_summed(self, once: frozenset[str]) -> frozenset[str]:
        """Choose the letters that stand once over which a sum is taken to have been dropped."""
        choose = self.interpretation.choose
        return frozenset(one for one in sorted(once) if choose(None, Choice("indices summed", one)))

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


def _is_contracted(node: Expression, letter: str) -> bool:
    """Whether an index stands twice in some product within the expression."""
    if isinstance(node, ex.Plus):
        return any(_is_contracted(term, letter) for term in node.terms)
    return find_free_indices(node).count(letter) > 1
