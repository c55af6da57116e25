"""A function as JAX traced it, to be evaluated on balls or computed on floats."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr

from bptt.balls._array import MakeConstant, cast_array
from bptt.balls.jax._interpreter import Evaluation, as_array
from bptt.balls.jax._programs import Program, describe_jaxpr


class TracedFunction:
    """What JAX computes of what a function returns; `kept` is the rest, by its place among all outputs."""

    def __init__(self, closed: ClosedJaxpr, structure: Any, is_input: Sequence[bool], kept: dict[int, Any]) -> None:
        self._closed = closed
        self._structure = structure
        self._is_input = is_input
        self._kept = kept

    def __call__(self, leaves: Sequence[Any], constant: MakeConstant) -> Any:
        """Return what the function returns for these balls, made of what `constant` makes of a number in it, too."""
        given = map(as_array, self._select_inputs(leaves))
        inputs = [cast_array(x, aval.dtype) for x, aval in zip(given, self._closed.in_avals, strict=True)]
        evaluation = Evaluation(constant)
        with jax.debug_nans(False), jax.debug_infs(False):  # rules mark by NaN what comes from nowhere
            outputs = [output[()] for output in evaluation.run(self._closed, inputs)]
        return self._rebuild(outputs, lambda x: evaluation.to_balls(x, jax.numpy.asarray(x).dtype)[()])

    def compute(self, leaves: Sequence[Any]) -> Any:
        """Return what the function returns for these floats."""
        return self._rebuild(self._program.compute(self._select_inputs(leaves)), lambda x: x)

    @property
    def has_effects(self) -> bool:
        """Whether it does more than to compute: prints, say."""
        return bool(self._closed.effects)

    @property
    def is_compiled_as_it_stands(self) -> bool:
        """Whether JAX needs no help to compile it quickly, or computes nothing in it."""
        return not self._closed.eqns or self._program.is_compiled_as_it_stands

    def is_same_in_short_types(self, other: "TracedFunction") -> bool:
        """Whether the other one does the same, but for the length of its floats and integers."""
        shortened = (describe_jaxpr(x._closed.jaxpr, in_short_types=True) for x in (self, other))
        return len(set(shortened)) == 1

    @cached_property
    def _program(self) -> Program:
        return Program(self._closed)

    def _select_inputs(self, leaves: Sequence[Any]) -> list[Any]:
        return [leaf for by, leaf in zip(self._is_input, leaves, strict=True) if by]

    def _rebuild(self, outputs: Sequence[Any], convert: Callable[[Any], Any]) -> Any:
        """Put outputs between those that are kept."""
        computed = iter(outputs)
        count = len(outputs) + len(self._kept)
        leaves = [convert(self._kept[n]) if n in self._kept else next(computed) for n in range(count)]
        return jax.tree.unflatten(self._structure, leaves)


def trace(function: Callable[..., Any], leaves: Sequence[Any], is_input: Sequence[bool]) -> TracedFunction:
    """Trace a function of these leaves, some of which are inputs; it is given the others as they are.

    Raises what JAX raises for a function that it cannot trace.
    """
    kept: dict[int, Any] = {}
    structure = None

    def of_inputs(*inputs: Any) -> list[Any]:
        nonlocal structure
        remaining = iter(inputs)
        returned = function(*(next(remaining) if by else leaf for by, leaf in zip(is_input, leaves, strict=True)))
        outputs, structure = jax.tree.flatten(returned)
        kept.update((n, output) for n, output in enumerate(outputs) if not isinstance(output, jax.core.Tracer))
        return [output for output in outputs if isinstance(output, jax.core.Tracer)]

    closed = jax.make_jaxpr(of_inputs)(*(leaf for by, leaf in zip(is_input, leaves, strict=True) if by))
    return TracedFunction(closed, structure, is_input, kept)


def trace_floats(function: Callable[..., Any], leaves: Sequence[Any]) -> TracedFunction:
    """Trace a function with all floats among these leaves for inputs, as it is evaluated on balls."""
    return trace(function, leaves, [is_float(leaf) for leaf in leaves])


def is_float(leaf: Any) -> bool:
    """Whether it is a float, or an array of floats."""
    return bool(jax.numpy.issubdtype(getattr(leaf, "dtype", type(leaf)), np.floating))
