"""The holomorphic functions that complex balls have, one line each: its derivative, and where its cut is."""

from collections.abc import Callable
from typing import NamedTuple

from flint import acb, arb

from bptt.balls._functions import UNARY


class Holomorphic(NamedTuple):
    """v = f(z), df/dz as a function of z and v, and whether z may lie on a cut, along one of the axes."""

    apply: Callable[[acb], acb]
    slope: Callable[[acb, acb], acb]
    on_cut: Callable[[acb], bool] = lambda z: False
    cut_is_real: bool = True


def _is_on_negative_axis(z: acb) -> bool:
    return z.imag.contains(0) and not z.real > 0


def _is_outside_of_one(z: acb) -> bool:
    return z.imag.contains(0) and not abs(z.real) < 1


def _is_outside_of_i(z: acb) -> bool:
    return z.real.contains(0) and not abs(z.imag) < 1


def _log2() -> arb:
    return arb.const_log2()


HOLOMORPHIC = {
    UNARY["exp"]: Holomorphic(acb.exp, lambda z, v: v),
    UNARY["exp2"]: Holomorphic(lambda z: (z * _log2()).exp(), lambda z, v: v * _log2()),
    UNARY["expm1"]: Holomorphic(acb.expm1, lambda z, v: z.exp()),
    UNARY["log"]: Holomorphic(acb.log, lambda z, v: 1 / z, _is_on_negative_axis),
    UNARY["log1p"]: Holomorphic(acb.log1p, lambda z, v: 1 / (1 + z), lambda z: _is_on_negative_axis(1 + z)),
    UNARY["log2"]: Holomorphic(lambda z: z.log() / _log2(), lambda z, v: 1 / (z * _log2()), _is_on_negative_axis),
    UNARY["log10"]: Holomorphic(
        lambda z: z.log() / arb.const_log10(), lambda z, v: 1 / (z * arb.const_log10()), _is_on_negative_axis
    ),
    UNARY["sqrt"]: Holomorphic(acb.sqrt, lambda z, v: 1 / (2 * v), _is_on_negative_axis),
    UNARY["rsqrt"]: Holomorphic(acb.rsqrt, lambda z, v: -v / (2 * z), _is_on_negative_axis),
    UNARY["sin"]: Holomorphic(acb.sin, lambda z, v: z.cos()),
    UNARY["cos"]: Holomorphic(acb.cos, lambda z, v: -z.sin()),
    UNARY["tan"]: Holomorphic(acb.tan, lambda z, v: z.sec() ** 2),
    UNARY["sinh"]: Holomorphic(acb.sinh, lambda z, v: z.cosh()),
    UNARY["cosh"]: Holomorphic(acb.cosh, lambda z, v: z.sinh()),
    UNARY["tanh"]: Holomorphic(acb.tanh, lambda z, v: z.sech() ** 2),
    UNARY["arcsin"]: Holomorphic(acb.asin, lambda z, v: (1 - z * z).rsqrt(), _is_outside_of_one),
    UNARY["arccos"]: Holomorphic(acb.acos, lambda z, v: -(1 - z * z).rsqrt(), _is_outside_of_one),
    UNARY["arctan"]: Holomorphic(acb.atan, lambda z, v: 1 / (1 + z * z), _is_outside_of_i, cut_is_real=False),
    UNARY["arcsinh"]: Holomorphic(acb.asinh, lambda z, v: (1 + z * z).rsqrt(), _is_outside_of_i, cut_is_real=False),
    UNARY["arccosh"]: Holomorphic(
        acb.acosh, lambda z, v: (z - 1).rsqrt() * (z + 1).rsqrt(), lambda z: _is_on_negative_axis(z - 1)
    ),
    UNARY["arctanh"]: Holomorphic(acb.atanh, lambda z, v: 1 / (1 - z * z), _is_outside_of_one),
    UNARY["logistic"]: Holomorphic(lambda z: 1 / (1 + (-z).exp()), lambda z, v: v * (1 - v)),
}
