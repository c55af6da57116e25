"""Gradients of the LSTM and of both forms of the GRU with one mistake each, as people make them.

A mistake is a part of one line and what stands there instead: in the `vjp` or the `jvp` of the cell, or in the passes
and sums over time of `bptt.rnn.cell`. `wrong` are the leaves by which the gradient is then wrong: weights of the
cell, h and c for the parts of the initial state, and xs.
"""

import inspect
from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Any, NamedTuple

from bptt.rnn import cell as recurrence
from bptt.rnn import gru, lstm
from bptt.rnn.arrays import Array, product, stacked
from bptt.rnn.cell import Cell, Cotangents, Layer, Products
from bptt.rnn.registry import CELLS
from tests.corpus.slips import with_a_slip

WEIGHTS = "U W b b_h"
EVERY = f"{WEIGHTS} h c xs"  # of which a cell has some


class Mistake(NamedTuple):
    """What it is, a part of a line, what stands there instead, the leaves that are wrong, and the function it is in."""

    kind: str
    line: str
    instead: str
    wrong: str = EVERY
    function: str = "vjp"


class Wrong(NamedTuple):
    """A cell with a mistake in its gradient, and the paths of the leaves by which that is wrong."""

    kind: str
    layer: Any  # a Layer; where the mistake is one forward in time, a Cell
    leaves: set[str]


class Slipped(NamedTuple):
    """A layer with a `backward` of another."""

    forward: Callable[..., Any]
    backward: Callable[..., Cotangents]


def with_the(mistake: Mistake, cell: Cell) -> Layer:
    """The cell with this mistake."""
    slipped = with_a_slip(_function(mistake, cell), mistake.line, mistake.instead)
    if mistake.function in ("vjp", "jvp"):
        return cell._replace(**{mistake.function: slipped})
    if mistake.function != "backward":
        names = {**vars(recurrence), mistake.function: slipped}
        slipped = FunctionType(Cell.backward.__code__, names, argdefs=Cell.backward.__defaults__)
    return Slipped(cell.forward, partial(slipped, cell))


def source(mistake: Mistake, cell: Cell) -> str:
    """The code with the mistake in it."""
    return inspect.getsource(_function(mistake, cell)).replace(mistake.line, mistake.instead)


def paths(cell: Cell, letters: str) -> set[str]:
    """The leaves of `network.Arguments` that these letters stand for; a letter that the cell has not is passed over."""
    weights = {name: f"weights.cell.{name}" for name in cell.Weights._fields}
    initial = {name: f"h0.{name}" for name in cell.State._fields} if len(cell.State._fields) > 1 else {"h": "h0"}
    known = {**weights, **initial, "xs": "xs"}
    return {known[letter] for letter in letters.split() if letter in known}


def _function(mistake: Mistake, cell: Cell) -> Any:
    if mistake.function in ("vjp", "jvp", "backward"):
        return getattr(Cell if mistake.function == "backward" else cell, mistake.function)
    return getattr(recurrence, mistake.function)


def over_time(kind: str, line: str, instead: str, wrong: str = EVERY) -> Mistake:
    """A mistake in the pass back through time."""
    return Mistake(kind, line, instead, wrong, "backward")


def starting_from(kind: str, before: str, wrong: str) -> Mistake:
    """A mistake in the states from which the steps start."""
    line = "states=states, h_bar=h_bar)"
    return over_time(kind, line, f"{line}\n    run = run._replace(before={before})", wrong)


def carried(kind: str, instead: str) -> Mistake:
    """A mistake in what goes from one step to the one before it."""
    return Mistake(f"carry {kind}", "out_t = step(carry,", f"out_t = step({instead},", function="scan")


def multiplied(kind: str, line: str, instead: str, wrong: str) -> Mistake:
    """A mistake in what a weight multiplies, or in the cotangent that it is multiplied by."""
    return Mistake(kind, line, instead, wrong, "map_weights")


def of_tangents(kind: str, line: str, instead: str, wrong: str = WEIGHTS) -> Mistake:
    """A mistake forward in time."""
    return Mistake(kind, line, instead, wrong, "jvp")


def rows(kind: str, weight: str, instead: str) -> Mistake:
    """A mistake in the gradient of one weight once it is there."""
    line = "    return weights._replace("
    changed = f'    results["{weight}"] = results["{weight}"]{instead}\n{line}'
    return Mistake(f"{kind} in {weight}", line, changed, weight, "map_weights")


FROM_ZEROS = "each(lambda part: namespace(part).concat([0 * part[:1], part[1:]]), run.before)"
REMEMBERED = "self.remembered(run.before, run.states)"

OF_ANY_CELL = [
    starting_from("zeros for the initial state", FROM_ZEROS, "U W b b_h h xs"),  # c0 gets its own by f alone
    starting_from(
        "the last state for the initial one",
        "each(lambda part: namespace(part).roll(part, 1, axis=0), select_carried(self.State, run.states))",
        "U W b b_h h xs",
    ),
    over_time("initial state forgotten in W", REMEMBERED, f"self.remembered({FROM_ZEROS}, run.states)", wrong="W"),
    over_time("h at t for h at t − 1 in W", REMEMBERED, "run.states.h", wrong="W"),
    over_time("nothing carried from step to step", "return before_bar, δ", "return zeros, δ"),
    carried("cut in the middle", "each(lambda part: 0 * part, carry) if t == 1 else carry"),
    carried("cut before the first step", "each(lambda part: 0 * part, carry) if t == 0 else carry"),
    carried("halved at each step", "each(lambda part: part / 2, carry)"),
    over_time("forward in time", "reverse=True", "reverse=False"),
    over_time("cotangent of h overwritten by the loss", "h=bar.h + h_bar", "h=h_bar"),
    over_time("cotangent of the loss subtracted", "h=bar.h + h_bar", "h=bar.h - h_bar"),
    over_time("factor 2 at the loss", "h=bar.h + h_bar", "h=bar.h + 2 * h_bar"),
    over_time(
        "loss of the next step", "run.states, run.h_bar", "run.states, namespace(xs).roll(run.h_bar, -1, axis=0)"
    ),
    over_time(
        "states of the next step",
        "run.states, run.h_bar",
        "each(lambda s: namespace(s).roll(s, -1, axis=0), run.states), run.h_bar",
    ),
    over_time("last write wins in the sums", "getattr(δ, side), z", "getattr(δ, side)[:1], z[:1]", wrong=WEIGHTS),
    over_time("first step skipped in the sums", "getattr(δ, side), z", "getattr(δ, side)[1:], z[1:]", wrong=WEIGHTS),
    over_time("last step skipped in the sums", "getattr(δ, side), z", "getattr(δ, side)[:-1], z[:-1]", wrong=WEIGHTS),
    over_time(
        "δ of the next step in the sums",
        "getattr(δ, side), z",
        "namespace(z).roll(getattr(δ, side), -1, axis=0), z",
        wrong="U W",  # a bias meets the same δ in another order
    ),
    multiplied("x at t − 1 for x at t", '"U": (xs,', '"U": (namespace(xs).roll(xs, 1, axis=0),', wrong="U"),
    multiplied("mean over time in U", '"U": (xs,', '"U": (xs / len(xs),', wrong="U"),
    multiplied("mean over the batch in W", '"W": (z,', '"W": (z / math.prod(xs.shape[1:-1]),', wrong="W"),
    multiplied("mean over the batch in b", '"b": (ones,', '"b": (ones / math.prod(xs.shape[1:-1]),', wrong="b"),
    multiplied(
        "b by the first step alone", '"b": (ones,', '"b": (namespace(xs).concat([ones[:1], 0 * ones[1:]]),', wrong="b"
    ),
    multiplied(
        "b by the last step alone", '"b": (ones,', '"b": (namespace(xs).concat([0 * ones[1:], ones[:1]]),', wrong="b"
    ),
    multiplied("off by 1e-9 of itself in U", '"U": (xs,', '"U": ((1 + 1e-9) * xs,', wrong="U"),
    rows("transposed for each gate", "W", ".swapaxes(1, 2)"),
    rows("in reverse", "W", "[::-1]"),
    over_time("h0 forgotten", "(h0, h0_bar)", "(h0, zeros)", wrong="h c"),
    over_time("h0 without W", "(h0, h0_bar)", "(h0, h0_bar._replace(h=δ.h[0].sum(axis=-2)))", wrong="h"),
    over_time(
        "h0 by W of the last gate alone",
        "(h0, h0_bar)",
        "(h0, h0_bar._replace(h=transposed_product(run.weights.W[-1], δ.h[0, ..., -1, :])))",
        wrong="h",
    ),
    over_time(
        "gates of U in reverse on the way to xs", "(run.weights.U, δ.x)", "(run.weights.U[::-1], δ.x)", wrong="xs"
    ),
    over_time("first gate left out of xs", "(run.weights.U, δ.x)", "(run.weights.U[1:], δ.x[..., 1:, :])", wrong="xs"),
    over_time("last gate alone in xs", "(run.weights.U, δ.x)", "(run.weights.U[-1], δ.x[..., -1, :])", wrong="xs"),
]

OF_THE_LSTM = [
    Mistake("carry of c dropped", "bar.c + bar.h", "bar.h"),
    Mistake("path from h to c dropped", "bar.c + bar.h * o * tanh.slope(tanh_c)", "bar.c"),
    Mistake("carry of c subtracted", "bar.c + bar.h", "-bar.c + bar.h"),
    Mistake("o forgotten on the way to c", "bar.h * o * tanh", "bar.h * tanh"),
    Mistake("f for o on the way to c", "bar.h * o * tanh", "bar.h * f * tanh"),
    Mistake("tanh′ of c for that of tanh(c)", "tanh.slope(tanh_c)", "tanh.slope(c)"),
    Mistake("tanh′ of h", "tanh.slope(tanh_c)", "tanh.slope(states.h)"),
    Mistake("tanh′ of c forgotten", "o * tanh.slope(tanh_c)", "o"),
    Mistake("tanh′ of c squared", "tanh.slope(tanh_c)", "tanh.slope(tanh_c) ** 2"),
    Mistake("tanh of tanh(c)", "tanh.slope(tanh_c)", "tanh.slope(tanh(tanh_c))"),
    Mistake("1 + tanh² for 1 − tanh²", "tanh.slope(tanh_c)", "(1 + tanh_c * tanh_c)"),
    Mistake("σ′ for tanh′ of c", "tanh.slope(tanh_c)", "sigmoid.slope(tanh_c)"),
    Mistake("tanh of c forgotten", "tanh_c = tanh(c)", "tanh_c = c"),
    Mistake("peephole from o", "c_bar = bar.c +", "c_bar = bar.c + bar.h * tanh_c * sigmoid.slope(o) +"),
    Mistake("c for tanh(c) in o", "bar.h * tanh_c", "bar.h * c"),
    Mistake("c_bar for h_bar in o", "bar.h * tanh_c", "c_bar * tanh_c"),
    Mistake("σ′ of o forgotten", "tanh_c * sigmoid.slope(o)", "tanh_c"),
    Mistake("tanh′ for σ′ of o", "sigmoid.slope(o)", "tanh.slope(o)"),
    Mistake("σ′ of o without 1 − o", "sigmoid.slope(o)", "o"),
    Mistake("sign of o", "δ_o = bar.h", "δ_o = -bar.h"),
    Mistake("σ′ of i forgotten", "g * sigmoid.slope(i)", "g"),
    Mistake("σ′ of i without i", "sigmoid.slope(i)", "(1 - i)"),
    Mistake("tanh′ for σ′ of i", "sigmoid.slope(i)", "tanh.slope(i)"),
    Mistake("i for g in i", "c_bar * g", "c_bar * i"),
    Mistake("h_bar for c_bar in i", "c_bar * g", "bar.h * g"),
    Mistake("c_bar before the path from h in i", "c_bar * g", "bar.c * g"),
    Mistake("c at t for c at t − 1", "c_bar * before.c", "c_bar * c"),
    Mistake("h at t − 1 for c at t − 1", "c_bar * before.c", "c_bar * before.h"),
    Mistake("f for c at t − 1", "c_bar * before.c", "c_bar * f"),
    Mistake("σ′ of f forgotten", "before.c * sigmoid.slope(f)", "before.c"),
    Mistake("σ′ of i for that of f", "sigmoid.slope(f)", "sigmoid.slope(i)"),
    Mistake("f gets nothing", "δ_f = c_bar", "δ_f = 0 * c_bar"),
    Mistake("σ′ for tanh′ of g", "tanh.slope(g)", "sigmoid.slope(g)"),
    Mistake("tanh′ of g forgotten", "i * tanh.slope(g)", "i"),
    Mistake("tanh′ of tanh(g)", "tanh.slope(g)", "tanh.slope(tanh(g))"),
    Mistake("tanh′ of tanh′ of g", "tanh.slope(g)", "tanh.slope(tanh.slope(g))"),
    Mistake("1 − g for 1 − g²", "tanh.slope(g)", "(1 - g)"),
    Mistake("g for i in g", "c_bar * i", "c_bar * g"),
    Mistake("f for i in g", "c_bar * i", "c_bar * f"),
    Mistake("factor 2 in g", "δ_g = c_bar", "δ_g = 2 * c_bar"),
    Mistake("g off by 1e-9 of itself", "δ_g = c_bar", "δ_g = (1 + 1e-9) * c_bar"),
    Mistake("order i, g, f, o", "(δ_i, δ_f, δ_g, δ_o)", "(δ_i, δ_g, δ_f, δ_o)"),
    Mistake("order i, f, o, g", "(δ_i, δ_f, δ_g, δ_o)", "(δ_i, δ_f, δ_o, δ_g)"),
    Mistake("i and f exchanged for U and b", "Products(δ)", "Products(δ[..., [1, 0, 2, 3], :], δ)", "U b xs"),
    Mistake("W for its transpose in each gate", "(weights.W, δ)", "(weights.W.swapaxes(1, 2), δ)"),
    Mistake("order i, g, f, o of W", "(weights.W, δ)", "(weights.W[[0, 2, 1, 3]], δ)"),
    Mistake("o left out of h at t − 1", "(weights.W, δ)", "(weights.W[:3], δ[..., :3, :])"),
    Mistake("o alone in h at t − 1", "(weights.W, δ)", "(weights.W[3], δ_o)"),
    Mistake("no W on the way to h at t − 1", "transposed_product(weights.W, δ)", "δ.sum(axis=-2)"),
    Mistake("nothing to h at t − 1", "h=transposed_product", "h=0 * transposed_product"),
    Mistake("h carried over beside W", "h=transposed_product", "h=bar.h + transposed_product"),
    Mistake("carry without f", "c=c_bar * f", "c=c_bar"),
    Mistake("carry with i", "c=c_bar * f", "c=c_bar * i"),
    Mistake("carry with 1 − i", "c=c_bar * f", "c=c_bar * (1 - i)"),
    Mistake("carry with σ′ of f", "c=c_bar * f", "c=c_bar * sigmoid.slope(f)"),
    Mistake("carry past the path from h", "c=c_bar * f", "c=bar.c * f"),
    Mistake("peepholes from i and f", "c=c_bar * f", "c=c_bar * f + δ_i + δ_f"),
    over_time(
        "f of the next step",
        "run.states, run.h_bar",
        "run.states._replace(f=namespace(xs).roll(run.states.f, -1, axis=0)), run.h_bar",
    ),
    starting_from("zeros for c0", f"run.before._replace(c={FROM_ZEROS}.c)", "U W b h xs"),
    over_time("c0 without f", "(h0, h0_bar)", "(h0, h0_bar._replace(c=h0_bar.c / run.states.f[0]))", wrong="c"),
    over_time("h0 and c0 exchanged", "(h0, h0_bar)", "(h0, h0_bar._replace(h=h0_bar.c, c=h0_bar.h))", wrong="h c"),
    rows("i and f exchanged", "U", "[[1, 0, 2, 3]]"),
    rows("i and f exchanged", "W", "[[1, 0, 2, 3]]"),
    rows("i and f exchanged", "b", "[[1, 0, 2, 3]]"),
    rows("order i, g, f, o", "W", "[[0, 2, 1, 3]]"),
]

OF_BOTH_GRUS = [
    Mistake("z for 1 − z in n", "bar.h * (1 - z)", "bar.h * z"),
    Mistake("1 − z forgotten in n", "bar.h * (1 - z)", "bar.h"),
    Mistake("tanh′ of n forgotten", "(1 - z) * tanh.slope(n)", "(1 - z)"),
    Mistake("σ′ for tanh′ of n", "tanh.slope(n)", "sigmoid.slope(n)"),
    Mistake("tanh′ of tanh(n)", "tanh.slope(n)", "tanh.slope(tanh(n))"),
    Mistake("1 − n for 1 − n²", "tanh.slope(n)", "(1 - n)"),
    Mistake("1 + n² for 1 − n²", "tanh.slope(n)", "(1 + n * n)"),
    Mistake("n off by 1e-9 of itself", "δ_n = bar.h", "δ_n = (1 + 1e-9) * bar.h"),
    Mistake("factor 2 in n", "δ_n = bar.h", "δ_n = 2 * bar.h"),
    Mistake("sign of z", "(before.h - n)", "(n - before.h)"),
    Mistake("h at t − 1 forgotten in z", "(before.h - n)", "-n"),
    Mistake("n forgotten in z", "(before.h - n)", "before.h"),
    Mistake("h at t for h at t − 1 in z", "(before.h - n)", "(states.h - n)"),
    Mistake("r for h at t − 1 in z", "(before.h - n)", "(r - n)"),
    Mistake("σ′ of z forgotten", "(before.h - n) * sigmoid.slope(z)", "(before.h - n)"),
    Mistake("σ′ of z without 1 − z", "sigmoid.slope(z)", "z"),
    Mistake("tanh′ for σ′ of z", "sigmoid.slope(z)", "tanh.slope(z)"),
    Mistake("σ′ of r for that of z", "sigmoid.slope(z)", "sigmoid.slope(r)"),
    Mistake("σ′ of r forgotten", " * sigmoid.slope(r)", ""),
    Mistake("σ′ of r without r", "sigmoid.slope(r)", "(1 - r)"),
    Mistake("tanh′ for σ′ of r", "sigmoid.slope(r)", "tanh.slope(r)"),
    Mistake("σ′ of z for that of r", "sigmoid.slope(r)", "sigmoid.slope(z)"),
    Mistake("direct path dropped", "State(bar.h * z +", "State("),
    Mistake("direct path with 1 − z", "State(bar.h * z", "State(bar.h * (1 - z)"),
    Mistake("direct path without z", "State(bar.h * z", "State(bar.h"),
    Mistake("direct path with r, too", "State(bar.h * z", "State(bar.h * z * r"),
    over_time(
        "z of the next step",
        "run.states, run.h_bar",
        "run.states._replace(z=namespace(xs).roll(run.states.z, -1, axis=0)), run.h_bar",
    ),
    multiplied("mean over time in b_h", '"b_h": (ones,', '"b_h": (ones / len(xs),', wrong="b_h"),
    multiplied(
        "b_h by the first step alone",
        '"b_h": (ones,',
        '"b_h": (namespace(xs).concat([ones[:1], 0 * ones[1:]]),',
        wrong="b_h",
    ),
    rows("r and z exchanged", "U", "[[1, 0, 2]]"),
    rows("r and z exchanged", "W", "[[1, 0, 2]]"),
    rows("r and z exchanged", "b", "[[1, 0, 2]]"),
    rows("r and z exchanged", "b_h", "[[1, 0, 2]]"),
]

OF_THE_GRU = [
    Mistake("r for p in r", "δ_n * p", "δ_n * r"),
    Mistake("h at t − 1 for p in r", "δ_n * p", "δ_n * before.h"),
    Mistake("h_bar for δ of n in r", "δ_n * p", "bar.h * p"),
    Mistake("reset twice in r", "δ_n * p", "δ_n * r * p"),
    Mistake("p without its bias in r", "δ_n * p", "δ_n * (p - weights.b_h[2])"),
    Mistake("path through r dropped", "δ_r = δ_n", "δ_r = 0 * δ_n"),
    Mistake("sign of r", "δ_r = δ_n", "δ_r = -δ_n"),
    Mistake("reset forgotten in the product with W", "stacked(δ_r, δ_z, δ_n * r)", "stacked(δ_r, δ_z, δ_n)"),
    Mistake("reset in the product with U, too", "stacked(δ_r, δ_z, δ_n),", "stacked(δ_r, δ_z, δ_n * r),", "U b xs"),
    Mistake("z for r in the product with W", "δ_n * r)", "δ_n * z)"),
    Mistake("r and z exchanged for U", "stacked(δ_r, δ_z, δ_n),", "stacked(δ_z, δ_r, δ_n),", "U b xs"),
    Mistake("r and z exchanged for W", "stacked(δ_r, δ_z, δ_n * r)", "stacked(δ_z, δ_r, δ_n * r)"),
    Mistake(
        "order z, r, n",
        "stacked(δ_r, δ_z, δ_n), stacked(δ_r, δ_z, δ_n * r)",
        "stacked(δ_z, δ_r, δ_n), stacked(δ_z, δ_r, δ_n * r)",
    ),
    Mistake("δ of the other product on the way to h at t − 1", "(weights.W, δ.h)", "(weights.W, δ.x)"),
    Mistake("W for its transpose in each gate", "(weights.W, δ.h)", "(weights.W.swapaxes(1, 2), δ.h)"),
    Mistake("r left out of h at t − 1", "(weights.W, δ.h)", "(weights.W[1:], δ.h[..., 1:, :])"),
    Mistake("n alone in h at t − 1", "(weights.W, δ.h)", "(weights.W[2], δ.h[..., 2, :])"),
    Mistake("no W on the way to h at t − 1", "transposed_product(weights.W, δ.h)", "δ.h.sum(axis=-2)"),
    Mistake("direct path alone", " + transposed_product(weights.W, δ.h)", ""),
    Mistake(
        "reset after the transposed product",
        "transposed_product(weights.W, δ.h)",
        "transposed_product(weights.W[:2], δ.h[..., :2, :]) + r * transposed_product(weights.W[2], δ_n)",
    ),
    multiplied("reset forgotten in W", '"W": (z, "h")', '"W": (z, "x")', wrong="W"),
    multiplied("reset forgotten in b_h", '"b_h": (ones, "h")', '"b_h": (ones, "x")', wrong="b_h"),
    multiplied("reset in b, too", '"b": (ones, "x")', '"b": (ones, "h")', wrong="b"),
    multiplied("reset in U, too", '"U": (xs, "x")', '"U": (xs, "h")', wrong="U"),
    over_time("reset on the way to xs, too", "(run.weights.U, δ.x)", "(run.weights.U, δ.h)", wrong="xs"),
]

OF_THE_GRU_RESET_BEFORE = [
    Mistake("r for h at t − 1 in r", "p_bar * before.h", "p_bar * r"),
    Mistake("h at t for h at t − 1 in r", "p_bar * before.h", "p_bar * states.h"),
    Mistake("p for h at t − 1 in r", "p_bar * before.h", "p_bar * states.p"),
    Mistake("δ of n without W in r", "δ_r = p_bar", "δ_r = δ_n"),
    Mistake("path through r dropped", "δ_r = p_bar", "δ_r = 0 * p_bar"),
    Mistake("sign of r", "δ_r = p_bar", "δ_r = -p_bar"),
    Mistake(
        "W of n for its transpose", "transposed_product(weights.W[2], δ_n)", "transposed_product(weights.W[2].T, δ_n)"
    ),
    Mistake("W of z for that of n", "(weights.W[2], δ_n)", "(weights.W[1], δ_n)"),
    Mistake("reset already in p_bar", "(weights.W[2], δ_n)", "(weights.W[2], δ_n * r)"),
    Mistake("r and z exchanged", "stacked(δ_r, δ_z, δ_n)", "stacked(δ_z, δ_r, δ_n)", f"{WEIGHTS} xs"),
    Mistake(
        "reset in δ of n, as in the other form", "stacked(δ_r, δ_z, δ_n)", "stacked(δ_r, δ_z, δ_n * r)", f"{WEIGHTS} xs"
    ),
    Mistake("r and z exchanged for U", "Products(δ)", "Products(stacked(δ_z, δ_r, δ_n), δ)", "U b xs"),
    Mistake("W of r and z for its transpose", "(weights.W[:2], s", "(weights.W[:2].swapaxes(1, 2), s"),
    Mistake("W of r and z exchanged", "stacked(δ_r, δ_z))", "stacked(δ_z, δ_r))"),
    Mistake("r left out of h at t − 1", "(weights.W[:2], stacked(δ_r, δ_z))", "(weights.W[1], δ_z)"),
    Mistake("z left out of h at t − 1", "(weights.W[:2], stacked(δ_r, δ_z))", "(weights.W[0], δ_r)"),
    Mistake("all gates through W and n through r again", "(weights.W[:2], stacked(δ_r, δ_z))", "(weights.W, δ)"),
    Mistake("path through p dropped", " + p_bar * r", ""),
    Mistake("reset forgotten on the way through p", "p_bar * r)", "p_bar)"),
    Mistake("z for r on the way through p", "p_bar * r)", "p_bar * z)"),
    Mistake(
        "reset before the transposed product, as in the other form",
        "p_bar * r)",
        "transposed_product(weights.W[2], δ_n * r))",
    ),
    Mistake(
        "W h for W transposed δ in r, as in the other form",
        "p_bar * before.h",
        "δ_n * product(weights.W[2], before.h)",
    ),
    over_time("h at t − 1 for p in W", REMEMBERED, "run.before.h", wrong="W"),
]

TANGENTS_OF_THE_LSTM = [
    of_tangents("recurrence dropped", " + product(weights.W, before_dot.h)", ""),
    of_tangents("W for its transpose in each gate", "(weights.W, before", "(weights.W.swapaxes(1, 2), before"),
    of_tangents("product with U forgotten", "dot.x + dot.h", "dot.h", wrong="U b"),
    of_tangents("product with W forgotten", "dot.x + dot.h", "dot.x", wrong="W"),
    of_tangents("order i, g, f, o", "a_i, a_f, a_g, a_o =", "a_i, a_g, a_f, a_o ="),
    of_tangents("σ′ of i forgotten", "sigmoid.slope(i) * ", ""),
    of_tangents("σ′ of i for that of f", "sigmoid.slope(f)", "sigmoid.slope(i)"),
    of_tangents("σ′ for tanh′ of g", "tanh.slope(g)", "sigmoid.slope(g)"),
    of_tangents("σ′ of o without 1 − o", "sigmoid.slope(o)", "o"),
    of_tangents("carry of c dropped", "f * before_dot.c +", ""),
    of_tangents("carry with i", "f * before_dot.c", "i * before_dot.c"),
    of_tangents("c at t for c at t − 1", "f_dot * before.c", "f_dot * c"),
    of_tangents("tangent of f dropped", "f_dot * before.c + ", ""),
    of_tangents("half of the product rule", " + i * g_dot", ""),
    of_tangents("product of the tangents", "i_dot * g + i * g_dot", "i_dot * g_dot"),
    of_tangents("c for tanh(c)", "o_dot * tanh_c", "o_dot * c"),
    of_tangents("tanh′ of c for that of tanh(c)", "tanh.slope(tanh_c)", "tanh.slope(c)"),
    of_tangents("o forgotten", "o * tanh.slope(tanh_c)", "tanh.slope(tanh_c)"),
    of_tangents("c from h", "c=c_dot", "c=o * c_dot"),
    of_tangents("g off by 1e-9 of itself", "tanh.slope(g) * a_g", "tanh.slope(g) * a_g * (1 + 1e-9)"),
]

TANGENTS_OF_BOTH_GRUS = [
    of_tangents("σ′ of r forgotten", "sigmoid.slope(r) *", "1 *"),
    of_tangents("σ′ of z without 1 − z", "sigmoid.slope(z)", "z"),
    of_tangents("σ′ for tanh′ of n", "tanh.slope(n)", "sigmoid.slope(n)"),
    of_tangents("z for 1 − z", "(1 - z) * n_dot", "z * n_dot"),
    of_tangents("sign of z", "(before.h - n)", "(n - before.h)"),
    of_tangents("h at t for h at t − 1", "(before.h - n)", "(states.h - n)"),
    of_tangents("tangent of z dropped", "z_dot * (before.h - n) + ", ""),
    of_tangents("direct path dropped", " + z * before_dot.h", ""),
    of_tangents("direct path without z", " + z * before_dot.h", " + before_dot.h"),
    of_tangents("n off by 1e-9 of itself", "tanh.slope(n) *", "(1 + 1e-9) * tanh.slope(n) *"),
]

TANGENTS_OF_THE_GRU = [
    of_tangents("recurrence dropped", " + product(weights.W, before_dot.h)", ""),
    of_tangents("W for its transpose in each gate", "(weights.W, before", "(weights.W.swapaxes(1, 2), before"),
    of_tangents("product with U forgotten", "gates(dot.x)", "gates(0 * dot.x)", wrong="U b"),
    of_tangents("reset forgotten", "r * p_n", "p_n"),
    of_tangents("reset of the product with U, too", "(x_n + r_dot", "(r * x_n + r_dot", wrong="U b"),
    of_tangents("path through r dropped", " + r_dot * p", ""),
    of_tangents("h at t − 1 for p", "r_dot * p", "r_dot * before.h"),
    of_tangents("r and z exchanged", "p_r, p_z, p_n =", "p_z, p_r, p_n ="),
]

TANGENTS_OF_THE_GRU_RESET_BEFORE = [
    of_tangents("recurrence of r and z dropped", "gates(product(weights.W[:2], before_dot.h))", "0, 0"),
    of_tangents("W for its transpose in r and z", "(weights.W[:2], before", "(weights.W[:2].swapaxes(1, 2), before"),
    of_tangents("product with U forgotten", "(dot.x + dot.h)", "(dot.h)", wrong="U b"),
    of_tangents("product with W forgotten", "(dot.x + dot.h)", "(dot.x)", wrong="W b_h"),
    of_tangents("reset forgotten", "r * before_dot.h", "before_dot.h"),
    of_tangents(
        "reset after the product",
        "weights.W[2], r_dot * before.h + r * before_dot.h)",
        "weights.W[2], r_dot * before.h) + r * product(weights.W[2], before_dot.h)",
    ),
    of_tangents("path through r dropped", "r_dot * before.h + ", ""),
    of_tangents("p for h at t − 1", "r_dot * before.h", "r_dot * r * before.h"),
    of_tangents("W of n for its transpose", "(weights.W[2], r", "(weights.W[2].T, r"),
]

MISTAKES = {
    "lstm": OF_ANY_CELL + OF_THE_LSTM,
    "gru": OF_ANY_CELL + OF_BOTH_GRUS + OF_THE_GRU,
    "gru-reset-before": OF_ANY_CELL + OF_BOTH_GRUS + OF_THE_GRU_RESET_BEFORE,
}
MISTAKES_OF_TANGENTS = {
    "lstm": TANGENTS_OF_THE_LSTM,
    "gru": TANGENTS_OF_BOTH_GRUS + TANGENTS_OF_THE_GRU,
    "gru-reset-before": TANGENTS_OF_BOTH_GRUS + TANGENTS_OF_THE_GRU_RESET_BEFORE,
}


def carry_with_f_of_the_step_before() -> Layer:
    """c_bar[t-1] gets c_bar[t] f[t-1], as where the f at hand multiplies the carry that comes in; c0 gets no f."""
    without_f = with_a_slip(lstm.vjp, "c=c_bar * f", "c=c_bar")
    too_late = over_time("f", "h=bar.h + h_bar", "h=bar.h + h_bar, c=bar.c * states.f")
    return with_the(too_late, lstm.cell._replace(vjp=without_f))


def vjp_reset_after(weights: Any, before: Any, states: Any, bar: Any) -> tuple[Products, Any]:
    """That of `gru.cell`, at the states of `gru.cell_reset_before`."""
    p = product(weights.W[2], before.h) + weights.b_h[2]
    return gru.vjp(weights, before, states._replace(p=p), bar)


def reset(before: Any, states: Any) -> Array:
    return stacked(before.h, before.h, states.r * before.h)


WHOLE = {
    "lstm": [Wrong("carry with f of the step before", carry_with_f_of_the_step_before(), paths(lstm.cell, EVERY))],
    "gru": [
        Wrong(
            "gradient of the other form",
            gru.cell._replace(vjp=gru.vjp_reset_before, remembered=reset),
            paths(gru.cell, EVERY),
        )
    ],
    "gru-reset-before": [
        Wrong(
            "gradient of the other form",
            gru.cell_reset_before._replace(vjp=vjp_reset_after, remembered=gru.cell.remembered),
            paths(gru.cell, EVERY),
        )
    ],
}
WRONG_CELLS = {
    name: [Wrong(m.kind, with_the(m, CELLS[name]), paths(CELLS[name], m.wrong)) for m in mistakes] + WHOLE[name]
    for name, mistakes in MISTAKES.items()
}
WRONG_TANGENTS = {
    name: [Wrong(m.kind, with_the(m, CELLS[name]), paths(CELLS[name], m.wrong)) for m in mistakes]
    for name, mistakes in MISTAKES_OF_TANGENTS.items()
}
