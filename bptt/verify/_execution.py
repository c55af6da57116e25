"""Running a user's f and rule on the floats that were given, to see what they return and how they behave."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from bptt.verify._ball_function import OfJax
from bptt.verify._ball_run import BallRun
from bptt.verify._float_run import FloatRun
from bptt.verify._problem import Arguments, Floats, Problem
from bptt.verify._pytrees import get_values, holds_arrays_of_jax
from bptt.verify._returned import Claims, find_type_within, require_scalar
from bptt.verify.closed_over import find_state

_T = TypeVar("_T")


class Observed(NamedTuple):
    """What one call of f and one of the rule returned on the floats that were given."""

    value: Any  # of f
    is_of_jax: bool  # the value of f is
    gradient: list[Floats]  # by each leaf; empty for a leaf that is not differentiated
    notes: tuple[str, ...]  # what a caller would not expect, a sentence each
    on_balls: BallRun  # both, ready to be run on balls
    on_floats: FloatRun  # both, to be called at this point and others
    coarsest: Any  # `np.finfo` of the shortest float type among the arguments and what was returned


@contextlib.contextmanager
def keep_generator() -> Iterator[None]:
    """Put NumPy's generator back afterwards."""
    before = np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def call_as_taken(problem: Problem, call: Callable[[Problem], _T]) -> tuple[Problem, _T]:
    """Call with the problem or, if what is called does not take NumPy's arrays, with JAX's; return which, too.

    Raises what it raises with NumPy's.
    """
    try:
        return problem, call(problem)
    except (AttributeError, TypeError) as error:
        if not _wants_arrays_of_jax(error):
            raise
        of_jax = replace(problem, arguments=problem.arguments.convert_to_jax())
        try:
            return of_jax, call(of_jax)
        except (AttributeError, TypeError):
            raise error from None


def _wants_arrays_of_jax(error: Exception) -> bool:
    """Whether NumPy's arrays may be the reason: x.at[0].set(1), or x[i] where JAX traces i."""
    if "jax" not in sys.modules:
        return False
    errors = sys.modules["jax"].errors
    indexing = errors.TracerArrayConversionError, errors.TracerIntegerConversionError
    return isinstance(error, (AttributeError, *indexing))


def observe(problem: Problem) -> tuple[Problem, Observed]:
    """Call f and the rule on copies of the arguments; the problem has JAX's arrays if they do not take NumPy's.

    Raises what they and `Arguments.match` do.
    """
    return call_as_taken(problem, _observe_as_given)


def _observe_as_given(problem: Problem) -> Observed:
    """Call both as their caller would, whose settings of warnings and errors are in force."""
    arguments = problem.arguments
    state = find_state(*problem.functions)
    on_floats = FloatRun(problem)
    given = arguments.copy()
    returned = on_floats.call_f(*given)
    value = require_scalar(returned)
    notes = _note_changes("f", arguments, given)
    given = arguments.copy()
    gradient = on_floats.call_rule(*given)
    claims = arguments.match(gradient)
    notes += _note_changes("gradient", arguments, given)
    notes += _note_other_types(arguments, claims, value)
    of_jax = (
        OfJax(holds_arrays_of_jax(returned), on_floats.call_f.is_compiled),
        OfJax(holds_arrays_of_jax(gradient), on_floats.call_rule.is_compiled),
    )
    run = BallRun(problem, state, keeps_values=state.has_changed(), of_jax=of_jax)
    floats = [_copy_as_floats(leaf) for leaf in claims]
    coarsest = _find_coarsest(arguments, value, floats)
    return Observed(value, of_jax[0].returned, floats, tuple(notes), run, on_floats, coarsest)


def _find_coarsest(arguments: Arguments, value: Any, gradient: list[Floats]) -> Any:
    """Return the float type that shows the least: JAX computes in float32, say, what it is given as float64."""
    returned = [gradient[n] for n, _ in arguments.differentiable if gradient[n].size]
    returned += [np.asarray(value)] if isinstance(value, (float, np.floating)) else []
    types = [*arguments.float_types, *(np.finfo(find_type_within(floats)) for floats in returned)]
    return max(types, key=lambda of_type: float(of_type.eps))


def find_unsteady_leaves(problem: Problem, observed: Observed) -> list[str]:
    """Return the leaves by which a second call of the rule returns something else."""
    arguments = problem.arguments
    with np.errstate(all="ignore"):
        second = arguments.match(observed.on_floats.call_rule(*arguments.copy(), anew=True))
    return [
        leaf.path
        for n, leaf in arguments.differentiable
        if not np.array_equal(observed.gradient[n], _copy_as_floats(second[n]), equal_nan=True)
    ]


def jitter(x: npt.NDArray[Any], random: np.random.Generator, coarsest: Any) -> npt.NDArray[Any]:
    """Return the array with the last two bits of each float drawn at random; one of integers as it is.

    The bits are those of its own type, or of the coarsest if that is shorter.
    """
    if x.dtype.kind != "f":
        return x
    short = np.ascontiguousarray(x, min(x.dtype, coarsest.dtype, key=lambda dtype: dtype.itemsize))
    moved = short.view(f"i{short.itemsize}") ^ random.integers(0, 4, x.shape, np.int8)
    return moved.view(short.dtype).reshape(x.shape).astype(x.dtype, copy=False)


def call_rule_at(problem: Problem, observed: Observed, values: list[npt.NDArray[Any]]) -> list[Claims]:
    """Return the gradient at other values, after f has been called there: a backward pass may use what f kept."""
    arguments, run = problem.arguments, observed.on_floats
    run.call_f(*arguments.place(values))
    return arguments.match(run.call_rule(*arguments.place(values)))


def _copy_as_floats(claims: Claims) -> Floats:
    """Return a copy: a rule may return the buffer that its next call fills."""
    return claims.astype(claims.dtype if claims.dtype.kind == "f" else np.float64)


def _note_changes(name: str, arguments: Arguments, given: Any) -> list[str]:
    try:
        after = arguments.flatten(given)
    except ValueError:
        return [f"{name} changes the structure of its arguments"]
    changed = [
        leaf.path
        for leaf, now in zip(arguments.leaves, after, strict=True)
        if not np.array_equal(leaf.values, get_values(now))
    ]
    return [f"{name} changes its argument {', '.join(changed)}"] if changed else []


def _note_other_types(arguments: Arguments, gradient: list[Claims], value: Any) -> list[str]:
    """Say which gradients are of another float type than what they are by, unless f is computed in that shorter one."""
    of_f = getattr(value, "dtype", None)
    return [
        f"the gradient by {leaf.path} is {gradient[n].dtype}; {leaf.path} is {leaf.values.dtype}"
        for n, leaf in arguments.differentiable
        if hasattr(leaf.given, "dtype") and gradient[n].dtype.kind == "f" and gradient[n].dtype != leaf.values.dtype
        if gradient[n].dtype.itemsize > leaf.values.dtype.itemsize or gradient[n].dtype != of_f
    ]
