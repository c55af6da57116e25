"""What JAX computes of a function on floats, in one compilation, and to the same floats as without.

JAX dispatches a function that is under no `jit` step by step, and XLA compiles each step for itself: dozens of times
for a small network. A program has the same steps, each a computation that XLA is told not to inline. They are compiled
at once, and nothing is fused or simplified across two of them: exp(x) exp(−x) overflows as it does step by step, and a
product is rounded before it is added to. Loops and convolutions stay as they are: XLA merges nothing with them.

Programs of the same steps on the same types are one: it is compiled once, whatever numbers stand in it.
"""

import functools
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.experimental.xla_metadata import set_xla_metadata
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal, jaxprs_in_params

_mark: Any = set_xla_metadata  # which has no types
_MOST_COMPILED = 512  # programs that are kept: those of two functions at 256 shapes
_REPEATS = 4  # of its steps, on average, beyond which a program takes longer to compile than its steps one by one
_BOUNDARIES = ("scan", "while", "cond", "conv_general_dilated")  # which XLA merges with nothing, and compiles otherwise
_CUSTOM_RULES = ("custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr")
_DISPATCHED_INSIDE = (*_CUSTOM_RULES, "checkpoint", "remat", "remat2")  # step by step, by what they hold
_HELD = ("call_jaxpr", "fun_jaxpr", "jaxpr")
_LENGTHS = (("f8", "f4"), ("c16", "c8"), ("i8", "i4"), ("u8", "u4"))
_SHORTER = {np.dtype(long): np.dtype(short) for long, short in _LENGTHS}


class _Value:
    """What a step takes: an argument of the program, or the result of a step. Numbered when it is first met."""

    def __init__(self, aval: Any, source: Any = None) -> None:
        self.aval = aval
        self.source = source
        self.number = -1


class _Input(NamedTuple):
    """Which input of the function an argument is; all others are constants."""

    place: int


class _Step(NamedTuple):
    """One equation, and the numbers of what it takes and gives."""

    equation: Any
    operands: tuple[int, ...]
    results: tuple[int, ...]
    description: Hashable  # of what it computes, without the numbers


class _Steps:
    """The steps of a program without its constants: equal ones compute the same."""

    def __init__(self, steps: Sequence[_Step], arguments: Sequence[_Value], outputs: tuple[int, ...]) -> None:
        self._steps = steps
        self._arguments = [argument.number for argument in arguments]
        self._outputs = outputs
        self.key = (
            tuple((argument.number, _describe_aval(argument.aval)) for argument in arguments),
            tuple((step.description, step.operands) for step in steps),
            outputs,
        )
        self._hash = hash(self.key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Steps) and self.key == other.key

    def run(self, arguments: Sequence[Any]) -> list[Any]:
        """Take one step after the other, as JAX would dispatch them."""
        values = dict(zip(self._arguments, arguments, strict=True))
        calls: dict[Hashable, Callable[..., Any]] = {}
        for equation, operands, numbers, description in self._steps:
            if description not in calls:
                calls[description] = _make_call(equation)
            results = calls[description](*(values[n] for n in operands))
            values.update(zip(numbers, results, strict=True))
        return [values[n] for n in self._outputs]


def _make_call(equation: Any) -> Callable[..., Any]:
    """Return what computes the results of an equation, as a computation of its own."""

    def bind(*operands: Any) -> Any:
        with equation.ctx.manager, _mark(inlineable=None):  # the step is not inlined; what is in it is
            results = equation.primitive.bind(*operands, **equation.params)
        return results if equation.primitive.multiple_results else [results]

    if _holds_boundary(equation):
        return bind
    compiled = jax.jit(bind)

    def call(*operands: Any) -> Any:
        with _mark(inlineable="false"):
            return compiled(*operands)

    return call


def _holds_boundary(equation: Any) -> bool:
    """Whether it is a loop or a convolution, or one is within it."""
    if equation.primitive.name in _BOUNDARIES:
        return True
    return any(map(_holds_boundary, (inner for jaxpr in jaxprs_in_params(equation.params) for inner in jaxpr.eqns)))


@functools.lru_cache(_MOST_COMPILED)
def _compile(steps: _Steps) -> Callable[[list[Any]], list[Any]]:
    return jax.jit(steps.run)


class Program:
    """A jaxpr as JAX dispatches it, to be computed at many points."""

    def __init__(self, closed: ClosedJaxpr) -> None:
        self._arguments: list[_Value] = []
        self._steps: list[_Step] = []
        self._count = 0
        inputs = [_Value(variable.aval, _Input(n)) for n, variable in enumerate(closed.jaxpr.invars)]
        outputs = self._add(closed, inputs)
        self._compiled = _Steps(self._steps, self._arguments, tuple(map(self._number, outputs)))

    def _add(self, closed: ClosedJaxpr, inputs: Sequence[_Value]) -> list[_Value]:
        """Add the steps of a jaxpr for these inputs, and return its outputs."""
        jaxpr = closed.jaxpr
        known = dict(zip(jaxpr.invars, inputs, strict=True))
        known.update({v: _Value(v.aval, x) for v, x in zip(jaxpr.constvars, closed.consts, strict=True)})

        def look_up(atom: Any) -> _Value:
            return _Value(atom.aval, atom.val) if isinstance(atom, Literal) else known[atom]

        for equation in jaxpr.eqns:
            operands = list(map(look_up, equation.invars))
            if equation.primitive.name in _DISPATCHED_INSIDE:
                held = next(equation.params[name] for name in _HELD if name in equation.params)
                results = self._add(held if isinstance(held, ClosedJaxpr) else ClosedJaxpr(held, ()), operands)
            else:
                results = [_Value(variable.aval) for variable in equation.outvars]
                numbers = tuple(map(self._number, operands))
                avals = tuple(_describe_aval(operand.aval) for operand in operands)
                description = (*describe_equation(equation), avals)
                self._steps.append(_Step(equation, numbers, tuple(map(self._count_result, results)), description))
            known.update(zip(equation.outvars, results, strict=True))
        return list(map(look_up, jaxpr.outvars))

    def _count_result(self, value: _Value) -> int:
        value.number, self._count = self._count, self._count + 1
        return value.number

    def _number(self, value: _Value) -> int:
        if value.number < 0:
            self._arguments.append(value)
            self._count_result(value)
        return value.number

    @property
    def is_compiled_as_it_stands(self) -> bool:
        """Whether JAX compiles it by itself, once or in parts that are so few beside its steps that this is quicker."""
        distinct = len({step.description for step in self._steps})
        is_one = len(self._steps) == 1 and self._steps[0].equation.primitive.name in ("jit", "pjit")
        return is_one or len(self._steps) > _REPEATS * distinct

    def compute(self, inputs: Sequence[Any]) -> list[Any]:
        """Return the outputs for these floats, as JAX's arrays."""
        sources = [argument.source for argument in self._arguments]
        return _compile(self._compiled)([inputs[x.place] if isinstance(x, _Input) else x for x in sources])


# What equations compute, as something that can be compared


def describe_equation(equation: Any, *, in_short_types: bool = False) -> tuple[Hashable, ...]:
    """Return what an equation does to operands; `in_short_types`, as if JAX computed in 32 bits."""
    params = equation.params
    if equation.primitive.name in _CUSTOM_RULES:
        params = {name: params[name] for name in _HELD if name in params}  # rules of derivatives compute nothing here
    described = tuple(sorted((name, _describe(x, in_short_types)) for name, x in params.items()))
    return equation.primitive, equation.ctx, described


def describe_jaxpr(jaxpr: Jaxpr, *, in_short_types: bool = False) -> Hashable:
    """Return what a jaxpr computes of its inputs and constants, by which it can be compared."""
    numbers: dict[Any, int] = {}

    def number(variable: Any) -> Hashable:
        return numbers.setdefault(variable, len(numbers)), _describe_aval(variable.aval, in_short_types)

    def refer(atom: Any) -> Hashable:
        if isinstance(atom, Literal):
            return _describe_numbers(atom.val, in_short_types), _describe_aval(atom.aval, in_short_types)
        return numbers[atom]

    inputs = tuple(map(number, (*jaxpr.constvars, *jaxpr.invars)))
    equations = tuple(
        (
            describe_equation(equation, in_short_types=in_short_types),
            tuple(map(refer, equation.invars)),
            tuple(map(number, equation.outvars)),
        )
        for equation in jaxpr.eqns
    )
    return inputs, equations, tuple(map(refer, jaxpr.outvars))


def _describe(param: Any, in_short_types: bool) -> Hashable:
    """Return a parameter as something that equals what does the same, and else perhaps nothing but itself."""
    if isinstance(param, ClosedJaxpr):
        constants = tuple(_describe_numbers(constant, in_short_types) for constant in param.consts)
        return describe_jaxpr(param.jaxpr, in_short_types=in_short_types), constants
    if isinstance(param, Jaxpr):
        return describe_jaxpr(param, in_short_types=in_short_types)
    if isinstance(param, tuple | list):
        return type(param), tuple(_describe(item, in_short_types) for item in param)
    if isinstance(param, np.dtype):
        return _shorten(param) if in_short_types else param
    if isinstance(param, float | complex | np.ndarray | np.generic):
        return _describe_numbers(param, in_short_types)
    try:
        hash(param)
    except TypeError:
        return object()
    return type(param), param  # 1 and True are equal, and not the same


def _describe_numbers(numbers: Any, in_short_types: bool) -> Hashable:
    """Return numbers by their bits, since 0 and −0 are equal."""
    try:
        array = np.asarray(numbers)
    except TypeError:  # random keys
        return object()
    if array.dtype.kind not in "biufcV":
        return object()
    array = array.astype(_shorten(array.dtype)) if in_short_types else array
    return array.dtype, array.shape, array.tobytes()


def _describe_aval(aval: Any, in_short_types: bool = False) -> Hashable:
    if not in_short_types or not isinstance(getattr(aval, "dtype", None), np.dtype):
        return aval
    return aval.shape, _shorten(aval.dtype)


def _shorten(dtype: Any) -> Any:
    """Return the type of half the length, if a number has 64 bits."""
    return _SHORTER.get(dtype, dtype)
