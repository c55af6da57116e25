"""The post's own configuration: windows of a sine, one-hot in time, and small initial weights."""

from typing import NamedTuple

import numpy as np

from bptt import elman, network
from bptt.arrays import Array

T = D_x = 6
D_h = 32
D_y = 8
SAMPLES = 50
STEP = 0.1  # of the grid on which the sine is sampled, in radians


class Windows(NamedTuple):
    """Windows of a sine: xs (T, samples, D_x), and y (samples, D_y), the values that follow each window."""

    xs: Array
    y: Array


def windows(samples: int = SAMPLES) -> Windows:
    """Windows that start at evenly spaced phases of one period.

    One-hot in time, as in the post: xs[t,n,m] = sin(φ_n + t STEP) where m = t, and 0 elsewhere, so that D_x = T.
    """
    phases = np.linspace(0, 2 * np.pi, samples, endpoint=False)
    values = np.sin(phases[:, None] + STEP * np.arange(T + D_y))
    return Windows(xs=np.einsum("nt,tm->tnm", values[:, :T], np.eye(T)), y=values[:, T:])


def initial_weights(random: np.random.Generator, scale: float = 0.06) -> network.Weights:
    """Weights of spectral norm `scale`: W triangular from a QR, U and V with orthonormal axes from an SVD."""
    _, W = np.linalg.qr(random.normal(size=(D_h, D_h)))
    U = _orthonormal(random, D_h, D_x)
    V = _orthonormal(random, D_y, D_h)
    return network.Weights(elman.Weights(scale * U, scale * W / np.linalg.norm(W, ord=2)), scale * V)


def random_weights(random: np.random.Generator) -> network.Weights:
    """Normal weights, those of the recurrence of standard deviation 2/√D_h: a network that remembers."""
    U = random.normal(size=(D_h, D_x))
    W = random.normal(size=(D_h, D_h)) * 2 / np.sqrt(D_h)
    V = random.normal(size=(D_y, D_h)) / np.sqrt(D_h)
    return network.Weights(elman.Weights(U, W), V)


def _orthonormal(random: np.random.Generator, rows: int, columns: int) -> Array:
    left, _, right = np.linalg.svd(random.normal(size=(rows, columns)), full_matrices=False)
    result: Array = left @ right
    return result
