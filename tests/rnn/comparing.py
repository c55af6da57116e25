"""Gradients from two sources compared: equal but for rounding."""

from typing import Any

import numpy as np

from bptt.rnn.arrays import Array


def leaves(tree: Any) -> list[Array]:
    """The arrays of nested tuples, in order, without the Nones."""
    if tree is None:
        return []
    return [leaf for branch in tree for leaf in leaves(branch)] if isinstance(tree, tuple) else [np.asarray(tree)]


def assert_equal_but_for_rounding(ours: Any, theirs: Any) -> None:
    """Two float64 runs of the same few hundred operations agree to 40 of 53 bits of the whole gradient's norm.

    An entry below 2⁻⁴⁰ of that norm is not seen; for those there is `judge_gradient`.
    """
    assert all(np.isfinite(leaf).all() for leaf in leaves(theirs))
    norm = np.sqrt(sum(np.sum(np.square(leaf)) for leaf in leaves(theirs)))
    for our, their in zip(leaves(ours), leaves(theirs), strict=True):
        assert our.shape == their.shape
        np.testing.assert_allclose(our, their, rtol=0, atol=2**-40 * norm)
