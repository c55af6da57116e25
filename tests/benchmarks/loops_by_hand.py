"""Loops over time as people write them, in NumPy alone: the loss ½ Σ e² at every step and its gradient.

Forward and back, each weight gets its part of every step at once, by one product. Arrays are those of
`bptt.rnn.network`: xs (T, B, D_x), y (T, B, D_y), gates first in the weights. Nothing is checked, sigmoids overflow.
"""

from typing import Any

import numpy as np

from bptt.rnn.arrays import Array
from bptt.rnn.network import Arguments


def sigmoid(a: Array) -> Array:
    """σ(a) as a formula."""
    return 1 / (1 + np.exp(-a))


def elman_tanh(point: Arguments) -> tuple[Any, ...]:
    """h[t] = tanh(W h[t-1] + U x[t] + b); returns the loss and its gradient by U, W, b and V."""
    (weights, V), h0, xs, y = point
    U, W, b = weights
    U_bar, W_bar, b_bar, V_bar = (np.zeros_like(M) for M in (U, W, b, V))
    h, h_bar, loss = {-1: h0}, np.zeros_like(h0), 0.0
    for t in range(len(xs)):
        h[t] = np.tanh(xs[t] @ U.T + h[t - 1] @ W.T + b)
    for t in reversed(range(len(xs))):
        e = h[t] @ V.T - y[t]
        loss += (e * e).sum() / 2
        V_bar += e.T @ h[t]
        δ = (h_bar + e @ V) * (1 - h[t] * h[t])
        U_bar += δ.T @ xs[t]
        W_bar += δ.T @ h[t - 1]
        b_bar += δ.sum(axis=0)
        h_bar = δ @ W
    return loss, U_bar, W_bar, b_bar, V_bar


def lstm(point: Arguments) -> tuple[Any, ...]:
    """c[t] = f c[t-1] + i g, h[t] = o tanh(c[t]); returns the loss and its gradient by U, W, b and V."""
    (weights, V), (h0, c0), xs, y = point
    U, W, b = (M.reshape(-1, *M.shape[2:]) for M in weights)
    U_bar, W_bar, b_bar, V_bar = (np.zeros_like(M) for M in (U, W, b, V))
    h, c, gates = {-1: h0}, {-1: c0}, {}
    h_bar, c_bar, loss = np.zeros_like(h0), np.zeros_like(c0), 0.0
    for t in range(len(xs)):
        a_i, a_f, a_g, a_o = np.split(xs[t] @ U.T + h[t - 1] @ W.T + b, 4, axis=1)
        gates[t] = i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
        c[t] = f * c[t - 1] + i * g
        h[t] = o * np.tanh(c[t])
    for t in reversed(range(len(xs))):
        (i, f, g, o), tanh_c = gates[t], np.tanh(c[t])
        e = h[t] @ V.T - y[t]
        loss += (e * e).sum() / 2
        V_bar += e.T @ h[t]
        h_bar = h_bar + e @ V
        c_bar = c_bar + h_bar * o * (1 - tanh_c * tanh_c)
        of_gates = (
            c_bar * g * i * (1 - i),
            c_bar * c[t - 1] * f * (1 - f),
            c_bar * i * (1 - g * g),
            h_bar * tanh_c * o * (1 - o),
        )
        δ = np.concatenate(of_gates, axis=1)
        U_bar += δ.T @ xs[t]
        W_bar += δ.T @ h[t - 1]
        b_bar += δ.sum(axis=0)
        h_bar, c_bar = δ @ W, c_bar * f
    return loss, U_bar, W_bar, b_bar, V_bar


def gru(point: Arguments) -> tuple[Any, ...]:
    """h[t] = (1 - z) n + z h[t-1], reset after the product; returns the loss, its gradient by U, W, b, b_h and V."""
    (weights, V), h0, xs, y = point
    U, W, b, b_h = (M.reshape(-1, *M.shape[2:]) for M in weights)
    U_bar, W_bar, b_bar, b_h_bar, V_bar = (np.zeros_like(M) for M in (U, W, b, b_h, V))
    h, gates = {-1: h0}, {}
    h_bar, loss = np.zeros_like(h0), 0.0
    for t in range(len(xs)):
        x_r, x_z, x_n = np.split(xs[t] @ U.T + b, 3, axis=1)
        p_r, p_z, p = np.split(h[t - 1] @ W.T + b_h, 3, axis=1)
        r, z = sigmoid(x_r + p_r), sigmoid(x_z + p_z)
        n = np.tanh(x_n + r * p)
        gates[t] = r, z, n, p
        h[t] = (1 - z) * n + z * h[t - 1]
    for t in reversed(range(len(xs))):
        r, z, n, p = gates[t]
        e = h[t] @ V.T - y[t]
        loss += (e * e).sum() / 2
        V_bar += e.T @ h[t]
        h_bar = h_bar + e @ V
        δ_n = h_bar * (1 - z) * (1 - n * n)
        δ_z = h_bar * (h[t - 1] - n) * z * (1 - z)
        δ_r = δ_n * p * r * (1 - r)
        δ_x = np.concatenate((δ_r, δ_z, δ_n), axis=1)
        δ_h = np.concatenate((δ_r, δ_z, δ_n * r), axis=1)
        U_bar += δ_x.T @ xs[t]
        W_bar += δ_h.T @ h[t - 1]
        b_bar += δ_x.sum(axis=0)
        b_h_bar += δ_h.sum(axis=0)
        h_bar = h_bar * z + δ_h @ W
    return loss, U_bar, W_bar, b_bar, b_h_bar, V_bar


LOOPS = {"elman-tanh": elman_tanh, "lstm": lstm, "gru": gru}
