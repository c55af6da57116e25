"""Families of JAX's primitives on balls: windows, orders, steps, special functions, scatters, named axes."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb
from jax import lax, nn
from jax.scipy import special

from bptt.balls import XLA, make_rounded_constant, store, use_precision
from bptt.balls._array import as_ball_array
from bptt.balls._rounded import Rounded
from bptt.balls.jax._complex import COMPLEX_RULES
from bptt.balls.jax._interpreter import PRIMITIVES
from bptt.balls.jax._linear_algebra import LINEAR_ALGEBRA
from bptt.balls.jax._traced_function import trace_floats
from bptt.verify import judge_gradient
from tests.verify.test_jax_functions import ALL as OTHER_CASES
from tests.verify.test_jax_functions import Array, Case, digits, each, interpreted, normal, of, primitives, total

X, Y, POSITIVE = np.array([0.5, -1.25, 2.0, 0.3]), np.array([1.5, 0.25, -0.75, 2.5]), np.array([0.4, 1.7, 2.9, 0.9])
OFF = X + 0.03  # of whole numbers, of halves, and of powers of 2
INSIDE = np.array([0.3, 0.6, 0.8, 0.1])  # of (0, 1)
A, B, SQUARE = normal(3, 4), normal(3, 4, seed=1), normal(4, 4, seed=2)
IMAGE, KERNEL = normal(1, 2, 5, 4, seed=3), normal(4, 1, 2, 3, seed=4)
GROUPS, KEYS = np.array([0, 2, 0, 2]), jnp.array([1, 0, 1, 0])
MESH = jax.sharding.Mesh(np.array(jax.devices()[:1]), ("i",))
sequential: Any = jax.custom_batching.sequential_vmap
named: Any = lax  # whose functions of axes have no types
partition: Any = jax.sharding.PartitionSpec
OF_MESH = partition("i")
pytestmark = pytest.mark.usefixtures("quick_compilation")


@pytest.fixture(autouse=True)
def in_64_bits() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def by(same: Callable[..., Any]) -> Callable[..., Any]:
    """Differentiate another function, which is the same, where JAX has no gradient of the one."""
    return lambda f, argnums: jax.grad(same, argnums)


def pooled(x: Any) -> Any:
    largest = lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 1), "SAME")
    least = lax.reduce_window(x, jnp.inf, lax.min, (1, 2, 1, 3), (1, 1, 1, 2), "VALID")
    return total(largest**2) + total(least**3)


def averaged(x: Any) -> Any:
    return lax.reduce_window(x, 0.0, lax.add, (2, 3), (1, 2), ((1, 0), (0, 1)), window_dilation=(2, 1)) ** 2


def pushed_through_pooling(x: Any) -> Any:
    """A tangent through the largest of each window, with padding between and around the elements."""

    def pool(y: Any) -> Any:
        return lax.reduce_window(y**2, -jnp.inf, lax.max, (2, 2), (1, 1), "VALID", base_dilation=(1, 1))

    return jax.jvp(pool, (x,), (jnp.sin(x),))[1]


def convolved(x: Any, kernel: Any) -> Any:
    return lax.conv_general_dilated(
        x, kernel, (2, 1), ((1, 2), (0, 1)), lhs_dilation=(1, 2), rhs_dilation=(2, 1), feature_group_count=2
    )


def convolved_in_batches(x: Any, kernel: Any) -> Any:
    numbers = ("HWCN", "IHWO", "CNHW")
    return lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=numbers, batch_group_count=2)


def over_named_axis(x: Any) -> Any:
    def row(t: Any) -> Any:
        shifted = named.ppermute(t, "i", [(0, 1), (1, 2), (2, 3), (3, 0)])
        summed = t * named.psum(t**2, "i") + named.pmax(t, "i") * named.pmin(t, "i") * shifted
        return summed * (1 + lax.axis_index("i")) + (lax.all_gather(t, "i") ** 3).sum() * t

    return jax.vmap(row, axis_name="i")(x)


def over_an_axis(x: Any) -> Any:
    shifted = x[np.array([3, 0, 1, 2])]
    return (x * (x**2).sum() + x.max() * x.min() * shifted) * (1 + np.arange(4)) + (x**3).sum() * x


def on_one_device(x: Any) -> Any:
    def shard(t: Any) -> Any:
        everywhere = lax.all_gather(t, "i", tiled=True) * named.ppermute(t, "i", [(0, 0)])
        return everywhere * named.psum(t, "i") + named.pmax(t**3, "i") * (1 + lax.axis_index("i")) - named.pmin(t, "i")

    return jax.shard_map(shard, mesh=MESH, in_specs=OF_MESH, out_specs=OF_MESH, check_vma=False)(x)


def on_one_device_with_checks(x: Any) -> Any:
    return jax.shard_map(lambda t: t * named.psum(t**2, "i"), mesh=MESH, in_specs=OF_MESH, out_specs=OF_MESH)(x)


def solved(a: Any, b: Any) -> Any:
    return lax.custom_linear_solve(lambda v: a * v, b, lambda _, right: right / a, symmetric=True)


def folded(x: Any) -> Any:
    """A reduction of windows and one of an axis by a function that JAX has no primitive for."""

    def join(a: Any, b: Any) -> Any:
        return a + b - a * b

    return lax.reduce_window(x, 0.0, join, (1, 2), (1, 1), "VALID") * lax.reduce(x, 0.0, join, (1,))[:, None]


CASES = [
    Case("largest and least in windows", pooled, (IMAGE,)),
    Case("sums in windows", of(averaged), (A,)),
    Case("a tangent through pooling", of(pushed_through_pooling), (SQUARE,)),
    Case("convolved in groups of channels", of(convolved), (IMAGE, KERNEL)),
    Case("convolved in groups of a batch", of(convolved_in_batches), (normal(3, 3, 2, 2), normal(2, 2, 2, 4, seed=1))),
    Case("local convolution", of(partial(lax.conv_general_dilated_local, window_strides=(1,), padding="VALID",
         filter_shape=(2,))), (normal(1, 2, 4), normal(3, 4, 3, seed=1))),
    Case("rounded", of(lambda x: x * jnp.round(x) + lax.round(2 * x) * x**2 + jnp.round(x, 1) * x), (OFF,)),
    Case("remainders", of(lambda x, y: jnp.fmod(3 * x, y) * x + jnp.mod(x, y) ** 2 + x * (x // y)), (X, POSITIVE)),
    Case("converted to integers", of(lambda x: x * (3 * x).astype(int) + x**2 * x.astype(bool)), (OFF,)),
    Case("signs of bits", of(lambda x, y: jnp.copysign(x, y) * y + jnp.where(jnp.signbit(x), x**2, x)), (X, Y)),
    Case("mantissas and exponents", of(lambda x: jnp.frexp(x)[0] ** 2 + jnp.ldexp(x, np.array([1, 2, -1, 3]))), (OFF,)),
    Case("next floats", of(lambda x: jnp.clip(x, np.nextafter(-1, 0), lax.nextafter(1.5, 2.0)) ** 2), (X,)),
    Case("quantiles", lambda x: total(jnp.quantile(x, np.array([0.2, 0.7]), axis=1)) + jnp.nanmedian(x) ** 2, (A,)),
    Case("interpolated", of(lambda x, y: jnp.interp(x, np.array([-2.0, -1, 0.4, 3]), y)), (X, Y)),
    Case("searched and counted", of(lambda x: x * jnp.digitize(x, np.array([-1.0, 0, 1])) ** 2), (X,)),
    Case("sorted by two keys", lambda x, y: total(lax.sort((KEYS, x, y * x), num_keys=2)[2] ** 2), (X, Y)),
    Case("the largest few", lambda x: total(lax.top_k(x, 2)[0] ** 2) + x[0, lax.top_k(x[0], 3)[1]].prod(), (A,)),
    Case("the least few", lambda x: total(lax.approx_min_k(x, 2)[0] * lax.approx_max_k(x, 2)[0]), (A,)),
    Case("multiplied at", of(lambda x, y: x.at[np.array([0, 2])].multiply(y[:2], unique_indices=True) ** 2), (X, Y)),
    Case("extremes at", of(lambda x, y: x.at[np.array([0, 2])].max(y[:2]) * x.at[np.array([1, 3])].min(y[:2])), (X, Y)),
    Case("applied at", of(lambda x: x.at[np.array([0, 2])].apply(jnp.sin) ** 2), (X,),
         by(of(lambda x: jnp.array([jnp.sin(x[0]), x[1], jnp.sin(x[2]), x[3]]) ** 2))),
    Case("extremes of segments", lambda x: total(jax.ops.segment_max(x, GROUPS, 3)[::2] ** 2), (X,)),
    Case("running logsumexp", of(lambda x: lax.cumlogsumexp(x, 1) ** 2 + lax.cumlogsumexp(x, 0, reverse=True)), (A,)),
    Case("reduced by a function", of(folded), (A,),
         by(of(lambda x: (1 - (1 - x[:, 1:]) * (1 - x[:, :-1])) * (1 - (1 - x).prod(1, keepdims=True))))),
    Case("ragged products", of(lambda x, y: lax.ragged_dot(x, y, jnp.array([1, 1]))), (A, normal(2, 4, 2, seed=5))),
    Case("gamma noise", of(lambda x: x**2 * jax.random.gamma(jax.random.key(0), 2.0, (4,))), (X,)),
    Case("over a named axis", of(over_named_axis), (X,), by(of(over_an_axis))),
    Case("on one device", of(on_one_device), (X,), by(of(lambda x: 2 * x**3 - x + x**2 * x.sum() * 0))),
    Case("on one device, with checks", of(on_one_device_with_checks), (X,)),
    Case("put on a device", of(lambda x: jax.device_put(x) ** 2), (X,)),
    Case("solved", of(solved), (POSITIVE, X)),
    Case("Bessel functions", of(lambda x: special.i0(x) + special.i1(x) * special.i0e(x) - special.i1e(x)), (X,)),
    Case("incomplete gamma functions", of(lambda x: special.gammainc(1.5, x) * special.gammaincc(x, 1.3)), (POSITIVE,)),
    Case("beta and zeta functions", of(lambda x: special.betainc(1.5, 2.5, x) * special.zeta(2.5, x)), (INSIDE,)),
    Case("gamma functions", of(lambda x: special.polygamma(2, x) + special.digamma(x)), (POSITIVE,)),
    Case("gamma functions below 0", of(lambda x: special.gammaln(x) * x), (np.array([-0.5, -3.3, 1.2]),)),
]  # fmt: skip


@each(CASES)
def test_is_right_and_wrong_with_one_entry_a_little_off(case: Case) -> None:
    """In one test, since what JAX has compiled serves both."""
    report = judge_gradient(case.f, case.gradient, case.point("float64"))
    assert report.formula.verdict == "right", str(report)
    assert report.arithmetic.verdict in ("right", "undecided")  # where no bound is known
    assert report.formula.reference == "by ball arithmetic"
    assert digits(report) >= 15

    def changed(*arguments: Any) -> Any:
        leaves, structure = jax.tree.flatten(case.gradient(*arguments))
        factors = np.ones(leaves[0].shape)
        factors.flat[np.argmax(np.abs(leaves[0]))] += 1e-9
        return jax.tree.unflatten(structure, [leaves[0] * factors, *leaves[1:]])

    report = judge_gradient(case.f, changed, case.point("float64"))
    assert report.formula.verdict == "wrong"
    assert report.formula.reference == "by ball arithmetic"


class TestTies:
    """Where JAX picks one of two equal numbers, f has a kink or it has none, and no gradient there is called right."""

    @pytest.mark.parametrize(
        "f",
        [
            lambda x: lax.top_k(x, 1)[0][0] ** 2,
            lambda x: x.at[np.array([0])].max(x[1:2])[0],
            lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (2,), (2,), "VALID")[0],
            lambda x: lax.sort((x, jnp.array([1.0, 2.0, 3.0]) * x), num_keys=2)[0][1],
        ],
        ids=["top_k", "scatter-max", "pooling", "sort"],
    )
    def test_a_tie_is_undecided(self, f: Any) -> None:
        report = judge_gradient(f, jax.grad(f), (np.array([2.0, 2.0, -1.0]),))
        assert report.verdict == "undecided"
        assert report.formula.leaves[0].kink

    @pytest.mark.parametrize(
        "f",
        [
            lambda x: lax.top_k(x, 2)[0].sum(),
            lambda x: lax.sort((x, x), num_keys=2)[0].sum(),
            lambda x: jnp.ldexp(*jnp.frexp(x)).sum(),
            lambda x: lax.reduce_window(x**2, 0.0, lax.add, (3,), (1,), "VALID")[0],
        ],
        ids=["top_k of both", "sum of a sort", "a power of 2", "sums in windows"],
    )
    def test_a_tie_that_does_not_matter_is_none(self, f: Any) -> None:
        report = judge_gradient(f, jax.grad(f), (np.array([2.0, 2.0, -1.0]),))
        assert report.formula.verdict == "right", str(report)

    @pytest.mark.parametrize(
        ("f", "at"),
        [
            (lambda x: x * jnp.round(x), 1.5),
            (lambda x: x * lax.round(x), 2.5),
            (lambda x: x * jnp.asarray(x).astype(int), 2.0),
            (lambda x: jnp.fmod(x, 0.5), 1.5),
            (lambda x: x * jnp.copysign(2.0, x - 1.5), 1.5),
            (lambda x: jnp.frexp(x)[0], 2.0),
        ],
        ids=["round", "round away from zero", "to integers", "rem", "signbit", "frexp"],
    )
    def test_a_jump_is_undecided(self, f: Any, at: float) -> None:
        report = judge_gradient(f, jax.grad(f), (at,), method="balls")
        assert report.verdict == "undecided"
        assert "jumps" in report.formula.reason
        assert judge_gradient(f, jax.grad(f), (at + 0.125,)).formula.verdict == "right"

    def test_elements_that_stay_behind_do_not_compete_with_one_another(self) -> None:
        def f(x: Any) -> Any:
            return (lax.top_k(nn.relu(x), 1)[0] ** 2).sum()

        x = np.array([-1.0, -2.0, 3.0, *(-1.0 - np.arange(20))])
        assert judge_gradient(f, jax.grad(f), (x,)).verdict == "right"


class TestMistakes:
    """Gradients as they are written by hand, one slip each."""

    @staticmethod
    def wrong(f: Any, gradient: Any, *arguments: Any) -> bool:
        report = judge_gradient(f, gradient, arguments)
        assert report.formula.reference == "by ball arithmetic"
        return report.formula.verdict == "wrong"

    def test_a_pooling_gradient_that_goes_to_all_of_the_window_is_refuted(self) -> None:
        def f(x: Any) -> Any:
            return lax.reduce_window(x, -jnp.inf, lax.max, (2,), (2,), "VALID").sum()

        assert not self.wrong(f, lambda x: np.array([1.0, 0, 1, 0]), X)
        assert self.wrong(f, lambda x: np.ones(4), X)

    def test_a_gradient_that_is_passed_straight_through_a_rounding_is_refuted(self) -> None:
        def f(x: Any) -> Any:
            return (x + lax.stop_gradient(jnp.round(x) - x)).sum()

        assert self.wrong(f, jax.grad(f), OFF)
        assert not self.wrong(f, jnp.zeros_like, OFF)

    def test_the_gradient_of_the_bessel_function_of_jax_is_refuted_at_0(self) -> None:
        def f(x: Any) -> Any:
            return special.i0(x).sum()

        assert not self.wrong(f, special.i1, np.array([0.0, 1.0]))

    def test_a_largest_few_without_their_places_is_refuted(self) -> None:
        def f(x: Any) -> Any:
            return (lax.top_k(x, 2)[0] * np.array([3.0, 1.0])).sum()

        assert not self.wrong(f, lambda x: np.array([1.0, 0, 3, 0]), X)
        assert self.wrong(f, lambda x: np.array([3.0, 0, 1, 0]), X)


SMALL = np.arange(-7.0, 17).reshape(4, 6) / 16
ROW = np.array([0.5, -0.25, 0.75, -0.25, 0.0, 1.5])
BITS = np.array([0.5, -1.0, 3.0, 0.0, -0.0, 2.0**-1000, 1.5e300])
EXACTLY: dict[str, tuple[Callable[..., Any], tuple[Array, ...]]] = {
    "windows": (
        lambda x: [
            lax.reduce_window(x, start, op, (2, 3), (1, 2), ((1, 0), (0, 2)), (1, 2), (2, 1))
            for start, op in ((0.0, lax.add), (-jnp.inf, lax.max), (jnp.inf, lax.min))
        ],
        (SMALL,),
    ),
    "gradient of pooling": (
        lambda x: jax.grad(lambda y: (lax.reduce_window(y, -jnp.inf, lax.max, (2, 2), (1, 2), "SAME") ** 2).sum())(x),
        (SMALL * (-1) ** np.arange(6),),
    ),
    "tangents of pooling": (
        lambda x: jax.jvp(lambda y: lax.reduce_window(y, jnp.inf, lax.min, (2, 2), (1, 2), "SAME"), (x,), (2 * x,))[1],
        (SMALL,),
    ),
    "rounded": (lambda x: (jnp.round(x), lax.round(x), jnp.trunc(x)), (np.arange(-10.0, 11) / 4,)),
    "remainders": (lambda x, y: (lax.rem(x, y), jnp.mod(x, y), x // y), (ROW * 4, ROW[::-1] + 0.125)),
    "converted": (
        lambda x: (x.astype(int), x.astype("uint8"), x.astype(bool), x.astype("int8") + x),
        (np.array([-1.75, 0.0, 2.5, 300.0, 1e30, -0.25]),),
    ),
    "bits": (lambda x: (jnp.signbit(x), jnp.frexp(x)), (BITS,)),
    "in the total order": (
        lambda x: (jnp.searchsorted(np.array([-1.0, 0, 0.5]), x), jnp.digitize(x, np.array([-1.0, 0]))),
        (ROW,),
    ),
    "sorted with NaN": (
        lambda x: (jnp.sort(jnp.where(x < 0, jnp.nan, x)), jnp.argsort(jnp.where(x < 0.6, jnp.nan, -x))),
        (ROW,),
    ),
    "sorted by keys": (lambda x: lax.sort((x[0] // 0.25, x[1] * 0, x[2]), num_keys=3), (SMALL[:, ::-1],)),
    "the largest few": (lambda x: (lax.top_k(x, 3), lax.top_k(-x, 1), lax.approx_max_k(x, 2)), (ROW,)),
    "the largest few of columns": (lambda x: lax.top_k(x.T, 2), (SMALL,)),
    "scattered": (
        lambda x: [
            getattr(x.at[np.array([0, 9, 0, -1])], name)(x[:4] * 2 + 1)
            for name in ("add", "subtract", "multiply", "min", "max", "set")
        ],
        (ROW,),
    ),
    "applied at": (lambda x: x.at[np.array([0, 9, 0])].apply(lambda y: 2 * y + 1), (ROW,)),
    "segments": (lambda x: (jax.ops.segment_prod(x, GROUPS, 4, mode="clip")), (ROW[:4],)),
    "folded": (
        lambda x: lax.reduce_window(x, 0.5, lambda a, b: a - b + a * b * 0, (2, 1), (1, 1), "VALID")[:0],
        (SMALL,),
    ),
    "ragged": (
        lambda x, y: (
            lax.ragged_dot(x, y, jnp.array([1, 2])),
            jax.grad(lambda z: lax.ragged_dot(x, z, jnp.array([2, 9])).sum())(y),
        ),
        (SMALL, np.arange(24.0).reshape(2, 6, 2) / 8),
    ),
    "on one device": (
        lambda x: jax.shard_map(
            lambda t: (
                named.psum_scatter(t, "i") + named.psum_scatter(t, "i", tiled=True)[0],
                named.all_to_all(t, "i", 0, 0) * named.all_gather(t, "i", axis=1)[:, 0],
                named.ppermute(t, "i", []) + named.axis_index("i") + 1,
            ),
            mesh=MESH,
            in_specs=OF_MESH,
            out_specs=OF_MESH,
            check_vma=False,
        )(x[:1]),
        (SMALL,),
    ),
    "held by others": (
        lambda x: (
            lax.composite(lambda y: y * 2, "test.twice")(x),
            sequential(jnp.negative)(x),
            named.with_sharding_constraint(x, jax.sharding.NamedSharding(MESH, partition())) * 3,
        ),
        (SMALL,),
    ),
    "moved": (
        lambda x: (
            lax.broadcast_in_dim(x, (2, 6, 4), (2, 1)),
            lax.slice(x, (1, 0), (4, 5), (2, 3)),
            lax.rev(x, (0, 1)),
            lax.reshape(x, (3, 8), (1, 0)),
            lax.split(x, (1, 5), 1),
            jnp.squeeze(x[None, :, None], (0, 2)),
        ),
        (SMALL,),
    ),
    "moved integers": (
        lambda x: jnp.concatenate([jnp.argsort(x, 1), jnp.ones_like(x, int)], 1)[:, ::-2] + x,
        (SMALL,),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACTLY)
def test_what_needs_no_rounding_is_the_same_on_balls_as_in_jax(name: str) -> None:
    function, arguments = EXACTLY[name]
    floats = jax.tree.leaves(jax.jit(function)(*arguments))
    balls = jax.tree.leaves(interpreted(function, *arguments))
    assert len(balls) == len(floats)
    for on_balls, on_floats in zip(balls, floats, strict=True):
        np.testing.assert_array_equal(np.asarray(on_balls, float), np.asarray(on_floats, float))


def test_a_float_is_within_its_ball_where_rounding_decides_which_one_is_the_largest() -> None:
    """Each of two numbers may be the larger one: the ball of the result has to hold both."""
    kind = store(arb(0.5), np.float64(0.5), XLA).kind
    a, b = Rounded(arb(0.25, 0.25), np.float64(0.45), kind), Rounded(arb(0.5, 0.25), np.float64(0.4), kind)
    pair = as_ball_array(np.array([a, b], dtype=object))

    def largest(x: Any) -> Any:
        window = lax.reduce_window(x, -jnp.inf, lax.max, (2,), (1,), "VALID")[0]
        return window, x.at[np.array([0])].max(x[1:])[0], jnp.maximum(x[0], x[1])

    with use_precision(40):
        found = trace_floats(largest, [np.zeros(2)])([pair], partial(make_rounded_constant, figures=XLA))
        assert all(x.value.contains(arb(0.26)) and x.value.contains(arb(0.74)) for x in found)  # which a cannot be


def test_the_derivative_of_the_incomplete_gamma_function_by_its_shape_is_that_of_differences() -> None:
    from bptt.balls.jax._special import _differentiate_by_shape

    with use_precision(150):
        for a, x in ((0.3, 2.0), (4.0, 1.5), (1.0, 1e-3), (30.0, 40.0), (2.0, 90.0)):
            at, step = arb(a), arb(2) ** -60
            slope = (arb(x).gamma_lower(at + step, 1) - arb(x).gamma_lower(at - step, 1)) / (2 * step)
            found = _differentiate_by_shape(at, arb(x))
            assert abs(found - slope) < abs(slope) * 1e-12
            assert found.rel_accuracy_bits() > 40


OF_OTHER_VERSIONS = {  # of JAX
    "pjit", "core_call", "closed_call", "remat", "checkpoint", "custom_vjp_call_jaxpr", "copy_p", "expand_dims",
}  # fmt: skip
PAGE = (Path(__file__).parents[2] / "docs" / "jax.md").read_text(encoding="utf-8")


class TestTheList:
    def test_every_primitive_that_has_a_rule_is_met_by_a_test(self) -> None:
        jaxprs = [
            jax.make_jaxpr(function)(*case.point("float64"))
            for case in (*OTHER_CASES, *CASES)
            for function in (case.f, case.gradient)
        ]
        jaxprs += [jax.make_jaxpr(function)(*arguments) for function, arguments in EXACTLY.values()]
        met = set().union(*(primitives(closed.jaxpr) for closed in jaxprs))
        met |= {*LINEAR_ALGEBRA, *COMPLEX_RULES}  # by `test_linear_algebra`, `test_complex` and `test_fourier`
        assert set(PRIMITIVES) - met == OF_OTHER_VERSIONS

    def test_the_page_has_the_same_list(self) -> None:
        assert PAGE.split("that are known\n\n```text\n")[1].split("```")[0].split() == PRIMITIVES
