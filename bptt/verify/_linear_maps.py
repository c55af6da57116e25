"""Vector-Jacobian and Jacobian-vector products of functions whose output is an array, or several of them.

Both are judged as the gradient of a scalar function:

    vjp    of ⟨c, f(x)⟩ by x, for a random cotangent c
    jvp    of ⟨c, f(x + s v)⟩ by s at s = 0, for a random tangent v; c is about 1 / |entry of the product|, so that no
           entry hides behind a larger one

A product is linear: it is judged for one random vector, for another a million million times as long, which a product
that is clipped does not bear, and for zero.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import optree

from bptt.verify._interface import check_gradient, require_right
from bptt.verify._message import explain
from bptt.verify._problem import FlatArguments
from bptt.verify._report import ReferenceKind, Report
from bptt.verify._reproduction import snippet
from bptt.verify._seeding import checked_seed, computing, seeded

_LONG = -(2.0**40)
_MOST_STEPS = 20  # of an output, each of which is given a cotangent of its own


def check_vjp(
    f: Callable[..., Any],
    vjp: Callable[..., Any],
    arguments: tuple[Any, ...],
    *,
    wrt: str | Sequence[str] | None = None,
    reference: ReferenceKind | None = None,
    seed: int | None = None,
) -> Report:
    """Judge a hand-written vector-Jacobian product, the backward pass of a layer, at one point.

    `f(*arguments)` is an array, or a tuple, list or dict of arrays, and `vjp(*arguments, cotangent)` the gradient by
    each argument of Σ cotangent · f, in the form that `check_gradient` describes; the cotangent has the structure of
    f's output, with `None` for integers. The other arguments, and what is raised, are those of `check_gradient`; the
    cotangents are drawn from `seed`.
    """
    product = _Pullback(f, vjp, arguments, wrt, reference, checked_seed(seed))
    return _linear(product.judged, product.cotangents, "cotangents")


def check_jvp(
    f: Callable[..., Any],
    jvp: Callable[[tuple[Any, ...], tuple[Any, ...]], Any],
    arguments: tuple[Any, ...],
    *,
    wrt: str | Sequence[str] | None = None,
    reference: ReferenceKind | None = None,
    seed: int | None = None,
) -> Report:
    """Judge a hand-written Jacobian-vector product, a forward-mode rule, at one point.

    `f(*arguments)` is an array, or a tuple, list or dict of arrays, and `jvp(arguments, tangents)` its derivative along
    `tangents`, of the same structure. The tangents have the structure of the arguments, with zeros for those that `wrt`
    does not name and `None` for integers. The other arguments, and what is raised, are those of `check_gradient`.
    """
    seed = checked_seed(seed)
    flat = FlatArguments(f, arguments, wrt)
    output = _Output(seeded(f, seed), flat)

    def moved(s: Any, given: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, ...]:
        pairs = zip(flat.flatten(given), flat.flatten(tangents), strict=True)
        return tuple(flat.rebuild([x if v is None else x + s * v for x, v in pairs]))

    def product(s: Any, given: tuple[Any, ...], tangents: tuple[Any, ...]) -> list[Any]:
        return output.leaves_of(jvp(moved(s, given, tangents), tangents), "jvp must return")

    def judged(vector: list[Any]) -> Report:
        tangents = tuple(flat.rebuild(vector))

        def along(c: list[Any]) -> Report:
            return check_gradient(
                lambda s, given, tangents: _dot(c, output.leaves_of(f(*moved(s, given, tangents)))),
                lambda s, given, tangents: _dot(c, product(s, given, tangents)),
                (0.0, arguments, tangents),
                wrt="s",
                reference=reference,
                seed=seed,
            )

        with computing(flat), np.errstate(all="ignore"):
            claimed = [np.asarray(x) for x in product(0.0, tuple(flat.copies()), tangents)]
        return _located(along, claimed, output.paths, seed)

    vectors = _vectors([leaf.values for leaf in flat.leaves], seed, [leaf.chosen for leaf in flat.leaves])
    return _linear(judged, vectors, "tangents")


def assert_vjp(
    f: Callable[..., Any],
    vjp: Callable[..., Any],
    arguments: tuple[Any, ...],
    *,
    wrt: str | Sequence[str] | None = None,
    reference: ReferenceKind | None = None,
    seed: int | None = None,
) -> None:
    """Raise `GradientMismatch` or `GradientUndecided` unless `check_vjp` finds it right.

    The message tells for the cotangents of which indices along the first axis of an output, time say, it is wrong.
    """
    __tracebackhide__ = True
    report = check_vjp(f, vjp, arguments, wrt=wrt, reference=reference, seed=seed)
    require_right(report, lambda: _Pullback(f, vjp, arguments, wrt, reference, checked_seed(seed)).explained(report))


def assert_jvp(f: Callable[..., Any], jvp: Callable[..., Any], arguments: tuple[Any, ...], **options: Any) -> None:
    """Raise `GradientMismatch` or `GradientUndecided` unless `check_jvp` finds it right."""
    __tracebackhide__ = True
    report = check_jvp(f, jvp, arguments, **options)
    require_right(report, lambda: f"wrong: {report.reason}\nseed {report.seed}")


class _Pullback:
    """A vjp as the gradient of ⟨cotangent, f⟩, for cotangents that are still to be chosen."""

    def __init__(
        self,
        f: Callable[..., Any],
        vjp: Callable[..., Any],
        arguments: tuple[Any, ...],
        wrt: str | Sequence[str] | None,
        reference: ReferenceKind | None,
        seed: int,
    ) -> None:
        flat = FlatArguments(f, arguments, wrt)
        self.output = output = _Output(seeded(f, seed), flat)
        self.cotangents = _vectors(output.arrays, seed)
        names = [*flat.names, "cotangent" if "cotangent" not in flat.names else "cotangent_of_f"]
        self._wrt = wrt if wrt is not None else names[0] if len(arguments) == 1 else tuple(flat.names)
        self._f, self._vjp, self._arguments = f, vjp, arguments
        self._reference: ReferenceKind | None = reference
        self._seed = seed

        def contracted(*given: Any) -> Any:
            return _dot(output.leaves_of(given[-1]), output.leaves_of(f(*given[:-1])))

        self._contracted = _named(contracted, names)

    def judged(self, cotangent: list[Any]) -> Report:
        """The report for these cotangents."""
        given = (*self._arguments, self.output.rebuild(cotangent))
        options: dict[str, Any] = {"wrt": self._wrt, "reference": self._reference, "seed": self._seed}
        return check_gradient(self._contracted, self._vjp, given, **options)

    def explained(self, report: Report) -> str:
        """What to say of a vjp that is wrong."""
        random = self.judged(self.cotangents.random)
        if random.verdict != "wrong":
            return f"wrong: {report.reason}\nseed {report.seed}"
        given = (*self._arguments, self.output.rebuild(self.cotangents.random))
        flat = FlatArguments(self._contracted, given, self._wrt)
        options = {"wrt": self._wrt, "reference": self._reference, "seed": self._seed or None}
        lines = snippet("assert_vjp", self._f, self._vjp, self._arguments, options)
        return explain(random, self._contracted, self._vjp, flat, lines, self._steps())

    def _steps(self) -> list[str]:
        """For the cotangents of which indices it is wrong, each of them alone; for each output that has some."""
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
        return self.judged(cotangent).verdict == "wrong"


class _Output:
    """The output of f: its structure, and the arrays of floats in it."""

    def __init__(self, f: Callable[..., Any], flat: FlatArguments) -> None:
        with computing(flat), np.errstate(all="ignore"):
            value = f(*flat.copies())
        accessors, leaves, self._structure = optree.tree_flatten_with_accessor(value)
        self.arrays = [np.asarray(leaf) for leaf in leaves]
        self.paths = ["f(...)" + accessor.codify("") for accessor in accessors]
        if not any(array.dtype.kind == "f" for array in self.arrays):
            kinds = ", ".join(str(array.dtype) for array in self.arrays) or "no array"
            raise ValueError(f"f must return an array of floats, or several; got {kinds}")

    def leaves_of(self, value: Any, must: str = "f must return, each time that it is called,") -> list[Any]:
        """The arrays of a value of the same structure; raises `ValueError` for another one or for other shapes."""
        try:
            leaves: list[Any] = self._structure.flatten_up_to(value)
        except ValueError as error:
            raise ValueError(f"{must} the structure of f's output; got {type(value).__name__}") from error
        for path, leaf, array in zip(self.paths, leaves, self.arrays, strict=True):
            if array.dtype.kind == "f" and leaf is not None and np.shape(leaf) != array.shape:
                raise ValueError(f"{must} an array of shape {array.shape} for {path}; got {np.shape(leaf)}")
        return leaves

    def rebuild(self, leaves: list[Any]) -> Any:
        """Arrays in the structure of the output."""
        return self._structure.unflatten(leaves)


class _Vectors(NamedTuple):
    """What a product is judged with."""

    random: list[Any]
    long: list[Any]
    zero: list[Any]


def _vectors(arrays: Sequence[Any], seed: int, chosen: Sequence[bool] | None = None) -> _Vectors:
    """Random vectors in the shapes and types of these arrays, zeros where not chosen; `None` for integers."""
    random = np.random.default_rng(seed)
    factors = np.ones(len(arrays)) if chosen is None else np.array(chosen, dtype=float)

    def normal(length: float) -> list[Any]:
        return [
            (length * factor * random.normal(size=x.shape)).astype(x.dtype) if x.dtype.kind == "f" else None
            for factor, x in zip(factors, arrays, strict=True)
        ]

    return _Vectors(normal(1.0), normal(_LONG), normal(0.0))


def _linear(judged: Callable[[list[Any]], Report], vectors: _Vectors, name: str) -> Report:
    """The verdict for the first vector, unless a product that is right there is not linear."""
    report = judged(vectors.random)
    if report.verdict != "right":
        return report
    for other, kind in ((vectors.long, "long ones"), (vectors.zero, "zeros")):
        again = judged(other)
        if again.verdict != "right":
            reason = f"right for random {name} but not for {kind}, so not linear in them: {again.reason}"
            return replace(again, formula=replace(again.formula, verdict=again.verdict, reason=reason))
    return report


def _located(along: Callable[[list[Any]], Report], claimed: list[Any], paths: list[str], seed: int) -> Report:
    """The report on a whole product or, if that is wrong, on one entry of it that is."""
    random = np.random.default_rng(seed)
    weights = [_reciprocal(x, random) for x in claimed]
    report = along(weights)
    entries = [(k, index) for k, w in enumerate(weights) if w is not None for index in np.ndindex(w.shape)]
    if report.verdict != "wrong":
        return _renamed(report, paths[0])
    while len(entries) > 1:
        half = entries[: len(entries) // 2]
        wrong_there = along(_only(half, weights)).verdict == "wrong"
        entries = half if wrong_there else entries[len(entries) // 2 :]
    ((k, index),) = entries
    alone = along(_only(entries, [w if w is None else np.ones_like(w) for w in weights]))
    place = f"{paths[k]}{list(index)}" if index else paths[k]
    return _renamed(alone, place) if alone.verdict == "wrong" else _renamed(report, paths[0])


def _reciprocal(x: Any, random: np.random.Generator) -> Any:
    """About 1 / |x|, and about 1 where x is 0; `None` for integers."""
    if x.dtype.kind != "f":
        return None
    size = np.abs(x.astype(np.float64))
    with np.errstate(divide="ignore", over="ignore"):
        reciprocal = np.where((size > 0) & np.isfinite(1 / size), 1 / size, 1.0)
    return (reciprocal * (random.random(x.shape) + 0.5) * random.choice([-1.0, 1.0], x.shape)).astype(x.dtype)


def _only(entries: Sequence[tuple[int, tuple[int, ...]]], weights: list[Any]) -> list[Any]:
    """The weights of these entries, and 0 for the others."""
    kept: list[Any] = [None if w is None else np.zeros_like(w) for w in weights]
    for k, index in entries:
        kept[k][index] = weights[k][index]
    return kept


def _dot(c: list[Any], leaves: list[Any]) -> Any:
    return sum((w * x).sum() for w, x in zip(c, leaves, strict=True) if w is not None)


def _named(function: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    """The function with these names of its parameters, by which the report calls them."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    valid = [name if name.isidentifier() else f"argument_{n}" for n, name in enumerate(names)]
    function.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in valid])  # type: ignore[attr-defined]
    return function


def _renamed(report: Report, path: str) -> Report:
    """The report on a derivative by s as one on the entry of the product at that path."""
    leaves = tuple(replace(leaf, path=path) for leaf in report.formula.leaves)
    reason = leaves[0].finding or report.formula.reason
    formula = replace(report.formula, leaves=leaves, reason=reason)
    of_floats = tuple(replace(leaf, path=path) for leaf in report.arithmetic.leaves)
    reason = next((leaf.finding for leaf in of_floats if leaf.finding), report.arithmetic.reason)
    return replace(report, formula=formula, arithmetic=replace(report.arithmetic, leaves=of_floats, reason=reason))
