"""The smallest case at which a gradient is wrong: by Hypothesis or, where JAX compiles for each shape, size by size."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bptt.verify._cases import Case, Judge, measure_sizes
from bptt.verify._drawn_points import read_point
from bptt.verify._interface import Question
from bptt.verify._size_pool import Sizes, list_smaller
from bptt.verify._strategies import find_smallest

_MOST_SHRINKS = 3  # for one array: a search ends beside the smallest where sizes that are equal were drawn as such
_MOST_NEW_SIZES = 40  # combinations that JAX has to compile for, in one search
_NUMBERS_TRIED = 4  # in sizes that may be the smallest: of few, some are right by chance


class Shrinker:
    """Looks for the smallest case at which the gradient by one array is wrong."""

    def __init__(self, question: Question, path: str) -> None:
        self._question = question
        self._path = path
        self._judge = Judge(question)

    def descend(self, failing: Sequence[Case]) -> Case:
        """Make one size after the other smaller while the gradient is wrong, by the most ordinary numbers of theirs."""
        least = failing[0]
        ordinary = sorted(failing, key=lambda case: case.point.extremeness)[:_NUMBERS_TRIED]
        recipes = [case.point.recipe for case in ordinary if case.point.recipe]
        tried: list[Sizes] = []

        def find_wrong(sizes: Sizes) -> Case | None:
            made = (recipe.resize(sizes).make() for recipe in recipes)
            return next(filter(None, (self._find_wrong_case(drawn) for drawn in made)), None)

        for _ in range(_MOST_NEW_SIZES):
            known = least.point.recipe.sizes if least.point.recipe else {}
            smaller = next((sizes for sizes in list_smaller(known) if sizes not in tried), None)
            if smaller is None:
                break
            tried.append(smaller)
            least = find_wrong(smaller) or least
        return (least.point.recipe and find_wrong(least.point.recipe.sizes)) or least

    def _find_wrong_case(self, drawn: Any) -> Case | None:
        """Judge what was drawn; return the case if the gradient is wrong there."""
        try:
            case = self._judge.judge(read_point(self._question, drawn))
        except Exception:  # the caller's: another failure than the one looked for
            return None
        return case if case.shows(self._path) is True and not self._judge.is_beyond_floats(case) else None

    def shrink(self, strategies: Sequence[SearchStrategy[Any]]) -> Case | None:
        """Find the smallest case at which the gradient is wrong, looking again below what was found."""
        least: Case | None = None

        def is_wrong(drawn: Any) -> bool:
            try:
                point = read_point(self._question, drawn)
            except Exception:  # it is none
                return False
            if least and measure_sizes(point) >= measure_sizes(least.point):
                return False
            return self._find_wrong_case(drawn) is not None

        for again in range(_MOST_SHRINKS):
            drawn = find_smallest(st.one_of(strategies), is_wrong, self._question.seed + again)
            if drawn is None:
                break
            least = self._judge.judge(read_point(self._question, drawn))
        return least
