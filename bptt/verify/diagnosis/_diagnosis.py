"""Where a wrong gradient is wrong, and what kind of mistake it is, once it is known to be wrong.

A kind is named if it holds at every point that is looked at where the gradient is wrong, and at two at least: other
values in the same shapes, and other shapes where such points are known. Nothing here bears on the verdict.
"""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from bptt.balls import Comparisons, Origin, Traced, change_context, enclose, pause_collector, sweep, use_precision
from bptt.verify._ball_run import start_on_balls
from bptt.verify._execution import keep_generator
from bptt.verify._problem import Leaf, Problem
from bptt.verify.diagnosis._by_path import PathHypotheses
from bptt.verify.diagnosis._by_value import find_kinds
from bptt.verify.diagnosis._graph import Graph, read_graph
from bptt.verify.diagnosis._kind import ORDER, Diagnosis, Kind, name_indices
from bptt.verify.diagnosis._values import Arbs, Values, is_equal, is_zero, make_arbs

_DIGITS = 100  # twice those of a verdict: a hypothesis that holds to so many is no coincidence
_ELSEWHERE = 4  # points with other values that are looked at beside one that is given alone
_MOST_NODES = 50_000  # of the graph of f, beyond which its paths are not looked at: it would take minutes
_DOUBLED = 2  # what is multiplied by that much is said to be doubled
_MOST_ALTERNATIVES = 3  # sizes that are offered for one factor
# Than a way through f may be.
_LESS_TELLING = {"part missing", "reversed", "shifted", "clipped by norm", "regularised", "scaled variously", "nearly"}
_LEAVES_NOTHING_OF_ONE_STEP = {"recurrence dropped", "step missing", "truncated", "path missing", "execution missing"}


class Point(NamedTuple):
    """A problem where a gradient is looked at, the names of its axes by path, and named sizes, as far as known."""

    problem: Problem
    axes: Mapping[str, Sequence[str]] = {}
    named: Mapping[str, int] = {}


def diagnose(points: Sequence[Point], paths: Sequence[str]) -> list[Diagnosis]:
    """Say what can be said of the gradient by the arrays of these paths, which is wrong at the first of the points."""
    with keep_generator(), use_precision(_DIGITS), pause_collector(), np.errstate(all="ignore"):
        return _diagnose(points, paths)  # all that is known there is gone before the collector looks for it


def _diagnose(points: Sequence[Point], paths: Sequence[str]) -> list[Diagnosis]:
    random = np.random.default_rng(points[0].problem.seed)
    evaluations: list[_Evaluation] = []
    for point in points:
        for moved in _move_around(point, _ELSEWHERE if len(points) == 1 else 1, random):
            evaluation = _evaluate(moved)
            if evaluation is not None:
                evaluations.append(evaluation)
            elif not evaluations:
                return [Diagnosis(path) for path in paths]  # they do not run on balls, say
    return [_diagnose_array(path, evaluations) for path in paths]


def _move_around(point: Point, count: int, random: np.random.Generator) -> Iterator[Point]:
    """Yield the point, one near it, and so many with quite other values, at which f need not be defined."""
    yield point
    problem, arguments = point.problem, point.problem.arguments
    for n in range(1 + count):
        values = [_draw(leaf, random, near=n == 0).astype(leaf.values.dtype) for leaf in arguments.leaves]
        yield point._replace(problem=replace(problem, arguments=arguments.replace_values(values)))


def _draw(leaf: Leaf, random: np.random.Generator, *, near: bool) -> Any:
    """Draw numbers nearby, or normal ones of the same size. What is held fixed is shuffled, since it may be one-hot."""
    values = leaf.values
    if leaf.differentiable and near:
        return values * random.uniform(0.5, 1.5, values.shape)
    if leaf.differentiable:
        size = np.sqrt(np.mean(np.square(values, dtype=float))) if values.any() else 1.0
        return size * random.normal(size=values.shape)
    for axis in range(values.ndim if values.dtype.kind == "f" and not near else 0):
        values = values.take(random.permutation(values.shape[axis]), axis)
    return values


@dataclass
class _Evaluation:
    """A gradient on balls at one point, the true one, and the run of f."""

    point: Point
    by_hand: Sequence[Arbs]
    true: list[Arbs]
    run: tuple[Any, Sequence[Sequence[Traced]], Mapping[int, Origin]]

    @functools.cached_property
    def graph(self) -> Graph | None:
        value, inputs, origins = self.run
        return read_graph(value, inputs, origins) if isinstance(value, Traced) and len(origins) <= _MOST_NODES else None

    @functools.cached_property
    def hypotheses(self) -> PathHypotheses | None:
        arrays = {leaf.path: leaf.values for leaf in self.point.problem.arguments.leaves}
        sizes = self.point.named or {str(size): size for size in self.sizes.values() if size > _DOUBLED}
        return None if self.graph is None else PathHypotheses(self.graph, arrays, self.by_hand, sizes)

    @functools.cached_property
    def sizes(self) -> dict[str, int]:
        """The sizes of axes, by name or as one would write them in Python."""
        sizes = dict(self.point.named)
        for leaf in self.point.problem.arguments.leaves:
            names = self.point.axes.get(leaf.path, [f"{leaf.path}.shape[{k}]" for k in range(leaf.values.ndim)])
            sizes.update(zip(names, leaf.values.shape, strict=True))
        return sizes

    def select(self, path: str) -> Values:
        """Return what is known of the gradient by the array of this path."""
        arguments, true, argument = self.point.problem.arguments, self.true, _name_argument(path)
        n = [leaf.path for leaf in arguments.leaves].index(path)
        others = {leaf.path: true[k] for k, leaf in arguments.differentiable if k != n}
        same = [true[k] for k, leaf in arguments.differentiable if _name_argument(leaf.path) == argument]
        together = {"of this array": [true[n]]}
        if len(same) > 1:
            together[f"of all arrays of {argument} together"] = same
        if len(others) >= len(same):
            together["of all arrays together"] = true
        norms = {
            which: sum((x * x for array in arrays for x in array.flat), arb(0)).sqrt()
            for which, arrays in together.items()
        }
        axes = [f"axis {name}" for name in self.point.axes.get(path, range(true[n].ndim))]
        given = arguments.leaves[n].values
        array = make_arbs(map(arb, given.astype(float).reshape(-1).tolist()), given.shape)
        return Values(n, path, array, self.by_hand[n], true[n], others, norms, self.sizes, axes, arguments.bits)


def _name_argument(path: str) -> str:
    return re.split(r"[\[.]", path, maxsplit=1)[0]


def _evaluate(point: Point) -> _Evaluation | None:
    """Run f and the rule on balls; `None` where they cannot be, or are not defined."""
    problem, arguments = point.problem, point.problem.arguments
    free = replace(problem, arguments=arguments.choose(lambda _: True))  # weights held fixed tell the steps apart, too

    try:
        with change_context(origins={}, comparisons=Comparisons()) as context:
            value, inputs = start_on_balls(free).trace_f()
        claims = start_on_balls(problem).run_rule(Comparisons())
        by_hand = [make_arbs(map(enclose, claim.flat), claim.shape) for claim in claims]
        origins = context.origins or {}
        slope = sweep(value, [x for of_leaf in inputs for x in of_leaf])
    except Exception:  # whatever a caller's code may raise at a point that the caller did not choose
        return None
    true = [
        make_arbs(map(slope, of_leaf), leaf.values.shape) if leaf.differentiable else make_arbs([], (0,))
        for leaf, of_leaf in zip(arguments.leaves, inputs, strict=True)
    ]
    if not all(x.is_finite() for array in (*true, *by_hand) for x in array.flat):
        return None
    return _Evaluation(point, by_hand, true, (value, inputs, origins))


def _diagnose_array(path: str, evaluations: Sequence[_Evaluation]) -> Diagnosis:
    seen = [(evaluation.select(path), evaluation) for evaluation in evaluations]
    wrong = [(values, evaluation) for values, evaluation in seen if not values.equal(values.true)]
    wrong = [(values, evaluation) for values, evaluation in wrong if not values.is_blurred] or wrong
    if not wrong:
        return Diagnosis(path)
    where = _locate_wrong_part([values for values, _ in wrong])
    told = [(values, evaluation) for values, evaluation in wrong if not is_zero(values.by_hand)]
    if told and not told[0][0].has_same_shape:
        wrong = told  # zeros say nothing of how they came to their shape
    kinds = _find_common_kinds(wrong)
    if not kinds and 1 < len(told) < len(wrong):  # a single step of which nothing is left is no other mistake
        kinds = [kind for kind in _find_common_kinds(told) if kind.name in _LEAVES_NOTHING_OF_ONE_STEP]
    # That it is clipped shows only beside an entry that is not.
    kinds = [k for k in kinds if k.name != "clipped" or any(v.is_right_below(k.parameters["digits"]) for v, _ in seen)]
    one_set_of_sizes = all(values.sizes == wrong[0][0].sizes for values, _ in wrong)
    return Diagnosis(path, where, _choose_kind(kinds, one_set_of_sizes) if kinds else None)


def _find_common_kinds(wrong: Sequence[tuple[Values, _Evaluation]]) -> list[Kind]:
    """Find those that hold at all of these points, the likeliest first."""
    if len(wrong) < 2:
        return []
    first, *others = [list(find_kinds(values)) for values, _ in wrong]
    by_value = [kind for kind in first if all(kind in found for found in others)]
    by_path: list[Kind] | None = None
    if all(kind.name in _LESS_TELLING for kind in by_value):
        depending = [one for one in wrong if not is_zero(one[0].true)]  # elsewhere there is no way through f at all
        for values, evaluation in sorted(depending if len(depending) > 1 else wrong, key=_rate_silence):
            hypotheses = None if by_path == [] else evaluation.hypotheses
            found = list(hypotheses.find_kinds(values, by_path)) if hypotheses else []
            by_path = found if by_path is None else [kind for kind in by_path if kind in found]
    return sorted(by_value + (by_path or []), key=lambda kind: ORDER.index(kind.name))


def _rate_silence(one: tuple[Values, _Evaluation]) -> tuple[bool, int]:
    """Order points so that those come first that tell kinds apart: not where nothing is left, and the largest."""
    values, _ = one
    return is_zero(values.by_hand), -sum(values.sizes.values())


def _choose_kind(kinds: Sequence[Kind], one_set_of_sizes: bool) -> Kind:
    """Choose the likeliest. A factor that was seen at one set of sizes alone comes with those that it may be."""
    first, *others = kinds
    sizes = [kind.parameters["factor"] for kind in others if kind.parameters.get("is_one_size")][:_MOST_ALTERNATIVES]
    if first.name != "scaled" or not one_set_of_sizes or not sizes:
        return first
    return first.extend(f", or {' or '.join(sizes)} times", {"or": sizes})


def _locate_wrong_part(wrong: Sequence[Values]) -> str:
    """Name the part of the array that holds the wrong entries, if it is the same at all points."""
    if not all(values.has_same_shape for values in wrong) or len({values.true.ndim for values in wrong}) > 1:
        return ""
    parts = []
    for axis, name in enumerate(wrong[0].axes):
        named = [_name_wrong_indices(values, axis) for values in wrong if values.true.shape[axis] > 1]
        common = [part for part in named[0] if all(part in names for names in named)] if named else []
        parts += [f"{part} of {name}" for part in common[:1]]
    return ", ".join(parts)


def _name_wrong_indices(values: Values, axis: int) -> list[str]:
    """Return names of the indices at which there are wrong entries; none if that is at all of them."""
    size = values.true.shape[axis]
    differs = [k for k in range(size) if not is_equal(values.by_hand.take([k], axis), values.true.take([k], axis))]
    return name_indices(differs, size) if len(differs) < size else []
