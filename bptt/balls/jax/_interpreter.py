"""JAX functions on balls: the jaxpr that JAX traces, evaluated one primitive after the other.

Whatever is a float in the jaxpr is an object array of balls here; integers and booleans are NumPy arrays, and NumPy
or JAX computes them. `PRIMITIVES` names all primitives that are known.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal

from bptt.balls._array import BallArray, MakeConstant, as_ball_array, cast_array, is_of_balls, make_constant_by
from bptt.balls._ball import Ball
from bptt.balls._context import CURRENT, change_context
from bptt.balls._rounded import leave_unbounded
from bptt.balls._source import locate_equation
from bptt.balls.jax._axes import require_one_device
from bptt.balls.jax._integers import compute_integers, is_of_integers
from bptt.balls.jax._positions import Positions, UnknownPrimitiveError, find_targets, find_windows, is_plain_update
from bptt.balls.jax._rules import ON_ANY_OPERANDS, ON_ARRAYS, RULES
from bptt.balls.jax._steps import find_function_of_bits

_MOST_TURNS = 100_000  # of a while loop


class Evaluation:
    """One evaluation of a jaxpr on one kind of ball."""

    def __init__(self, constant: MakeConstant) -> None:
        self.constant = constant

    def run(self, closed: Any, inputs: Sequence[Any]) -> list[Any]:
        """Return the outputs of a jaxpr for these inputs."""
        jaxpr, constants = (closed.jaxpr, closed.consts) if isinstance(closed, ClosedJaxpr) else (closed, ())
        known: dict[Any, Any] = {}

        def value(atom: Any) -> Any:
            if not isinstance(atom, Literal):
                return known[atom]
            aval: Any = atom.aval
            return self.to_balls(atom.val, aval.dtype)

        for variable, given in zip(jaxpr.constvars, constants, strict=True):
            known[variable] = self.to_balls(given, variable.aval.dtype)
        known.update(zip(jaxpr.invars, inputs, strict=True))
        for equation in jaxpr.eqns:
            results = self.apply(equation, [value(atom) for atom in equation.invars])
            known.update(zip(equation.outvars, results, strict=True))
        return [value(atom) for atom in jaxpr.outvars]

    def apply(self, equation: Any, operands: list[Any]) -> list[Any]:
        """Return the results of one equation."""
        name = equation.primitive.name
        of_bits = find_function_of_bits(equation) is not None and any(map(is_of_balls, operands))
        if name in _HIGHER_ORDER and not of_bits:
            return _HIGHER_ORDER[name](self, equation, operands)
        return self.apply_rule(equation, operands)

    def apply_rule(self, equation: Any, operands: list[Any]) -> list[Any]:
        """Return the results of an equation that holds no other one; its places are noted if anybody records them."""
        if CURRENT.context.origins is None:
            return self._bind(equation, operands)
        frames = equation.source_info.traceback.frames
        places = locate_equation(equation, ((frame.file_name, frame.line_num) for frame in frames))
        with change_context(equation_places=places):
            return self._bind(equation, operands)

    def _bind(self, equation: Any, operands: list[Any]) -> list[Any]:
        name = equation.primitive.name
        if not _has_rule_for(name, operands) and is_of_integers(equation, operands):
            results = [compute_integers(equation, operands)]
        elif not _has_rule_for(name, operands):
            results = equation.primitive.bind(*operands, **equation.params)
            results = results if equation.primitive.multiple_results else [results]
        elif rule := find_function_of_bits(equation) or RULES.get(name):
            results = rule(equation, *operands)
            results = results if equation.primitive.multiple_results else [results]
        else:
            raise UnknownPrimitiveError(f"JAX's primitive {name!r} has no rule for balls")
        return [self.to_balls(x, var.aval.dtype) for x, var in zip(results, equation.outvars, strict=True)]

    def to_balls(self, given: Any, dtype: Any) -> Any:
        """Return floats as balls; integers, booleans and keys as they are."""
        if not jax.numpy.issubdtype(dtype, np.inexact):
            return given if jax.numpy.issubdtype(dtype, jax.dtypes.extended) else np.asarray(given)
        dtype = jax.dtypes.canonicalize_dtype(dtype)  # a NumPy constant may stand in a jaxpr of 32 bits as a float64
        numbers = as_array(given) if isinstance(given, Ball) else np.asarray(given)
        if not is_of_balls(numbers):
            numbers = numbers.astype(dtype)
        flat = numbers.view(np.ndarray).reshape(-1).tolist()
        if all(isinstance(number, Ball) for number in flat):
            return as_ball_array(numbers)
        made = np.empty(len(flat), dtype=object)
        made[:] = [
            number if isinstance(number, Ball) else make_constant_by(self.constant, number, dtype) for number in flat
        ]
        return as_ball_array(made.reshape(numbers.shape))


def _has_rule_for(name: str, operands: Sequence[Any]) -> bool:
    """Whether a rule, and not JAX, has to run a primitive on these operands."""
    if name in ON_ANY_OPERANDS or any(map(is_of_balls, operands)):
        return True
    return name in ON_ARRAYS and all(isinstance(x, np.ndarray) for x in operands)  # which JAX's random keys are not


def as_array(balls: Any) -> Any:
    """Return a bare ball as an array without axes; anything else as it is."""
    if not isinstance(balls, Ball):
        return balls
    array = np.empty((), dtype=object)
    array[()] = balls
    return array.view(BallArray)


# Equations that hold others


def _run_inner(evaluation: Evaluation, equation: Any, operands: list[Any]) -> list[Any]:
    closed = next(equation.params[name] for name in ("jaxpr", "call_jaxpr", "call") if name in equation.params)
    return evaluation.run(closed, operands)


def _convert(evaluation: Evaluation, equation: Any, operands: list[Any]) -> list[Any]:
    """Store floats in another float type, which is no part of the formula."""
    (x,) = operands
    dtype = equation.params["new_dtype"]
    if not is_of_balls(x) or not jax.numpy.issubdtype(dtype, np.inexact):
        return evaluation.apply_rule(equation, operands)
    return [cast_array(x if jax.numpy.issubdtype(dtype, np.complexfloating) else x.real, dtype)]


def _run_scan(evaluation: Evaluation, equation: Any, operands: list[Any]) -> list[Any]:
    params = equation.params
    n, n_carry, length = params["num_consts"], params["num_carry"], params["length"]
    constants, carry, sequences = operands[:n], operands[n : n + n_carry], operands[n + n_carry :]
    steps = range(length)
    rows: list[list[Any]] = []
    for t in reversed(steps) if params["reverse"] else steps:
        results = evaluation.run(params["jaxpr"], [*constants, *carry, *(as_array(xs[t]) for xs in sequences)])
        carry = results[:n_carry]
        rows.append(results[n_carry:])
    if params["reverse"]:
        rows.reverse()
    stacked = [
        as_ball_array(np.stack([row[k] for row in rows]))
        if rows
        else evaluation.to_balls(np.zeros(var.aval.shape), var.aval.dtype)
        for k, var in enumerate(equation.outvars[n_carry:])
    ]
    return [*carry, *stacked]


def _run_while(evaluation: Evaluation, equation: Any, operands: list[Any]) -> list[Any]:
    """Run a loop. Under `vmap` its condition is an array: what it is false for stays until all of it is."""
    params = equation.params
    n, m = params["cond_nconsts"], params["body_nconsts"]
    of_condition, of_body, carry = operands[:n], operands[n : n + m], operands[n + m :]
    for _ in range(_MOST_TURNS):
        (goes_on,) = evaluation.run(params["cond_jaxpr"], [*of_condition, *carry])
        if not goes_on.any():
            return carry
        after = evaluation.run(params["body_jaxpr"], [*of_body, *carry])
        carry = [_select(goes_on, new, old) for new, old in zip(after, carry, strict=True)] if goes_on.ndim else after
    raise UnknownPrimitiveError(f"JAX's primitive 'while' was not done after {_MOST_TURNS} turns")


def _select(which: Any, new: Any, old: Any) -> Any:
    """Take the new rows where that holds, and the old ones elsewhere."""
    where = np.where if is_of_balls(new) else jax.numpy.where  # which knows random keys, too
    return where(which.reshape(which.shape + (1,) * (new.ndim - which.ndim)), new, old)


def _run_branch(evaluation: Evaluation, equation: Any, operands: list[Any]) -> list[Any]:
    branches = equation.params["branches"]
    n = min(max(int(operands[0]), 0), len(branches) - 1)
    return evaluation.run(branches[n], operands[1:])


def _solve(evaluation: Evaluation, equation: Any, operands: list[Any]) -> list[Any]:
    """Solve a linear system as its solver does, by whatever that computes."""
    lengths, jaxprs = equation.params["const_lengths"], equation.params["jaxprs"]
    first = lengths.matvec + lengths.vecmat
    right_sides = operands[sum(lengths) :]
    return evaluation.run(jaxprs.solve, [*operands[first : first + lengths.solve], *right_sides])


def _run_on_one_device(evaluation: Evaluation, equation: Any, operands: list[Any]) -> list[Any]:
    require_one_device(equation)
    return evaluation.run(equation.params["jaxpr"], operands)


def _scatter(evaluation: Evaluation, equation: Any, operands: list[Any]) -> list[Any]:
    """Put updates where the indices say, or what a function makes of the elements there."""
    if is_plain_update(equation) or not is_of_balls(operands[0]):
        return evaluation.apply_rule(equation, operands)
    x, indices, updates = operands
    update = ClosedJaxpr(equation.params["update_jaxpr"], equation.params["update_consts"])
    result = x.reshape(-1).copy()
    for target, given in zip(find_targets(equation, x.shape, indices, updates), updates.reshape(-1), strict=True):
        if target:
            (made,) = evaluation.run(update, [as_array(result[target - 1]), as_array(given)])
            result[target - 1] = made[()]
    return [result.reshape(x.shape)]


def _reduce(evaluation: Evaluation, equation: Any, operands: list[Any]) -> list[Any]:
    """Reduce axes by a function of the caller's."""
    if not any(map(is_of_balls, operands)):
        return evaluation.apply_rule(equation, operands)
    axes, shape = equation.params["dimensions"], operands[0].shape
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    positions = np.arange(1, 1 + operands[0].size).reshape(shape).transpose([*kept, *axes])
    windows = positions.reshape(*(shape[axis] for axis in kept), -1)
    return _fold(evaluation, equation.params["jaxpr"], windows, operands)


def _reduce_windows(evaluation: Evaluation, equation: Any, operands: list[Any]) -> list[Any]:
    params = equation.params
    if not any(map(is_of_balls, operands)):
        return evaluation.apply_rule(equation, operands)
    windows = find_windows(operands[0].shape, params)
    return _fold(evaluation, ClosedJaxpr(params["jaxpr"], params["consts"]), windows, operands)


def _fold(evaluation: Evaluation, jaxpr: Any, windows: Positions, operands: list[Any]) -> list[Any]:
    """Combine the elements at these positions, after the initial values, which are the padding, too.

    XLA combines them in an order of its own, so that the rounding error has no bound.
    """
    arrays, initial = operands[: len(operands) // 2], operands[len(operands) // 2 :]
    pools = [np.concatenate([start.reshape(1), x.reshape(-1)]) for start, x in zip(initial, arrays, strict=True)]
    made = [np.empty(windows.shape[:-1], dtype=pool.dtype if not is_of_balls(pool) else object) for pool in pools]
    for place in np.ndindex(windows.shape[:-1]):
        results = list(initial)
        for n in windows[place]:
            results = evaluation.run(jaxpr, [*results, *(as_array(pool[n]) for pool in pools)])
        for array, result in zip(made, results, strict=True):
            array[place] = leave_unbounded(result[()])
    return [as_ball_array(array) for array in made]


_HIGHER_ORDER: dict[str, Callable[[Evaluation, Any, list[Any]], list[Any]]] = {
    **dict.fromkeys(("jit", "pjit", "closed_call", "core_call", "remat", "remat2", "checkpoint"), _run_inner),
    **dict.fromkeys(("custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr", "custom_vmap_call"), _run_inner),
    "composite": _run_inner,
    "custom_linear_solve": _solve,
    "reduce": _reduce,
    "reduce_window": _reduce_windows,
    "scatter": _scatter,
    "shard_map": _run_on_one_device,
    "convert_element_type": _convert,
    "scan": _run_scan,
    "while": _run_while,
    "cond": _run_branch,
}

PRIMITIVES = sorted({*RULES, *_HIGHER_ORDER})
