"""JAX functions on balls: the jaxpr that JAX traces, evaluated one primitive after the other.

Whatever is a float in the jaxpr is an object array of balls here; integers and booleans are NumPy arrays, and JAX
computes them. `PRIMITIVES` names all primitives that are known.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal

from bptt.balls._array import BallArray, Constant, ball_array, held
from bptt.balls._ball import Ball
from bptt.balls._jax_rules import RULES, WITHOUT_RESULT, UnknownPrimitiveError, is_of_balls
from bptt.balls._reverse import remembers_origins
from bptt.balls._rounded import Rounded
from bptt.balls._source import evaluating

_MOST_TURNS = 100_000  # of a while loop


def traced(function: Callable[..., Any], leaves: Sequence[Any]) -> Callable[[Sequence[Any], Constant], Any]:
    """The function of these leaves as one of balls, and of how a number that stands in it becomes one.

    Raises what JAX raises for a function that it cannot trace.
    """
    is_float = [np.asarray(leaf).dtype.kind == "f" for leaf in leaves]

    def of_floats(*floats: Any) -> Any:
        remaining = iter(floats)
        return function(*(next(remaining) if by else leaf for by, leaf in zip(is_float, leaves, strict=True)))

    floats = [leaf for by, leaf in zip(is_float, leaves, strict=True) if by]
    closed, shapes = jax.make_jaxpr(of_floats, return_shape=True)(*floats)
    structure = jax.tree.structure(shapes)

    types = {np.asarray(leaf).dtype for leaf in floats}

    def on_balls(balls: Sequence[Any], constant: Constant) -> Any:
        inputs = [_array(leaf) for by, leaf in zip(is_float, balls, strict=True) if by]
        outputs = _Evaluation(constant, types).run(closed, inputs)
        return jax.tree.unflatten(structure, [output[()] for output in outputs])

    return on_balls


def double_precision() -> Any:
    """JAX with 64-bit floats, as a context."""
    return jax.enable_x64(True)


class _Evaluation:
    """One evaluation of a jaxpr on one kind of ball."""

    def __init__(self, constant: Constant, types: set[Any]) -> None:
        self.constant = constant
        self.types = types  # of the floats among the arguments

    def run(self, closed: Any, inputs: Sequence[Any]) -> list[Any]:
        """The outputs of a jaxpr for these inputs."""
        jaxpr, constants = (closed.jaxpr, closed.consts) if isinstance(closed, ClosedJaxpr) else (closed, ())
        known: dict[Any, Any] = {}

        def value(atom: Any) -> Any:
            if not isinstance(atom, Literal):
                return known[atom]
            aval: Any = atom.aval
            return self.balls(atom.val, aval.dtype)

        for variable, given in zip(jaxpr.constvars, constants, strict=True):
            known[variable] = self.balls(given, variable.aval.dtype)
        known.update(zip(jaxpr.invars, inputs, strict=True))
        for equation in jaxpr.eqns:
            results = self.apply(equation, [value(atom) for atom in equation.invars])
            known.update(zip(equation.outvars, results, strict=True))
        return [value(atom) for atom in jaxpr.outvars]

    def apply(self, equation: Any, operands: list[Any]) -> list[Any]:
        """The results of one equation."""
        name = equation.primitive.name
        if name in _HIGHER_ORDER:
            return _HIGHER_ORDER[name](self, equation, operands)
        return self.by_rule(equation, operands)

    def by_rule(self, equation: Any, operands: list[Any]) -> list[Any]:
        """The results of an equation that holds no other one."""
        if not remembers_origins():
            return self.applied(equation, operands)
        frames = equation.source_info.traceback.frames
        with evaluating(equation, ((frame.file_name, frame.line_num) for frame in frames)):
            return self.applied(equation, operands)

    def applied(self, equation: Any, operands: list[Any]) -> list[Any]:
        """The same, wherever it comes from."""
        name = equation.primitive.name
        if not any(is_of_balls(operand) for operand in operands) and name not in WITHOUT_RESULT:
            results = equation.primitive.bind(*operands, **equation.params)
            results = results if equation.primitive.multiple_results else [results]
        elif name in RULES:
            results = RULES[name](equation, *operands)
            results = results if equation.primitive.multiple_results else [results]
        else:
            raise UnknownPrimitiveError(f"JAX's primitive {name!r} has no rule for balls")
        return [self.balls(x, var.aval.dtype) for x, var in zip(results, equation.outvars, strict=True)]

    def balls(self, given: Any, dtype: Any) -> Any:
        """Floats as balls; integers, booleans and keys as they are."""
        if jax.numpy.issubdtype(dtype, np.complexfloating):
            raise UnknownPrimitiveError("complex numbers have no balls")
        if not jax.numpy.issubdtype(dtype, np.floating):
            return given if jax.numpy.issubdtype(dtype, jax.dtypes.extended) else np.asarray(given)
        dtype = jax.dtypes.canonicalize_dtype(dtype)  # a NumPy constant may stand in a jaxpr of 32 bits as a float64
        numbers = _array(given) if isinstance(given, Ball) else np.asarray(given)
        if numbers.dtype.kind == "f":
            numbers = numbers.astype(dtype)
        flat = numbers.reshape(-1).tolist()
        if all(isinstance(number, Ball) for number in flat):
            return held(numbers)
        made = np.empty(len(flat), dtype=object)
        made[:] = [number if isinstance(number, Ball) else self.constant(number, dtype) for number in flat]
        return held(made.reshape(numbers.shape))


def _array(balls: Any) -> Any:
    """A bare ball as an array without axes; anything else as it is."""
    if not isinstance(balls, Ball):
        return balls
    array = np.empty((), dtype=object)
    array[()] = balls
    return array.view(BallArray)


# Equations that hold others


def _inner(evaluation: _Evaluation, equation: Any, operands: list[Any]) -> list[Any]:
    closed = equation.params.get("jaxpr", equation.params.get("call_jaxpr"))
    return evaluation.run(closed, operands)


def _converted(evaluation: _Evaluation, equation: Any, operands: list[Any]) -> list[Any]:
    """To a type that an argument has, floats are rounded; to another one is a detour, and no part of the formula."""
    (x,) = operands
    dtype = equation.params["new_dtype"]
    if not is_of_balls(x) or dtype not in evaluation.types:
        return evaluation.by_rule(equation, operands)
    converted = [
        number.rounded_to(dtype) if isinstance(number, Rounded) else number for number in x.reshape(-1).tolist()
    ]
    return [ball_array(converted, x.shape)]


def _scan(evaluation: _Evaluation, equation: Any, operands: list[Any]) -> list[Any]:
    params = equation.params
    n, n_carry, length = params["num_consts"], params["num_carry"], params["length"]
    constants, carry, sequences = operands[:n], operands[n : n + n_carry], operands[n + n_carry :]
    steps = range(length)
    rows: list[list[Any]] = []
    for t in reversed(steps) if params["reverse"] else steps:
        results = evaluation.run(params["jaxpr"], [*constants, *carry, *(_array(xs[t]) for xs in sequences)])
        carry = results[:n_carry]
        rows.append(results[n_carry:])
    if params["reverse"]:
        rows.reverse()
    stacked = [
        held(np.stack([row[k] for row in rows])) if rows else evaluation.balls(np.zeros(var.aval.shape), var.aval.dtype)
        for k, var in enumerate(equation.outvars[n_carry:])
    ]
    return [*carry, *stacked]


def _while(evaluation: _Evaluation, equation: Any, operands: list[Any]) -> list[Any]:
    """Under `vmap` the condition is an array, and what it is false for stays as it is until all of it is."""
    params = equation.params
    n, m = params["cond_nconsts"], params["body_nconsts"]
    of_condition, of_body, carry = operands[:n], operands[n : n + m], operands[n + m :]
    for _ in range(_MOST_TURNS):
        (goes_on,) = evaluation.run(params["cond_jaxpr"], [*of_condition, *carry])
        if not goes_on.any():
            return carry
        after = evaluation.run(params["body_jaxpr"], [*of_body, *carry])
        carry = [_where(goes_on, new, old) for new, old in zip(after, carry, strict=True)] if goes_on.ndim else after
    raise UnknownPrimitiveError(f"JAX's primitive 'while' was not done after {_MOST_TURNS} turns")


def _where(which: Any, new: Any, old: Any) -> Any:
    """The new rows where that holds, and the old ones elsewhere."""
    where = np.where if is_of_balls(new) else jax.numpy.where  # which knows random keys, too
    return where(which.reshape(which.shape + (1,) * (new.ndim - which.ndim)), new, old)


def _cond(evaluation: _Evaluation, equation: Any, operands: list[Any]) -> list[Any]:
    branches = equation.params["branches"]
    n = min(max(int(operands[0]), 0), len(branches) - 1)
    return evaluation.run(branches[n], operands[1:])


_HIGHER_ORDER: dict[str, Callable[[_Evaluation, Any, list[Any]], list[Any]]] = {
    **dict.fromkeys(("jit", "pjit", "closed_call", "core_call", "remat", "remat2", "checkpoint"), _inner),
    **dict.fromkeys(("custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr"), _inner),
    "convert_element_type": _converted,
    "scan": _scan,
    "while": _while,
    "cond": _cond,
}

PRIMITIVES = sorted({*RULES, *_HIGHER_ORDER})
