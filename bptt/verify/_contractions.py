"""Vector-Jacobian and Jacobian-vector products as gradients of scalar functions.

    vjp    of ⟨c, f(x)⟩ by x, for a random cotangent c
    jvp    of ⟨c, f(x + s v)⟩ by s at s = 0, for a random tangent v; c is about 1 / |entry of the product|, so that no
           entry hides behind a larger one

A product is linear: it is judged for one random vector and its opposite, for another a million million times as long,
which a product that is clipped does not bear, and its opposite, and for zero. What is judged by slopes of floats, which
see no long vector and no zeros, is judged for the first two alone.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from bptt.verify._execution import call_as_taken, keep_generator
from bptt.verify._judgement import judge_problem
from bptt.verify._problem import Arguments, Problem
from bptt.verify._pytrees import flatten_with_accessors
from bptt.verify._report import Report, Verdict

_LONG = -(2.0**40)  # beyond what anybody clips at, and no float overflows
_MOST_STEPS = 20  # of an output, each of which is given a cotangent of its own: more would take minutes


class Pullback:
    """A vjp as the gradient of ⟨cotangent, f⟩, for cotangents that are still to be chosen."""

    def __init__(self, problem: Problem, wrt: str | Sequence[str] | None) -> None:
        self._problem, self.output = _observe_output(problem)
        self._at = self._problem.arguments.copy()
        output = self.output
        self.cotangents = draw_vectors(output.arrays, problem.seed)
        names = problem.arguments.names
        all_names: Any = names[0] if len(names) == 1 else tuple(names)
        self._wrt = all_names if wrt is None else wrt

        def contract(*given: Any) -> Any:
            return _dot(output.flatten(given[-1]), output.flatten(problem.f(*given[:-1])))

        cotangent = "cotangent" if "cotangent" not in names else "cotangent_of_f"
        self._contracted = _name_parameters(contract, [*names, cotangent])

    def pose(self, cotangent: list[Any]) -> Problem:
        """Return the problem for this cotangent."""
        given = (*self._at, self.output.rebuild(cotangent))
        arguments = Arguments(self._contracted, given, self._wrt)
        return replace(self._problem, f=self._contracted, arguments=arguments, written=self._problem.functions)

    def judge(self, cotangent: list[Any]) -> Report:
        """Return the report for this cotangent."""
        return judge_problem(self.pose(cotangent))

    def note_wrong_steps(self) -> list[str]:
        """Say for the cotangents of which indices it is wrong, each of them alone; for each output that has some."""
        found = []
        for n, (path, array) in enumerate(zip(self.output.paths, self.output.arrays, strict=True)):
            if array.dtype.kind == "f" and array.ndim > 0 and 1 < len(array) <= _MOST_STEPS:
                wrong = [k for k in range(len(array)) if any(self._is_wrong(n, k, sign) for sign in (1, -1))]
                if 0 < len(wrong) < len(array):
                    which = ", ".join(map(str, wrong))
                    found.append(f"of the cotangents of {path} by index, those of {which} are pulled back wrongly")
        return found

    def _is_wrong(self, n: int, k: int, sign: int) -> bool:
        """Whether it is for cotangents that are 0 but for index k of output n."""
        cotangent: list[Any] = [None if x is None else np.zeros_like(x) for x in self.cotangents.random]
        cotangent[n][k] = sign * self.cotangents.random[n][k]
        return self.judge(cotangent).verdict == Verdict.WRONG


class Pushforward:
    """A jvp as the derivative of ⟨c, f(x + s v)⟩ by s at 0, for tangents v that are still to be chosen."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self._output = _observe_output(problem)
        self._at = self.problem.arguments.copy()

    def judge(self, tangent: list[Any]) -> Report:
        """Return the report for this tangent or, if it is wrong there, on one entry of the product that is."""
        tangents = tuple(self.problem.arguments.rebuild(tangent))

        def judge_weighted(weights: list[Any]) -> Report:
            def f(s: Any, given: tuple[Any, ...], tangents: tuple[Any, ...], weights: list[Any]) -> Any:
                return _dot(weights, self._output.flatten(self.problem.f(*self._move(s, given, tangents))))

            def rule(s: Any, given: tuple[Any, ...], tangents: tuple[Any, ...], weights: list[Any]) -> Any:
                return _dot(weights, self._push(s, given, tangents))

            arguments = Arguments(f, (0.0, self._at, tangents, weights), "s")
            return judge_problem(
                replace(self.problem, f=f, rule=rule, arguments=arguments, written=self.problem.functions)
            )

        def push(problem: Problem) -> list[Any]:
            np.random.seed(problem.seed)  # noqa: NPY002
            return [np.asarray(x) for x in self._push(0.0, tuple(problem.arguments.copy()), tangents)]

        with keep_generator(), np.errstate(all="ignore"):
            _, claimed = call_as_taken(self.problem, push)
        return _locate_wrong_entry(judge_weighted, claimed, self._output.paths, self.problem.seed)

    def _move(self, s: Any, given: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, ...]:
        arguments = self.problem.arguments
        pairs = zip(arguments.flatten(given), arguments.flatten(tangents), strict=True)
        return tuple(arguments.rebuild([x if v is None else x + s * v for x, v in pairs]))

    def _push(self, s: Any, given: tuple[Any, ...], tangents: tuple[Any, ...]) -> list[Any]:
        pushed = self.problem.rule(self._move(s, given, tangents), tangents)
        return self._output.flatten(pushed, "jvp must return")


def _observe_output(problem: Problem) -> tuple[Problem, "_Output"]:
    """Return what f returns, and the problem with JAX's arrays if f does not take NumPy's."""
    with keep_generator():
        problem, value = call_as_taken(problem, lambda problem: problem.call_f(*problem.arguments.copy()))
    return problem, _Output(value)


class _Output:
    """The output of f: its structure, and the arrays of floats in it."""

    def __init__(self, value: Any) -> None:
        accessors, leaves, self._structure = flatten_with_accessors(value)
        self.arrays = [np.asarray(leaf) for leaf in leaves]
        self.paths = ["f(...)" + accessor.codify("") for accessor in accessors]
        if not any(array.dtype.kind == "f" for array in self.arrays):
            kinds = ", ".join(str(array.dtype) for array in self.arrays) or "no array"
            raise ValueError(f"f must return an array of floats, or several; got {kinds}")

    def flatten(self, value: Any, must: str = "f must return, each time that it is called,") -> list[Any]:
        """Return the arrays of a value of the same structure; raises `ValueError` for another or for other shapes."""
        try:
            leaves: list[Any] = self._structure.flatten_up_to(value)
        except ValueError as error:
            raise ValueError(f"{must} the structure of f's output; got {type(value).__name__}") from error
        for path, leaf, array in zip(self.paths, leaves, self.arrays, strict=True):
            if array.dtype.kind == "f" and (leaf is None or np.shape(leaf) != array.shape):
                got = "None" if leaf is None else np.shape(leaf)
                raise ValueError(f"{must} an array of shape {array.shape} for {path}; got {got}")
        return leaves

    def rebuild(self, leaves: list[Any]) -> Any:
        """Return arrays in the structure of the output."""
        return self._structure.unflatten(leaves)


class _Vectors(NamedTuple):
    """What a product is judged with."""

    random: list[Any]
    opposite: list[Any]
    long: list[Any]
    long_opposite: list[Any]
    zero: list[Any]


def draw_vectors(arrays: Sequence[Any], seed: int, chosen: Sequence[bool] | None = None) -> _Vectors:
    """Draw random vectors in the shapes and types of these arrays, zeros where not chosen; `None` for integers."""
    random = np.random.default_rng(seed)
    factors = np.ones(len(arrays)) if chosen is None else np.array(chosen, dtype=float)

    def normal(length: float) -> list[Any]:
        return [
            (max(length, -(2.0 ** (np.finfo(x.dtype).maxexp // 2))) * factor * random.normal(size=x.shape)).astype(
                x.dtype
            )
            if x.dtype.kind == "f"
            else None
            for factor, x in zip(factors, arrays, strict=True)
        ]

    def turn(vectors: list[Any]) -> list[Any]:
        return [None if x is None else -x for x in vectors]

    vectors, long = normal(1.0), normal(_LONG)
    return _Vectors(vectors, turn(vectors), long, turn(long), normal(0.0))


def judge_linear(judge: Callable[[list[Any]], Report], vectors: _Vectors, name: str) -> Report:
    """Return the verdict for the first vector, unless a product that is right there is not linear."""
    report = judge(vectors.random)
    if report.verdict != Verdict.RIGHT:
        return report
    others = [(vectors.opposite, "opposite ones")]
    if report.arithmetic.leaves:  # both run on balls: floats may overflow for long vectors, and slopes see no zeros
        others += [(vectors.long, "long ones"), (vectors.long_opposite, "long ones"), (vectors.zero, "zeros")]
    for other, kind in others:
        again = judge(other)
        verdict = again.verdict if other is vectors.opposite else again.formula.verdict
        if verdict == Verdict.WRONG or (verdict == Verdict.UNDECIDED and other is vectors.opposite):
            reason = f"right for random {name} but not for {kind}, so not linear in them: {again.reason}"
            return replace(again, verdict=verdict, formula=replace(again.formula, verdict=verdict, reason=reason))
    return report


def _locate_wrong_entry(
    judge: Callable[[list[Any]], Report], claimed: list[Any], paths: list[str], seed: int
) -> Report:
    """Return the report on a whole product or, if that is wrong, on one entry of it that is."""
    random = np.random.default_rng(seed)
    weights = [_draw_reciprocals(x, random) for x in claimed]
    report = judge(weights)
    entries = [(k, index) for k, w in enumerate(weights) if w is not None for index in np.ndindex(w.shape)]
    if report.verdict != Verdict.WRONG:
        return _rename(report, paths[0])
    while len(entries) > 1:
        half = entries[: len(entries) // 2]
        wrong_there = judge(_keep_only(half, weights)).verdict == Verdict.WRONG
        entries = half if wrong_there else entries[len(entries) // 2 :]
    ((k, index),) = entries
    alone = judge(_keep_only(entries, [w if w is None else np.ones_like(w) for w in weights]))
    place = f"{paths[k]}{list(index)}" if index else paths[k]
    return _rename(alone, place) if alone.verdict == Verdict.WRONG else _rename(report, paths[0])


def _draw_reciprocals(x: Any, random: np.random.Generator) -> Any:
    """Draw numbers of about 1 / |x|, and about 1 where x is 0; `None` for integers."""
    if x.dtype.kind != "f":
        return None
    size = np.abs(x.astype(np.float64))
    with np.errstate(divide="ignore", over="ignore"):
        reciprocal = np.where((size > 0) & np.isfinite(1 / size), 1 / size, 1.0)
    return (reciprocal * (random.random(x.shape) + 0.5) * random.choice([-1.0, 1.0], x.shape)).astype(x.dtype)


def _keep_only(entries: Sequence[tuple[int, tuple[int, ...]]], weights: list[Any]) -> list[Any]:
    """Return the weights of these entries, and 0 for the others."""
    kept: list[Any] = [None if w is None else np.zeros_like(w) for w in weights]
    for k, index in entries:
        kept[k][index] = weights[k][index]
    return kept


def _dot(c: list[Any], leaves: list[Any]) -> Any:
    return sum((w * x).sum() for w, x in zip(c, leaves, strict=True) if w is not None)


def _name_parameters(function: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    """Return the function with these names of its parameters, by which the report calls them."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    function.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])  # type: ignore[attr-defined]
    return function


def _rename(report: Report, path: str) -> Report:
    """Return the report on a derivative by s as one on the entry of the product at that path."""
    leaves = tuple(replace(leaf, path=path) for leaf in report.formula.leaves)
    reason = leaves[0].finding or report.formula.reason
    formula = replace(report.formula, leaves=leaves, reason=reason)
    of_floats = tuple(replace(leaf, path=path) for leaf in report.arithmetic.leaves)
    reason = next((leaf.finding for leaf in of_floats if leaf.finding), report.arithmetic.reason)
    return replace(report, formula=formula, arithmetic=replace(report.arithmetic, leaves=of_floats, reason=reason))
