"""Balls: real numbers known to lie within a radius of a midpoint, as elements of NumPy object arrays.

The arithmetic is FLINT's `arb`: every operation returns a ball that contains the true result for every choice of true
operands. `Ball` wraps it so that NumPy code runs on object arrays of balls as it stands, and so that nothing in that
code can drop the error bound in silence: it refuses `float()`, and it refuses a comparison that the radius leaves open.

Beside the real number stands the float that the same code computes on floats, `as_float`, in the type in which it does:
a scalar of NumPy's, or one of Python's, which is weak. A comparison goes as it goes for these.
"""

import numbers
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from flint import arb
from numpy import empty  # while functions run on balls, `np.empty` makes an array of them

from bptt.balls._comparisons import Difference, UndecidedComparisonError, compare
from bptt.balls._context import CURRENT, RefusedFloatError, enclose_constant, note_text
from bptt.balls._functions import BINARY, UNARY, Binary, Unary


def make_fixed(number: Any, dtype: Any = None) -> "Fixed":
    """Return a number that stands in the code as a ball, of that float type; without one it is weak, as Python's are.

    Raises `TypeError` for what is no real number.
    """
    value, as_float = enclose(number), store_float(number, dtype)
    if value is NotImplemented:
        raise TypeError(f"{number!r} is no real number")
    if not isinstance(number, Ball) and type(as_float).__name__ in _BITS:
        enclosed = enclose_constant(float(number), _BITS[type(as_float).__name__])
        value = enclosed if CURRENT.context.rounds_constants else value  # an integer beyond floats is exact
    return Fixed(value, as_float)


def store_float(number: Any, dtype: Any) -> Any:
    """Return the float that stands for a number in a buffer of that type; one of Python's if that is no float type."""
    number = get_float(number)
    if dtype is not None and is_float_type(dtype := np.dtype(dtype)):
        return dtype.type(number)
    return number if isinstance(number, np.floating) else float(number)


def is_float_type(dtype: Any) -> bool:
    """Whether it is a type of floats: NumPy's, or the bfloat16 that JAX brings, which NumPy takes for bytes."""
    return bool(dtype.kind == "f" or dtype.name == "bfloat16")


class StaleValueError(ArithmeticError):
    """A computation used a ball that was made in another one."""

    def __init__(self) -> None:
        super().__init__("uses a value that was kept from another call")


def enclose(number: Any) -> Any:
    """Return the `arb` that encloses a number, or `NotImplemented` for what is no real number of at most 64 bits."""
    if isinstance(number, Ball):
        return number.value
    if isinstance(number, int | np.integer | np.bool_):
        return arb(int(number))
    if isinstance(number, float | np.float32 | np.float16) or type(number).__name__ == "bfloat16":
        return enclose_constant(float(number), _BITS.get(type(number).__name__, 53))
    return NotImplemented


_BITS = {"float32": 24, "float16": 11, "bfloat16": 8}  # of the mantissas that are shorter than float64's


def get_float(number: Any) -> Any:
    """Return the float that stands in a ball; any other number as it is."""
    return number.as_float if isinstance(number, Ball) else number


def _define_operator(name: str) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    """Return `__name__` and `__rname__`."""
    f = BINARY[name]
    return lambda self, other: self.apply_binary(f, other), lambda self, other: self.apply_binary(f, other, True)


def _define_comparison(relation: str) -> Any:
    def compare_with(self: "Ball", other: object) -> Any:
        if other is self:
            is_number = self.as_float == self.as_float  # which NaN is not
            return _return_as_floats(self, other, relation in ("<=", ">=", "==") if is_number else relation == "!=")
        right = enclose(other)
        if right is NotImplemented:
            if relation in ("==", "!=") and isinstance(other, complex | np.complexfloating):
                return (self.become_complex() == other) == (relation == "==")
            if isinstance(other, numbers.Number):  # Python would take an unknown number for an unequal one
                raise TypeError(f"cannot compare a ball with {other!r}, a {type(other).__name__}")
            return right
        known = compare(relation, self.value, right)
        return _return_as_floats(self, other, self.decide(relation, known, other, right))

    return compare_with


def _return_as_floats(left: "Ball", right: object, holds: bool) -> Any:
    """Return the answer to a comparison in the type that it has for the floats: `~` of Python's is no denial."""
    if type(left.as_float) is float and not isinstance(get_float(right), np.generic):
        return holds
    return np.True_ if holds else np.False_


def call_on_floats(f: Callable[..., Any], *floats: Any) -> Any:
    """Return what f returns for floats, and NaN where Python's raise: NumPy's would be infinite or NaN."""
    try:
        return f(*floats)
    except ArithmeticError:
        return float("nan")


class Ball:
    """A real number that lies within `value`, an `arb`, and the float that stands for it, `as_float`."""

    __slots__ = ("as_float", "value")

    def __init__(self, value: arb, as_float: Any = None) -> None:
        self.value = value
        self.as_float = np.float64(float(value.mid())) if as_float is None else as_float

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """The class of the float, so that code which asks for its type goes as it does on floats."""
        return type(self.as_float)

    def apply_unary(self, f: Unary) -> "Ball":
        """Return f of this ball."""
        v = f.apply(self.value)
        return self.complete_unary(f, v, f.apply_to_float(self.as_float, v))

    def complete_unary(self, f: Unary, value: arb, as_float: Any) -> "Ball":  # noqa: ARG002  (on which others look)
        """Return f of this ball, given what it is of its value and of its float."""
        return type(self)(value, as_float)

    def apply_binary(self, f: Binary, other: object, reflected: bool = False) -> Any:
        """Return f of this ball and another number or, if reflected, of that first.

        Returns `NotImplemented` for what is no number, and for a ball of another kind, which knows more.
        """
        kind = type(other)
        if kind is Ball or kind is Fixed:
            value, number = other.value, other.as_float  # type: ignore[attr-defined]
        elif isinstance(other, Ball) or (value := enclose(other)) is NotImplemented:
            return self.meet_complex(f, other, reflected)
        else:
            number = other
        if reflected:
            result, as_float = f.apply(value, self.value), call_on_floats(f.on_floats, number, self.as_float)
        else:
            result, as_float = f.apply(self.value, value), call_on_floats(f.on_floats, self.as_float, number)
        return (Fixed if kind is not Ball and type(self) is Fixed else Ball)(result, as_float)

    __add__, __radd__ = _define_operator("add")
    __sub__, __rsub__ = _define_operator("sub")
    __mul__, __rmul__ = _define_operator("mul")
    __truediv__, __rtruediv__ = _define_operator("truediv")
    __pow__, __rpow__ = _define_operator("pow")

    def __neg__(self) -> "Ball":
        return type(self)(-self.value, -self.as_float)

    def __abs__(self) -> "Ball":
        return type(self)(abs(self.value), abs(self.as_float))

    def make_constant(self, number: Any) -> "Ball":
        """Return a number that depends on nothing, of the same kind and float type."""
        return make_fixed(number, type(self.as_float))

    def cast(self, dtype: Any) -> "Ball":
        """Return the same number as it is stored in that float type; `float` is Python's."""
        return type(self)(self.value, dtype(self.as_float))

    def replace_value(self, value: arb, as_float: Any) -> "Ball":
        """Return the same number where another enclosure of it is known, and another float stands for it."""
        return type(self)(value, as_float)

    __lt__ = _define_comparison("<")
    __le__ = _define_comparison("<=")
    __gt__ = _define_comparison(">")
    __ge__ = _define_comparison(">=")
    __eq__ = _define_comparison("==")
    __ne__ = _define_comparison("!=")

    def __hash__(self) -> int:
        return hash(self.as_float)

    def decide(self, relation: str, holds: bool | None, other: object, value: arb) -> bool:
        """Decide a comparison with another number; `holds` is what is known of it by the balls."""
        comparisons = CURRENT.context.comparisons
        if comparisons is None:
            if holds is None:
                raise UndecidedComparisonError(relation, self.value, value)
            return holds
        return comparisons.decide(relation, holds, (self.value, self.as_float), (value, get_float(other)))

    def sign(self) -> "Ball":
        if self.as_float != self.as_float:
            return self
        return self.make_step(int(self > 0) - int(self < 0))

    def make_step(self, n: Any) -> Any:
        """Return a number that this ball decides, and that is the same for all near it."""
        return self.make_constant(n)

    def minimum(self, other: Any) -> Any:
        return self._take_extreme(other, operator.le)

    def maximum(self, other: Any) -> Any:
        return self._take_extreme(other, operator.ge)

    def _take_extreme(self, other: Any, precedes: Callable[[Any, Any], bool]) -> Any:
        """Return one of the two; NaN if one of them is."""
        if not isinstance(other, Ball):
            other = self.make_constant(other).cast(type(self.as_float + other))
        first = self.as_float != self.as_float or (other.as_float == other.as_float and precedes(self, other))
        chosen, rejected = (self, other) if first else (other, self)
        if type(self.as_float) is not type(other.as_float):
            dtype = type(self.as_float + other.as_float)
            chosen = chosen if dtype is type(chosen.as_float) else chosen.cast(dtype)
        return chosen.record_choice(rejected)

    def record_choice(self, rejected: Any) -> "Ball":  # noqa: ARG002  (which a ball that is traced remembers)
        """Return this ball, which was chosen beside another one."""
        return self

    def __bool__(self) -> bool:
        return bool(self != 0)

    def __float__(self) -> float:
        if (encountered := CURRENT.context.encountered) is not None:
            encountered.refused_float = True
        raise RefusedFloatError(self)

    __index__ = __complex__ = __float__

    def __pos__(self) -> "Ball":
        return self

    conj = conjugate = __copy__ = __pos__

    @property
    def real(self) -> Any:
        """Itself."""
        return self

    @property
    def imag(self) -> Any:
        """0."""
        return self.make_constant(0)

    def become_complex(self) -> Any:
        """Return it as a complex number, as `_complex` makes them."""
        return NotImplemented

    def meet_complex(self, f: Binary, other: object, reflected: bool) -> Any:
        """Return f of this ball as a complex number and another one; `NotImplemented` if the other is none."""
        if not isinstance(other, complex | np.complexfloating):
            return NotImplemented
        return self.become_complex().apply_binary(f, other, reflected)

    def angle(self) -> Any:
        """Return the angle of it as a complex number, as `_complex` has it."""
        return NotImplemented

    def __getitem__(self, index: Any) -> Any:
        """As a scalar of NumPy's, which has no axes but may get some."""
        held = empty((), dtype=object)
        held[()] = self
        return held[index]

    __iter__ = None  # nor has it items

    def __format__(self, spec: str) -> str:
        note_text()
        return format(self.as_float, spec)

    def __str__(self) -> str:
        note_text()
        return str(self.as_float)

    def __deepcopy__(self, memo: object) -> "Ball":
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value.str(15)})"


def is_constant(number: object) -> bool:
    """Whether it depends on no argument: a plain number, or a ball that was made of one."""
    return not isinstance(number, Ball) or isinstance(number, Fixed) or getattr(number, "created", 0) < 0


class Operands(NamedTuple):
    """Two numbers that were compared, known again where they are the same two."""

    left: Ball
    right: object

    def compare_sign(self, other: Difference) -> int:
        if not isinstance(other, Operands):
            return 0
        a, b = self.right, other.right
        if self.left is other.left and (a is b or (is_constant(a) and is_constant(b) and get_float(a) == get_float(b))):
            return 1
        return -1 if self.left is other.right and self.right is other.left else 0


class Fixed(Ball):
    """A number that stands in the code, such as the zeros of a buffer: it goes with balls of any kind."""

    __slots__ = ()


def _delegate_to_array(name: str) -> property:
    """Give a ball what a scalar of NumPy's has: that of the array without axes that holds the ball."""

    def attribute(self: Ball) -> Any:
        held = empty((), dtype=object)
        held[()] = self
        return getattr(held, name)

    return property(attribute)


for _name in (
    "T", "astype", "clip", "copy", "dot", "dtype", "flatten", "item", "max", "mean", "min", "ndim", "prod", "ravel",
    "reshape", "shape", "size", "squeeze", "std", "sum", "tolist", "transpose", "var",
):  # fmt: skip
    setattr(Ball, _name, _delegate_to_array(_name))


def call_of_pair(f: Binary, left: Ball, right: Any) -> Any:
    """Return f of a ball and another number, whichever of the two knows more."""
    result = left.apply_binary(f, right)
    return right.apply_binary(f, left, True) if result is NotImplemented and isinstance(right, Ball) else result


for _name, _unary in UNARY.items():
    setattr(Ball, _name, lambda self, f=_unary: self.apply_unary(f))
for _name in ("logaddexp", "hypot", "arctan2"):  # the others are operators
    setattr(Ball, _name, lambda self, other, f=BINARY[_name]: call_of_pair(f, self, other))
