"""Tracing a user's function by JAX, with no trace of it left in what the function closes over."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bptt.verify._problem import Arguments, Function, Problem
from bptt.verify.closed_over import find_state

if TYPE_CHECKING:
    from bptt.balls.jax._traced_function import TracedFunction


class ImpureError(Exception):
    """A function keeps something between calls or puts something into its arguments, which its equations do not."""


def trace_aside(
    problem: Problem,
    get: Callable[[Problem], Function],
    leaves: Sequence[Any],
    is_input: Sequence[bool],
    *,
    requires_pure: bool = False,
) -> "TracedFunction":
    """Trace one of the functions of a problem, as it is now; what it keeps is put back.

    Some of the leaves of its arguments are inputs, and it is given the others as they are. Raises what JAX and the
    function raise, and `ImpureError`, if that is asked for, for a function of which its equations do not tell all.
    """
    from bptt.balls.jax._traced_function import trace

    with find_state(*problem.functions).lifted(lambda x: x) as functions:
        own = problem if problem.written else replace(problem, f=functions[0], rule=functions[1])
        state = find_state(*functions)
        traced = trace(partial(_call, get(own), problem.arguments, requires_pure), leaves, is_input)
        if requires_pure and state.has_changed():
            raise ImpureError
    return traced


def _call(function: Function, arguments: Arguments, requires_pure: bool, *leaves: Any) -> Any:
    given = arguments.rebuild(leaves)
    returned = function(*given)
    if requires_pure and any(x is not y for x, y in zip(leaves, arguments.flatten(given), strict=True)):
        raise ImpureError
    return returned
