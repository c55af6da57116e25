"""Complex numbers on the way to a real one: pairs of balls, which know the complex float that stands for them.

The real and the imaginary part are balls of the run, so that derivatives and bounds flow through them as through any
other. A function that is holomorphic has one line in `HOLOMORPHIC`: the partial derivatives of its parts follow from
the one complex derivative. Where it has a cut, and an argument that may vary lies on it, it has no derivative: NaN.

What floats may return is bounded for sums and products, which are those of the parts in any order; for quotients, by
Smith's algorithm; for |z|, the angle and exp by the figures of library functions. Of the others it is not known.
"""

import operator
import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from flint import acb, arb

from bptt.balls._ball import Ball, Fixed, call_of_pair, call_on_floats, enclose, get_float, is_constant
from bptt.balls._context import note_lost_value
from bptt.balls._functions import BINARY, UNARY, Binary, Unary
from bptt.balls._reverse import Traced
from bptt.balls._rounded import Rounded
from bptt.balls.complex_numbers._holomorphic import HOLOMORPHIC, Holomorphic
from bptt.balls.complex_numbers._quotient import bound_quotient

Parts: TypeAlias = tuple[Any, Any]  # balls, or plain real numbers

REAL_TYPES: dict[Any, Any] = {np.complex128: np.float64, np.complex64: np.float32, complex: float}


def is_complex(number: object) -> bool:
    """Whether it is a complex number: NumPy's, Python's, or a ball."""
    return isinstance(number, complex | np.complexfloating)


def make_complex(number: Any, dtype: Any, make_constant: Callable[..., Ball]) -> Ball:
    """Return a complex number that stands in the code as a ball of that type; `None` for one of Python's."""
    scalar = complex if dtype is None else np.dtype(dtype).type
    real_type = None if dtype is None else REAL_TYPES[scalar]
    number = get_float(number)
    nan = number != number  # which has no parts in a buffer that is still to be filled
    real, imag = (number, number) if nan and not is_complex(number) else (number.real, number.imag)
    return ComplexBall(make_constant(real, real_type), make_constant(imag, real_type), scalar(complex(real, imag)))


def _join_floats(real: Any, imag: Any) -> Any:
    """Return the complex float with these parts: NumPy's if one of them is."""
    strong = [type(x) for x in (real, imag) if isinstance(x, np.floating)]
    number = complex(float(real), float(imag))
    return np.result_type(*strong, np.complex64).type(number) if strong else number


def _is_zero(part: Any) -> bool:
    """Whether it is 0 wherever the inputs are: a constant; or 0 here, where no derivative is asked for."""
    if not isinstance(part, Ball):
        return bool(part == 0)
    return part.value.is_zero() and (not isinstance(part, Traced) or part.created < 0)


def _is_finite(part: Any) -> bool:
    return bool(part.value.is_finite() if isinstance(part, Ball) else part - part == 0)


def _take_float(ball: Any, number: Any) -> Any:
    """Return the ball with that float standing in it; the ball itself if it does."""
    if type(ball.as_float) is type(number) and (ball.as_float == number or number != number):
        return ball
    if isinstance(ball, Rounded) and number - number != 0 and ball.value.is_finite():
        return Rounded(arb(float(number)), number, ball.kind)
    copied = ball.cast(type(number))
    copied.as_float = number
    return copied


class ComplexBall(Ball):
    """A complex number whose parts are balls, and the complex float that stands for it."""

    __slots__ = ("_imag", "_real")

    def __init__(self, real: Ball, imag: Ball, as_float: Any = None) -> None:
        self._real, self._imag = real, imag
        self.as_float = _join_floats(real.as_float, imag.as_float) if as_float is None else as_float
        if isinstance(real, Rounded) or isinstance(imag, Rounded):  # some formulas look at what bounds floats
            note_lost_value()

    @property
    def value(self) -> Any:  # type: ignore[override]
        """No real ball encloses it."""
        return NotImplemented

    @property
    def real(self) -> Any:
        """The real part, in which the float stands that is the real part of the complex one."""
        return _take_float(self._real, self.as_float.real)

    @property
    def imag(self) -> Any:
        """The imaginary part, likewise."""
        return _take_float(self._imag, self.as_float.imag)

    def apply_unary(self, f: Unary) -> Any:
        if f not in HOLOMORPHIC:
            raise TypeError(f"{_find_name(f)} of a complex number has no rule for balls")
        number = call_on_floats(f.on_floats, self.as_float) if f.on_floats else None
        if f is UNARY["exp"] and self._is_rounded(flushes=False):
            size = self.real.exp()
            return _assemble((_multiply(size, self.imag.cos()), _multiply(size, self.imag.sin())), number, self)
        return _apply(HOLOMORPHIC[f], self, number)

    def apply_binary(self, f: Binary, other: object, reflected: bool = False) -> Any:
        if f not in OPERATIONS:
            raise TypeError(f"{_find_name(f)} of complex numbers has no rule for balls")
        if not isinstance(other, Ball) and not is_complex(other) and enclose(other) is NotImplemented:
            return NotImplemented
        number = get_float(other)
        pair = (number, self.as_float) if reflected else (self.as_float, number)
        as_float = call_on_floats(operator.pow if f is BINARY["pow"] else f.on_floats, *pair)
        if not is_complex(as_float):
            as_float = complex("nan+nanj")  # where Python's numbers raise
        if f is BINARY["pow"]:
            result = _raise_to_power(other, self) if reflected else _raise_to_power(self, other)
            return ComplexBall(result._real, result._imag, as_float)
        operands = (_split(other), _split(self)) if reflected else (_split(self), _split(other))
        return _assemble(OPERATIONS[f](*operands, as_float), as_float, self, other)

    def _is_rounded(self, *, flushes: bool) -> bool:
        return any(isinstance(x, Rounded) and x.kind.figures.flushes == flushes for x in (self._real, self._imag))

    def __neg__(self) -> "ComplexBall":
        return ComplexBall(-self._real, -self._imag, -self.as_float)

    def conjugate(self) -> "ComplexBall":
        return ComplexBall(self._real, -self._imag, self.as_float.conjugate())

    conj = conjugate

    def __abs__(self) -> Any:
        if _is_zero(self._imag):
            return abs(self.real)
        if _is_zero(self._real):
            return abs(self.imag)
        a, b = self._real.value, self._imag.value
        size = abs(acb(a, b))
        by_parts = (a / size, b / size) if size > 0 else (arb(0, 1), arb(0, 1))  # at 0, all that they can be near it
        return _make_part(self, size, by_parts, abs(self.as_float), is_bounded=True)

    def angle(self) -> Any:
        real, imag = self.real, self.imag
        if _is_zero(imag):
            return _take_angle_of_real(real, below=bool(np.signbit(imag.as_float)))
        if isinstance(imag, Rounded) or real.value > 0 or not imag.value.contains(0):
            return call_of_pair(BINARY["arctan2"], imag, real)
        return (imag / real).arctan() + _make_pi(1 if imag >= 0 else -1)  # which notes the tie

    def sign(self) -> Any:
        result = self / abs(self)
        return ComplexBall(result._real, result._imag, np.sign(self.as_float))

    def cast(self, dtype: Any) -> Any:
        if dtype not in REAL_TYPES:
            warnings.warn(
                "Casting complex values to real discards the imaginary part",
                np.exceptions.ComplexWarning,
                stacklevel=4,
            )
            return self.real.cast(dtype)
        real_type = REAL_TYPES[dtype]
        return ComplexBall(self._real.cast(real_type), self._imag.cast(real_type), dtype(self.as_float))

    def make_constant(self, number: Any) -> Any:
        scalar: Any = type(self.as_float)
        return make_complex(
            number, None if scalar is complex else scalar, lambda part, _: _choose_kind(self).make_constant(part)
        )

    def record_choice(self, rejected: Any) -> "ComplexBall":
        real, imag = _split(rejected)
        return ComplexBall(self._real.record_choice(real), self._imag.record_choice(imag), self.as_float)

    def __eq__(self, other: object) -> Any:
        if other is self:
            return bool(self.as_float == self.as_float)
        if not isinstance(other, Ball) and not is_complex(other) and enclose(other) is NotImplemented:
            return NotImplemented
        real, imag = (other.real, other.imag) if isinstance(other, ComplexBall) else _split(other)
        return bool(self.real == real and self.imag == imag)

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    __hash__ = Ball.__hash__

    def _refuse_order(self, other: object) -> Any:
        raise TypeError(f"complex numbers on balls have no order: {self!r} and {other!r}")

    __lt__ = __le__ = __gt__ = __ge__ = minimum = maximum = _refuse_order

    def __repr__(self) -> str:
        return f"ComplexBall({self._real!r}, {self._imag!r})"


def _find_name(f: Unary | Binary) -> str:
    return next((name for name, known in {**UNARY, **BINARY}.items() if known is f), "this function")


# Parts


def _split(number: Any) -> Parts:
    """Return both parts as they are, of a ball or of a plain number."""
    if isinstance(number, ComplexBall):
        return number._real, number._imag
    if is_complex(number):
        return number.real, number.imag
    return number, 0.0


def _choose_kind(*numbers: Any) -> Ball:
    """Return a ball among the parts that constants are made like: one of the run, if there is any."""
    parts = [part for number in numbers for part in _split(number) if isinstance(part, Ball)]
    return next((part for part in parts if not isinstance(part, Fixed)), parts[0])


def _assemble(parts: Parts, as_float: Any, *like: Any) -> ComplexBall:
    real, imag = (x if isinstance(x, Ball) else _choose_kind(*like).make_constant(x) for x in parts)
    return ComplexBall(real, imag, as_float)


def _add(a: Any, b: Any) -> Any:
    return a if _is_zero(b) else b if _is_zero(a) else a + b


def _subtract(a: Any, b: Any) -> Any:
    return a if _is_zero(b) else -b if _is_zero(a) else a - b


def _multiply(a: Any, b: Any) -> Any:
    """Return the product: 0 of what is 0, as it is on floats."""
    vanishes = (_is_zero(a) and _is_finite(b)) or (_is_zero(b) and _is_finite(a))
    return 0.0 if vanishes else a * b


def _multiply_parts(x: Parts, y: Parts, as_float: Any = None) -> Parts:  # noqa: ARG001  (the form of an operation)
    (a, b), (c, d) = x, y
    return _subtract(_multiply(a, c), _multiply(b, d)), _add(_multiply(a, d), _multiply(b, c))


def _divide_parts(x: Parts, y: Parts, as_float: Any) -> Parts:
    """Return the quotient; on floats as Smith has it, who divides by what he has scaled."""
    (a, b), (c, d) = x, y
    if any(isinstance(part, Rounded) for part in (a, b, c, d)):
        real, imag = bound_quotient(x, y, as_float)
        return real, imag
    if _is_zero(d):
        return a / c, 0.0 if _is_zero(b) else b / c
    size = _add(c * c, d * d)
    real, imag = _multiply_parts(x, (c, -d))
    return real / size, imag / size


def _make_pi(factor: int) -> Ball:
    return Fixed(factor * arb.pi(), factor * float(np.pi))


def _take_angle_of_real(x: Ball, *, below: bool) -> Any:
    """Return the angle of a real number: 0 or π, or −π if it comes from below."""
    if isinstance(x, Rounded):
        step = arb(0) if x.value > 0 else arb(1) if x.value < 0 else arb(0).union(arb(1))
        angle = (-step if below else step) * arb.pi() * x.kind.library
        return Rounded(angle, np.arctan2(-0.0 if below else 0.0, x.as_float), x.kind)
    return x.make_step(1 if x < 0 else 0) * _make_pi(-1 if below else 1)


def _raise_to_power(base: Any, exponent: Any) -> Any:
    """Return a power: by products for an integer, else as exp(w log z)."""
    integer = _find_integer(exponent)
    if integer == 2:
        return _assemble(_multiply_parts(_split(base), _split(base)), None, base)
    if integer is not None and isinstance(base, ComplexBall):
        return _apply(_make_power(integer), base, None)
    if not isinstance(base, ComplexBall):
        base = exponent.make_constant(base) if not isinstance(base, Ball) else become_complex(base)
    return (base.log() * exponent).exp()


def _find_integer(exponent: Any) -> int | None:
    if is_complex(exponent) or (isinstance(exponent, Traced) and not is_constant(exponent)):
        return None
    value = enclose(exponent)
    return int(float(value)) if value.is_integer() else None


def _make_power(n: int) -> "Holomorphic":
    return Holomorphic(lambda z: z**n, lambda z, v: n * z ** (n - 1) if n else acb(0))


# Holomorphic functions


def _apply(f: Holomorphic, z: ComplexBall, as_float: Any) -> ComplexBall:
    """Return f(z). On a cut the sign of a zero that floats know says from which side it comes."""
    point = acb(z._real.value, z._imag.value)
    v = f.apply(point)
    slope = f.slope(point, v)
    if point.imag.is_zero() and np.signbit(z.as_float.imag):
        v, slope = v.conjugate(), slope.conjugate()
    if f.on_cut(point) and not (f.cut_is_real and _is_zero(z._imag)):
        slope = acb(arb.nan(), arb.nan())
    if as_float is None:
        scalar: Any = type(z.as_float)
        as_float = scalar(complex(float(v.real.mid()), float(v.imag.mid())))
    real = _make_part(z, v.real, (slope.real, -slope.imag), as_float.real)
    imag = _make_part(z, v.imag, (slope.imag, slope.real), as_float.imag)
    return ComplexBall(real, imag, as_float)


def _make_part(z: ComplexBall, value: arb, by_parts: Parts, as_float: Any, *, is_bounded: bool = False) -> Ball:
    """Return a real function of z that has that value, and these derivatives by the parts of z."""
    by_real, by_imag = by_parts
    function = Binary(
        lambda *_: as_float, lambda *_: value, lambda *_: by_real, lambda *_: by_imag, is_bounded=is_bounded
    )
    return call_of_pair(function, z._real, z._imag)


OPERATIONS: dict[Binary, Callable[[Parts, Parts, Any], Parts]] = {
    BINARY["add"]: lambda x, y, _: (_add(x[0], y[0]), _add(x[1], y[1])),
    BINARY["sub"]: lambda x, y, _: (_subtract(x[0], y[0]), _subtract(x[1], y[1])),
    BINARY["mul"]: _multiply_parts,
    BINARY["truediv"]: _divide_parts,
    BINARY["pow"]: _multiply_parts,  # as `_raise_to_power` has it
}


def become_complex(ball: Ball) -> ComplexBall:
    """Return a real number as a complex one."""
    number = ball.as_float
    zero: Any = type(number)(0)
    return ComplexBall(ball, _take_float(ball.make_constant(0), zero), _join_floats(number, zero))


Ball.become_complex = become_complex  # type: ignore[method-assign, assignment]
Ball.angle = lambda self: _take_angle_of_real(self, below=False)  # type: ignore[method-assign]
ComplexBall.become_complex = lambda self: self  # type: ignore[method-assign]
