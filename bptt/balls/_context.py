"""The state of a computation on balls: its precision, what it records, and how its comparisons are decided.

FLINT's precision is one for the whole process, and under a lock; the context is that of whoever holds it, and of the
threads that a function starts meanwhile. Only what NumPy's constructors make is told thread by thread.
"""

import gc
import math
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from flint import arb, ctx

if TYPE_CHECKING:
    from bptt.balls._comparisons import Comparisons

_PRECISION_LOCK = threading.RLock()
_ROUNDINGS_OF_A_CONSTANT = 64  # that a float from outside may be off by: 1.0 / 3 has one, a product of data some more
_LEAST = 2.0**-17  # of a rounding of 1, that one of smaller numbers leaves
_BITS_OF_FLOAT32 = 24


@dataclass
class Encountered:
    """What a computation met on its way that the one who asked for it may want to know."""

    wrote_text: bool = False  # what balls hold was written as text or bytes, from which a number may be read
    refused_float: bool = False  # a ball was asked for a float, and refused: code may have gone on without it
    lost_value: bool = False  # a ball that bounds floats is there of which the exact value is not known
    operations: int = 0  # on arrays of balls, by elements
    shortest_bits: int = 53  # of the mantissas of the float types that anything was computed in
    shortest_data_bits: int = 53  # of those that stood in the code or were closed over
    matrices: dict[Any, Any] = field(default_factory=dict)  # that products were taken of: see `_products`


@dataclass(frozen=True)
class Context:
    """What the balls of one computation are computed with. Change it for a while by `change_context`."""

    rounds_constants: bool = False  # a float that stands among the balls is one near the number that is meant
    rounds_as_jax: bool = False  # and such a float may be of float32, if that is what JAX computes in
    constants: set[tuple[float, int]] | None = None  # floats among the balls and their bits, to be noted
    comparisons: "Comparisons | None" = None  # how they are decided; None: those that balls leave open raise
    measures_cancellation: bool = False  # keep account of what cancels in formulas of one variable
    origins: dict[int, Any] | None = None  # where each ball was computed, by its number; None: not recorded
    equation_places: tuple[Any, ...] = ()  # those of the jaxpr's equation that is being evaluated
    encountered: Encountered | None = None  # what is met is noted there; None: it is not
    most_operations: int | None = None  # beyond which `TooManyOperationsError` is raised
    last_created: int | None = None  # the number of the last ball that may be recorded then


class _Current:
    """Holds the context of the computation under way."""

    context = Context()


CURRENT = _Current()
MAKE_CONSTANT: ContextVar[Callable[..., Any] | None] = ContextVar("MAKE_CONSTANT", default=None)
"""How a run on balls makes one from a number that stands in the code; `None` outside of such a run."""


@contextmanager
def leave_run() -> Iterator[None]:
    """Let NumPy's constructors make arrays of floats meanwhile, for code that computes on floats alone."""
    token = MAKE_CONSTANT.set(None)
    try:
        yield
    finally:
        MAKE_CONSTANT.reset(token)


class TooManyOperationsError(ArithmeticError):
    """A computation takes more operations on balls than was granted."""

    def __init__(self, most: int) -> None:
        super().__init__(f"takes more than {most:,} operations on balls")


@contextmanager
def change_context(**changes: Any) -> Iterator[Context]:
    """Compute in the present context with these fields changed."""
    before = CURRENT.context
    try:  # an interrupt may come between any two lines
        CURRENT.context = replace(before, **changes)
        yield CURRENT.context
    finally:
        CURRENT.context = before


def count_operations(number: int) -> None:
    """Note so many operations on balls. Raises `TooManyOperationsError` beyond those that are granted."""
    context = CURRENT.context
    if context.encountered is not None:
        context.encountered.operations += number
        if context.most_operations is not None and context.encountered.operations > context.most_operations:
            raise TooManyOperationsError(context.most_operations)


@contextmanager
def use_precision(digits: int) -> Iterator[None]:
    """Work with that many decimal digits; other threads that ask for a precision wait."""
    with _PRECISION_LOCK:
        before = ctx.prec
        try:
            ctx.dps = digits
            yield
        finally:
            ctx.prec = before


@contextmanager
def pause_collector() -> Iterator[None]:
    """Keep Python's cycle collector off: balls form no cycles, and searching them takes longer than computing them."""
    was_enabled = gc.isenabled()
    try:
        gc.disable()
        yield
    finally:
        if was_enabled:
            gc.enable()


def round_constants(*, as_jax: bool) -> Any:
    """Take a float among the balls for a real number that it was rounded from, some 64 roundings away at most.

    So is `1.0 / 3`, and so are the entries of a product of data that was computed before. The roundings are those of
    the float's own type; `as_jax`, those of float32 if that holds it and JAX computes in no other. One that half of its
    bits can hold, such as 0.5 or 2.0, stays what it is; what may be left of larger numbers may be 0.
    """
    return change_context(rounds_constants=True, rounds_as_jax=as_jax and computes_jax_in_float32())


def enclose_constant(number: float, bits: int) -> arb:
    """Return the ball of a float with so many bits that stands among the balls, widened if constants are rounded."""
    context = CURRENT.context
    if context.rounds_constants:
        return widen_constant(number, bits)
    if context.constants is not None:
        context.constants.add((number, bits))
    return arb(number)


def are_exact(constants: set[tuple[float, int]], *, as_jax: bool) -> bool:
    """Whether `round_constants` would leave each of these floats what it is."""
    with round_constants(as_jax=as_jax):
        return all(widen_constant(number, bits).is_exact() for number, bits in constants)


def widen_constant(number: float, bits: int) -> arb:
    """Return all that a float with so many bits may have been rounded from; with fewer, if JAX may have made it."""
    if CURRENT.context.rounds_as_jax and (math.frexp(number)[0] * 2.0**_BITS_OF_FLOAT32).is_integer():
        bits = min(bits, _BITS_OF_FLOAT32)
    if not math.isfinite(number):
        return arb(number)
    roundings = _ROUNDINGS_OF_A_CONSTANT * arb(2) ** -bits
    if _is_residue(number, bits):
        return arb(number, 2 * abs(number))
    if (number * 2.0 ** _count_exponent(number, bits)).is_integer():
        return arb(number)
    return arb(number, roundings * abs(number))


def _is_residue(number: float, bits: int) -> bool:
    """Whether it may be what is left of numbers of the size of 1, as cos(π/2) and 0.3 − 3 · 0.1 are; 1e-16 is not.

    It is some roundings of 1 then, fewer if it is a simple multiple of one, and no short decimal that somebody wrote.
    """
    roundings = math.ldexp(abs(number), bits)
    is_simple = math.ldexp(number, bits - 1).is_integer()
    if bits < _BITS_OF_FLOAT32 or not _LEAST < roundings < 2.0 ** (bits // 10 if is_simple else bits // 4):
        return False
    return abs(float(f"{number:.{bits // 6}g}") - number) > math.ldexp(abs(number), -bits)


class RefusedFloatError(TypeError):
    """A library asked a ball for a float."""

    def __init__(self, ball: object) -> None:
        super().__init__(
            f"{ball!r} cannot become a float without losing its error bound: NumPy, math and float() keep it a ball"
        )


def note_text() -> None:
    """Note that what a ball holds was written as text or bytes."""
    if (encountered := CURRENT.context.encountered) is not None:
        encountered.wrote_text = True


def note_lost_value() -> None:
    """Note that of a ball that bounds floats it is not known what the formula says."""
    if (encountered := CURRENT.context.encountered) is not None:
        encountered.lost_value = True


def refuse_text() -> None:
    """Refuse to read a number where balls were written as text, or as bytes: it would depend on nothing."""
    if (encountered := CURRENT.context.encountered) is not None and encountered.wrote_text:
        encountered.refused_float = True
        raise RefusedFloatError("what was written as text")


def computes_jax_in_float32() -> bool:
    """Whether what JAX computes is float32 at most, whatever type it is given and its caller makes of it."""
    jax = sys.modules.get("jax")
    return jax is not None and not jax.config.jax_enable_x64


def _count_exponent(number: float, bits: int) -> int:
    """Return the power of 2 that makes an integer of a float that half of the bits can hold."""
    _, exponent = math.frexp(number)
    return min(bits // 2 - exponent, 1000)
