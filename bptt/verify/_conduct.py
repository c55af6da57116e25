"""What is seen when f and the gradient run on the floats that were given: their results, and how they behave."""

import contextlib
import sys
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bptt.verify._execution import Function, scalar
from bptt.verify._problem import FlatArguments

Floats = npt.NDArray[np.floating[Any]]


class Observed(NamedTuple):
    """One call of f and one of the gradient."""

    value: Any  # of f
    gradient: list[Floats]  # by each leaf; empty for a leaf that is not differentiated
    findings: tuple[str, ...]  # what a caller would not expect, a sentence each


def observe(f: Function, gradient: Function, arguments: FlatArguments) -> Observed:
    """Call f and the gradient on copies of the arguments. Raises what they and `FlatArguments.match` do."""
    with np.errstate(all="ignore"):
        given = arguments.copies()
        value = scalar(f(*given))
        findings = _changed("f", arguments, given)
        given = arguments.copies()
        claims = arguments.match(gradient(*given))
        findings += _changed("gradient", arguments, given)
    return Observed(value, [_as_floats(leaf) for leaf in claims], (*findings, *_of_other_types(arguments, claims)))


def observe_as_needed(f: Function, gradient: Function, arguments: FlatArguments) -> tuple[FlatArguments, Observed]:
    """The same, with JAX's arrays in the place of NumPy's where those are needed; and the arguments that were."""
    try:
        return arguments, observe(f, gradient, arguments)
    except (AttributeError, TypeError) as error:
        if "jax" not in sys.modules:
            raise
        of_jax = arguments.as_jax()  # x.at[0].set(1), or x[i] in a loop, wants arrays of JAX's
        try:
            return of_jax, observe(f, gradient, of_jax)
        except (AttributeError, TypeError):
            raise error from None


def other_on_second_call(gradient: Function, arguments: FlatArguments, first: list[Floats]) -> list[str]:
    """The leaves by which a second call of the gradient returns something else."""
    with np.errstate(all="ignore"):
        second = arguments.match(gradient(*arguments.copies()))
    return [
        leaf.path
        for leaf, a, b in zip(arguments.leaves, first, second, strict=True)
        if leaf.differentiable and not np.array_equal(a, _as_floats(b), equal_nan=True)
    ]


def jittered(x: npt.NDArray[Any], random: np.random.Generator) -> npt.NDArray[Any]:
    """The array, the last two bits of each float drawn at random; one of integers as it is."""
    if x.dtype.kind != "f":
        return x
    bits = f"i{x.dtype.itemsize}"
    moved: npt.NDArray[Any] = (np.ascontiguousarray(x).view(bits) ^ random.integers(0, 4, x.shape, np.int8)).view(
        x.dtype
    )
    return moved.reshape(x.shape)


def run_again(f: Function, gradient: Function, arguments: FlatArguments) -> None:
    """Call both once more on floats, so that what they keep between calls is no balls."""
    with np.errstate(all="ignore"), contextlib.suppress(Exception):
        f(*arguments.copies())
        gradient(*arguments.copies())


def _as_floats(claims: npt.NDArray[Any]) -> Floats:
    """A copy: a gradient may return the buffer that its next call fills."""
    floats: Floats = claims.astype(claims.dtype if claims.dtype.kind == "f" else np.float64)
    return floats


def _changed(name: str, arguments: FlatArguments, given: Any) -> list[str]:
    try:
        after = arguments.flatten(given)
    except ValueError:
        return [f"{name} changes the structure of its arguments"]
    changed = [
        leaf.path
        for leaf, now in zip(arguments.leaves, after, strict=True)
        if not np.array_equal(leaf.values, np.asarray(now))
    ]
    return [f"{name} changes its argument {', '.join(changed)}"] if changed else []


def _of_other_types(arguments: FlatArguments, gradient: list[npt.NDArray[Any]]) -> list[str]:
    return [
        f"the gradient by {leaf.path} is {claims.dtype}; {leaf.path} is {leaf.values.dtype}"
        for leaf, claims in zip(arguments.leaves, gradient, strict=True)
        if leaf.differentiable and hasattr(leaf.given, "dtype") and claims.dtype.kind == "f"
        if claims.dtype != leaf.values.dtype
    ]
