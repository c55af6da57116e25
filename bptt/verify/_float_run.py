"""A user's f and rule on floats; what JAX computes of them is compiled at once, to the floats it has step by step."""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bptt.verify._problem import Function, Problem
from bptt.verify._tracing import trace_aside
from bptt.verify.closed_over import find_state

if TYPE_CHECKING:
    from bptt.balls.jax._traced_function import TracedFunction

_AS_IT_STANDS = ("jax_disable_jit", "jax_debug_nans", "jax_debug_infs")  # flags by which a caller asks for that


class _UncompiledError(Exception):
    """A function has to be called as it stands."""


class FloatRun:
    """f and the rule of one problem, to be called with arguments of its structure and shapes.

    Each call gives what the function as it stands would, and does what it would do to the arguments.
    """

    def __init__(self, problem: Problem) -> None:
        compiles = may_be_compiled(problem)
        self.call_f = _Calls(problem, lambda problem: problem.call_f, compiles=compiles)
        self.call_rule = _Calls(problem, lambda problem: problem.call_rule, compiles=compiles)


class _Calls:
    """Calls of one function. JAX's arrays are traced; other leaves are given to it as they are, at every call anew.

    So NumPy computes in it what NumPy would, and in the same types. A function is called as it stands, from the first
    call on that shows it, if it cannot be traced, keeps something between calls, changes JAX's arrays in its arguments
    for others, does more than to compute, or is compiled by JAX itself.
    """

    def __init__(self, problem: Problem, get: Callable[[Problem], Function], *, compiles: bool) -> None:
        self._problem = problem
        self._get = get
        self.is_compiled = compiles  # as far as it was called
        leaves = problem.arguments.leaves
        self._is_input = [leaf.is_of_jax and leaf.values.dtype.kind == "f" for leaf in leaves]
        self._takes_jax_alone = all(
            by or leaf.values.dtype.kind != "f" for by, leaf in zip(self._is_input, leaves, strict=True)
        )
        self._traced: dict[Any, TracedFunction] = {}  # by the types of the inputs, if they are all floats that it takes

    def __call__(self, *arguments: Any, anew: bool = False) -> Any:
        """Return what the function returns; `anew`, if its code has to run once more."""
        if self.is_compiled:
            leaves = self._problem.arguments.flatten(arguments)
            before = [x.copy() if isinstance(x, np.ndarray) else None for x in leaves]
            try:
                return self._find_traced(leaves, anew=anew).compute(leaves)
            except Exception:  # whatever it is: the function as it stands shows what it is worth
                self.is_compiled = False
                _put_back(leaves, before)
        return self._get(self._problem)(*arguments)

    def _find_traced(self, leaves: Sequence[Any], *, anew: bool) -> "TracedFunction":
        types = [leaf.dtype for by, leaf in zip(self._is_input, leaves, strict=True) if by]
        key = (*types, sys.modules["jax"].config.jax_enable_x64)
        if anew or not self._takes_jax_alone or key not in self._traced:
            self._traced[key] = self._trace(leaves)
        return self._traced[key]

    def _trace(self, leaves: Sequence[Any]) -> "TracedFunction":
        traced = trace_aside(self._problem, self._get, leaves, self._is_input, requires_pure=True)
        if traced.has_effects or traced.is_compiled_as_it_stands:
            raise _UncompiledError
        return traced


def may_be_compiled(problem: Problem) -> bool:
    """Whether JAX may compute something in f or the rule, on a processor whose floats do not depend on who compiles."""
    if "jax" not in sys.modules:
        return False
    jax = sys.modules["jax"]
    if any(getattr(jax.config, flag) for flag in _AS_IT_STANDS) or jax.default_backend() != "cpu":
        return False
    return any(leaf.is_of_jax for leaf in problem.arguments.leaves) or find_state(*problem.functions).may_use_jax


def _put_back(leaves: Sequence[Any], before: Sequence[Any]) -> None:
    """Write into the arrays what stood in them."""
    for leaf, values in zip(leaves, before, strict=True):
        if isinstance(leaf, np.ndarray) and leaf.flags.writeable:
            leaf[...] = values
