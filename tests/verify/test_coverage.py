"""What the points could not have shown is said, and apart from what is noted of the functions."""

import warnings
from typing import Any

import numpy as np
import pytest

from bptt.rnn.arrays import Array
from bptt.verify import check_gradient, judge_gradient, judge_jvp, named_arrays
from tests.verify.dense_layer import LAYER, f, gradient

MATRIX_AND_VECTOR = named_arrays(W="n m", x="m")


@pytest.mark.parametrize(
    ("over", "blind_spot"),
    [
        (MATRIX_AND_VECTOR.filter(lambda a: len(a["W"]) == 1), "n was 1 in every case"),
        (
            named_arrays(W="m m", x="m").map(lambda a: (a["W"], a["x"])),
            "W.shape[0], W.shape[1], x.shape[0] were all equal",
        ),
        (MATRIX_AND_VECTOR.filter(lambda a: len(set(a["W"].shape)) == 1), "n and m were equal in every case"),
        (MATRIX_AND_VECTOR.map(lambda a: (a["W"], 0 * a["x"])), "x was 0 in every case"),
        (MATRIX_AND_VECTOR.map(lambda a: (a["W"], 0 * a["x"] + 0.5)), "all entries of x were equal"),
        (MATRIX_AND_VECTOR.map(lambda a: (a["W"], 0 * a["x"])), "the gradient by W was 0 in every case"),
    ],
)
def test_it_is_said_and_no_warning_is_issued(over: Any, blind_spot: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = check_gradient(f, gradient, over, examples=20)
    assert found.notes == ()
    assert any(said.startswith(blind_spot) for said in found.blind_spots)
    assert f"note: {blind_spot}" in str(found)


def test_a_gradient_that_is_below_the_rounding_of_f_throughout_is_said_to_be() -> None:
    saturated = named_arrays(x="n").map(lambda a: (abs(a["x"]) + 25,))
    found = judge_gradient(lambda x: np.tanh(x).sum(), lambda x: 1 / np.cosh(x) ** 2, saturated, examples=20)
    assert found.blind_spots == (
        "the gradient by x was below the rounding of f in every case: is all of it saturated?",
    )


def test_nothing_is_said_of_points_that_vary() -> None:
    assert judge_gradient(f, gradient, LAYER, examples=60).blind_spots == ()


def test_of_a_jvp_the_points_are_looked_at_and_no_gradient() -> None:
    def jvp(at: tuple[Array, Array], tangents: tuple[Array, Array]) -> Array:
        (W, x), (dW, dx) = at, tangents
        product: Array = dW @ x + W @ dx
        return product

    over = MATRIX_AND_VECTOR.map(lambda a: (a["W"], 0 * a["x"]))
    assert judge_jvp(lambda W, x: W @ x, jvp, over, examples=20).blind_spots == (
        "x was 0 in every case: what is multiplied by it could not show",
    )
