"""Networks as people write them in NumPy, each with its right gradient by hand and slips that people make in those.

A slip is planted by `tests.corpus.slips.with_a_slip(gradient, slip.line, slip.instead)`.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Array = Any
Random = np.random.Generator


class Slip(NamedTuple):
    """A wrong backward pass: what it says where, and what is wrong with the gradient that comes out of it."""

    line: str  # a piece of the right one, which it has once
    instead: str
    mistake: str
    kind: str  # empty if it is none of KINDS for any array
    by: str  # the path of an array whose gradient is wrong, and of this kind


class Network(NamedTuple):
    """A loss, its gradient, the arguments at random, and the slips in the gradient."""

    name: str
    f: Callable[..., Any]
    gradient: Callable[..., Any]
    point: Callable[[Random], tuple[Any, ...]]
    wrt: str | tuple[str, ...] | None
    slips: tuple[Slip, ...]


KINDS = (
    "negated", "scaled", "transposed", "reversed", "another's", "step missing", "step doubled", "shifted", "truncated",
    "recurrence dropped", "last write", "clipped", "clipped by norm", "unreduced", "summed", "path missing",
    "path doubled", "transpose on the way", "slope missing", "factor missing", "other slope", "other factor",
    "changed on the way",
)  # fmt: skip


def sigmoid(x: Array) -> Any:
    return 1 / (1 + np.exp(-x))


def softmax(scores: Array) -> Any:
    e = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def elman_states(xs: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> list[Any]:
    hs = [h0]
    for x in xs:
        hs.append(np.tanh(Wx @ x + Wh @ hs[-1] + b))
    return hs


def elman_loss(xs: Array, ys: Array, h0: Array, Wx: Array, Wh: Array, b: Array, Wy: Array, by: Array) -> Any:
    hs = elman_states(xs, h0, Wx, Wh, b)
    return sum(0.5 * np.sum((Wy @ h + by - y) ** 2) for h, y in zip(hs[1:], ys, strict=True))


def elman_gradient(xs: Array, ys: Array, h0: Array, Wx: Array, Wh: Array, b: Array, Wy: Array, by: Array) -> Any:
    hs = elman_states(xs, h0, Wx, Wh, b)
    dxs, dWx, dWh, db = np.zeros_like(xs), np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    dWy, dby = np.zeros_like(Wy), np.zeros_like(by)
    dh_next = np.zeros_like(h0)
    for t in reversed(range(len(xs))):
        h, h_prev = hs[t + 1], hs[t]
        dy = Wy @ h + by - ys[t]
        dWy += np.outer(dy, h)
        dby += dy
        dh = Wy.T @ dy + dh_next
        da = dh * (1 - h**2)
        dWx += np.outer(da, xs[t])
        dWh += np.outer(da, h_prev)
        db += da
        dxs[t] = Wx.T @ da
        dh_next = Wh.T @ da
    return dxs, dh_next, dWx, dWh, db, dWy, dby


def elman_point(random: Random) -> tuple[Any, ...]:
    T, D, H, K = 5, 2, 4, 3
    shapes = [(T, D), (T, K), (H,), (H, D), (H, H), (H,), (K, H), (K,)]
    return tuple(random.normal(size=shape) for shape in shapes)


ELMAN = Network(
    "RNN with a loss at every step",
    elman_loss,
    elman_gradient,
    elman_point,
    ("xs", "h0", "Wx", "Wh", "b", "Wy", "by"),
    (
        Slip(
            "(da, h_prev)", "(h_prev, da)", "its transpose: the outer product the wrong way round", "transposed", "Wh"
        ),
        Slip("(da, h_prev)", "(da, h)", "the state of the step itself in place of the one before", "shifted", "Wh"),
        Slip(
            "Wy.T @ dy + dh_next",
            "Wy.T @ dy",
            "each step's own loss only: nothing is carried back",
            "recurrence dropped",
            "Wh",
        ),
        Slip(
            "+ dh_next", "- dh_next", "what is carried back changes its sign at every step", "changed on the way", "Wx"
        ),
        Slip("1 - h**2", "1 - h", "1 − h for tanh' = 1 − h²", "other slope", "Wx"),
        Slip("dxs[t] = ", "dxs[-1 - t] = ", "the last step first: in the order of the backward loop", "reversed", "xs"),
        Slip("dxs[t] = ", "dxs[t - 1] = ", "that by xs[t] stands at t − 1, the first one last", "shifted", "xs"),
        Slip("reversed(range(len(xs)))", "range(len(xs))", "the backward loop runs forwards", "", "Wx"),
        Slip("Wh.T @ da", "Wh @ da", "carried back by Wh in place of its transpose", "transpose on the way", "Wx"),
        Slip("Wh.T @ da", "Wh.T @ dh", "carried back past tanh", "slope missing", "b"),
        Slip(
            "dy = Wy @ h + by - ys[t]",
            "dy = ys[t] - (Wy @ h + by)",
            "−1 times it: target minus output",
            "negated",
            "Wy",
        ),
        Slip(
            "dy = Wy @ h + by - ys[t]",
            "dy = 2 * (Wy @ h + by - ys[t])",
            "twice it: the ½ of the loss forgotten",
            "scaled",
            "b",
        ),
        Slip(
            "reversed(range(len(xs)))",
            "reversed(range(1, len(xs)))",
            "the first step is left out",
            "step missing",
            "Wx",
        ),
        Slip(
            "np.zeros_like(by)",
            "Wy @ hs[-1] + by - ys[-1]",
            "the last step twice: once before the loop",
            "step doubled",
            "by",
        ),
    ),
)


def char_rnn_forward(p: Array, inputs: Array, targets: Array, hprev: Array) -> tuple[Any, ...]:
    xs, hs, ps = {}, {-1: np.copy(hprev)}, {}
    loss = 0.0
    for t in range(len(inputs)):
        xs[t] = np.zeros((p["Wxh"].shape[1], 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(np.dot(p["Wxh"], xs[t]) + np.dot(p["Whh"], hs[t - 1]) + p["bh"])
        ys = np.dot(p["Why"], hs[t]) + p["by"]
        ps[t] = np.exp(ys) / np.sum(np.exp(ys))
        loss += -np.log(ps[t][targets[t], 0])
    return loss, xs, hs, ps


def char_rnn_loss(p: Array, inputs: Array, targets: Array, hprev: Array) -> Any:
    return char_rnn_forward(p, inputs, targets, hprev)[0]


def char_rnn_gradient(p: Array, inputs: Array, targets: Array, hprev: Array) -> Any:
    _, xs, hs, ps = char_rnn_forward(p, inputs, targets, hprev)
    d = {name: np.zeros_like(value) for name, value in p.items()}
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        d["Why"] += np.dot(dy, hs[t].T)
        d["by"] += dy
        dh = np.dot(p["Why"].T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        d["bh"] += dhraw
        d["Wxh"] += np.dot(dhraw, xs[t].T)
        d["Whh"] += np.dot(dhraw, hs[t - 1].T)
        dhnext = np.dot(p["Whh"].T, dhraw)
    return d


def char_rnn_point(random: Random) -> tuple[Any, ...]:
    H, V = 3, 5
    shapes = {"Wxh": (H, V), "Whh": (H, H), "Why": (V, H), "bh": (H, 1), "by": (V, 1)}
    p = {name: random.normal(size=shape) for name, shape in shapes.items()}
    return p, np.array([0, 3, 1, 3]), np.array([3, 1, 3, 4]), random.normal(size=(H, 1))


CHAR_RNN = Network(
    "char-RNN",
    char_rnn_loss,
    char_rnn_gradient,
    char_rnn_point,
    "p",
    (
        Slip("dy[targets[t]] -= 1", "dy[inputs[t]] -= 1", "1 subtracted at the input, not the target", "", "p['by']"),
        Slip(
            "dy[targets[t]] -= 1",
            "dy[targets[t]] -= 1\n        dy /= len(inputs)",
            "1/T of it: the mean over the steps where the loss is their sum",
            "scaled",
            "p['Why']",
        ),
        Slip(
            "        dy[targets[t]] -= 1\n",
            "",
            "softmax without −1 at the target: the score acts in the denominator only",
            "path missing",
            "p['by']",
        ),
        Slip(
            "dy[targets[t]] -= 1",
            "dy[targets[t]] -= 1\n        dy = -dy",
            "−1 times it: target minus probability",
            "negated",
            "p['Why']",
        ),
        Slip(
            'np.dot(p["Why"].T, dy) + dhnext',
            'np.dot(p["Why"].T, dy)',
            "each step's own loss only: nothing is carried back",
            "recurrence dropped",
            "p['Whh']",
        ),
        Slip(
            "np.dot(dhraw, hs[t - 1].T)",
            "np.dot(hs[t - 1], dhraw.T)",
            "its transpose: the product the wrong way round",
            "transposed",
            "p['Whh']",
        ),
        Slip('d["by"] += dy', 'd["by"] = dy', "only the first step's, written last", "last write", "p['by']"),
        Slip("range(len(inputs))", "range(1, len(inputs))", "the first step is left out", "step missing", "p['bh']"),
        Slip(
            "return d",
            "return {name: np.clip(g, -0.5, 0.5) for name, g in d.items()}",
            "clipped to ±0.5",
            "clipped",
            "p['Why']",
        ),
        Slip(
            'dhnext = np.dot(p["Whh"].T, dhraw)',
            'dhnext = np.clip(np.dot(p["Whh"].T, dhraw), -0.1, 0.1)',
            "what is carried back is clipped to ±0.1 at every step",
            "",
            "p['Whh']",
        ),
        Slip("dhnext = np.dot", "dhnext += np.dot", "what is carried back is added up over the steps", "", "p['bh']"),
        Slip(
            "1 - hs[t] * hs[t]",
            "hs[t] * (1 - hs[t])",
            "the slope of a sigmoid for that of tanh",
            "other slope",
            "p['Wxh']",
        ),
    ),
)


def last_state_forward(X: Array, U: Array, W: Array, b: Array) -> Any:
    B, T, _ = X.shape
    h = np.zeros((T + 1, B, len(b)))
    for t in range(T):
        h[t + 1] = np.tanh(X[:, t] @ U + h[t] @ W + b)
    return h


def last_state_loss(X: Array, y: Array, U: Array, W: Array, b: Array, v: Array, c: Array) -> Any:
    return np.mean((last_state_forward(X, U, W, b)[-1] @ v + c - y) ** 2)


def last_state_gradient(X: Array, y: Array, U: Array, W: Array, b: Array, v: Array, c: Array) -> Any:
    B, T, D = X.shape
    h = last_state_forward(X, U, W, b)
    dpred = 2 * (h[T] @ v + c - y) / B
    dv = h[T].T @ dpred
    dc = dpred.sum(keepdims=True)
    dX, dU, dW, db = np.zeros((B, T + 1, D)), np.zeros(U.shape), np.zeros(W.shape), np.zeros(b.shape)
    dh = np.outer(dpred, v)
    for t in range(T, 0, -1):
        da = dh * (1 - h[t] ** 2)
        dU += X[:, t - 1].T @ da
        dW += h[t - 1].T @ da
        db += da.sum(axis=0)
        dX[:, t] = da @ U.T
        dh = da @ W.T
    return dX[:, 1:], dU, dW, db, dv, dc


def last_state_point(random: Random) -> tuple[Any, ...]:
    B, T, D, H = 3, 5, 2, 4
    return tuple(random.normal(size=s) for s in [(B, T, D), (B,), (D, H), (H, H), (H,), (H,), (1,)])


LAST_STATE = Network(
    "RNN with a loss at the end",
    last_state_loss,
    last_state_gradient,
    last_state_point,
    ("X", "U", "W", "b", "v", "c"),
    (
        Slip("- y) / B", "- y)", "B times it: the batch added up where the loss is its mean", "scaled", "U"),
        Slip("2 * (h[T]", "(h[T]", "half of it: the 2 of the square forgotten", "scaled", "v"),
        Slip("da.sum(axis=0)", "da.mean(axis=0)", "1/B of it: the mean over the batch a second time", "scaled", "b"),
        Slip(
            "dc = dpred.sum(keepdims=True)",
            "dc = dpred",
            "one for each sequence: not added up over the batch",
            "unreduced",
            "c",
        ),
        Slip("range(T, 0, -1)", "range(T, T - 3, -1)", "back-propagation ends after 3 steps", "truncated", "U"),
        Slip(
            "range(T, 0, -1)", "range(T - 1, 0, -1)", "that by the last state taken for that by the one before", "", "U"
        ),
        Slip(
            "for t in range(T, 0, -1):",
            "dh *= 2\n    for t in range(T, T - 3, -1):",
            "twice what is left of it by ending back-propagation after 3 steps",
            "",
            "U",
        ),
        Slip("dX[:, 1:]", "dX[:, :-1]", "one step late, 0 at the first", "shifted", "X"),
        Slip("dU += ", "dU = ", "only the first step's, written last", "last write", "U"),
        Slip("h[t - 1].T @ da", "da.T @ h[t - 1]", "its transpose: the product the wrong way round", "transposed", "W"),
        Slip("1 - h[t] ** 2", "1 - h[t - 1] ** 2", "the slope of tanh at the state before", "other slope", "b"),
    ),
)


def lstm_forward(
    xs: Array, Wf: Array, Wi: Array, Wc: Array, Wo: Array, bf: Array, bi: Array, bc: Array, bo: Array
) -> list[Any]:
    h, c, cache = np.zeros(len(bf)), np.zeros(len(bf)), []
    for x in xs:
        z = np.concatenate((h, x))
        f, i, o = sigmoid(Wf @ z + bf), sigmoid(Wi @ z + bi), sigmoid(Wo @ z + bo)
        g = np.tanh(Wc @ z + bc)
        c_prev, c = c, f * c + i * g
        h = o * np.tanh(c)
        cache.append((z, f, i, g, o, c_prev, c, h))
    return cache


def lstm_loss(
    xs: Array, ys: Array, Wf: Array, Wi: Array, Wc: Array, Wo: Array, bf: Array, bi: Array, bc: Array, bo: Array
) -> Any:
    cache = lstm_forward(xs, Wf, Wi, Wc, Wo, bf, bi, bc, bo)
    return 0.5 * sum(((cache[t][-1] - ys[t]) ** 2).sum() for t in range(len(xs)))


def lstm_gradient(
    xs: Array, ys: Array, Wf: Array, Wi: Array, Wc: Array, Wo: Array, bf: Array, bi: Array, bc: Array, bo: Array
) -> Any:
    H = len(bf)
    cache = lstm_forward(xs, Wf, Wi, Wc, Wo, bf, bi, bc, bo)
    dxs = np.zeros_like(xs)
    dWf, dWi, dWc, dWo = (np.zeros_like(W) for W in (Wf, Wi, Wc, Wo))
    dbf, dbi, dbc, dbo = (np.zeros(H) for _ in range(4))
    dh_next, dc_next = np.zeros(H), np.zeros(H)
    for t in reversed(range(len(xs))):
        z, f, i, g, o, c_prev, c, h = cache[t]
        dh = h - ys[t] + dh_next
        dc = dh * o * (1 - np.tanh(c) ** 2) + dc_next
        df = dc * c_prev * f * (1 - f)
        di = dc * g * i * (1 - i)
        dg = dc * i * (1 - g**2)
        do = dh * np.tanh(c) * o * (1 - o)
        dWf += np.outer(df, z)
        dWi += np.outer(di, z)
        dWc += np.outer(dg, z)
        dWo += np.outer(do, z)
        dbf += df
        dbi += di
        dbc += dg
        dbo += do
        dz = Wf.T @ df + Wi.T @ di + Wc.T @ dg + Wo.T @ do
        dh_next, dxs[t] = dz[:H], dz[H:]
        dc_next = f * dc
    return dxs, dWf, dWi, dWc, dWo, dbf, dbi, dbc, dbo


def lstm_point(random: Random) -> tuple[Any, ...]:
    T, D, H = 4, 2, 3
    return tuple(random.normal(size=s) for s in [(T, D), (T, H), *4 * [(H, H + D)], *4 * [(H,)]])


LSTM = Network(
    "LSTM on [h, x]",
    lstm_loss,
    lstm_gradient,
    lstm_point,
    ("xs", "Wf", "Wi", "Wc", "Wo", "bf", "bi", "bc", "bo"),
    (
        Slip("** 2) + dc_next", "** 2)", "of the cell nothing is carried back", "path missing", "Wf"),
        Slip("h - ys[t] + dh_next", "h - ys[t]", "of the state nothing is carried back", "path missing", "Wi"),
        Slip(
            "for t in reversed(range(len(xs))):",
            "for t in reversed(range(len(xs))):\n        dh_next, dc_next = np.zeros(H), np.zeros(H)",
            "each step's own loss only: the carries are set to 0 inside the loop",
            "recurrence dropped",
            "Wc",
        ),
        Slip(
            "dc_next = f * dc",
            "dc_next = dc",
            "the cell is carried back without its forget gate",
            "factor missing",
            "Wf",
        ),
        Slip("1 - np.tanh(c) ** 2", "1 - c**2", "1 − c² for the slope of tanh(c)", "other slope", "Wc"),
        Slip(" + Wo.T @ do", "", "the way through the output gate is missing", "path missing", "xs"),
        Slip("dz[:H], dz[H:]", "dz[-H:], dz[:-H]", "dz taken apart as that of [x, h]", "", "xs"),
        Slip("np.outer(di, z)", "np.outer(df, z)", "that by Wf", "another's", "Wi"),
        Slip("dbi += di", "dbi += dg", "that by bc", "another's", "bi"),
        Slip("dc * g * i * (1 - i)", "dc * g * (1 - i)", "1 − i for the slope i (1 − i)", "other slope", "bi"),
        Slip("dh * np.tanh(c) * o", "dc * np.tanh(c) * o", "dc for dh at the output gate", "", "Wo"),
        Slip(
            "return dxs",
            "for d in (dWf, dWi, dWc, dWo, dbf, dbi, dbc, dbo):\n        np.clip(d, -0.1, 0.1, out=d)\n    return dxs",
            "clipped to ±0.1",
            "clipped",
            "Wc",
        ),
        Slip("dWo += ", "dWo = ", "only the first step's, written last", "last write", "Wo"),
    ),
)


def stacked_forward(p: Array, X: Array, h0: Array, c0: Array) -> tuple[Any, Any, Any]:
    H = h0.shape[1]
    gates, h, c = [], [h0], [c0]
    for x in X:
        a = x @ p["Wx"] + h[-1] @ p["Wh"] + p["b"]
        i, f, o = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H]), sigmoid(a[:, 2 * H : 3 * H])
        g = np.tanh(a[:, 3 * H :])
        c.append(f * c[-1] + i * g)
        h.append(o * np.tanh(c[-1]))
        gates.append((i, f, o, g))
    return gates, np.stack(h), np.stack(c)


def stacked_loss(p: Array, X: Array, Y: Array, h0: Array, c0: Array) -> Any:
    _, h, _ = stacked_forward(p, X, h0, c0)
    return ((h[1:] @ p["V"] - Y) ** 2).mean()


def stacked_gradient(p: Array, X: Array, Y: Array, h0: Array, c0: Array) -> Any:
    T, B, _ = X.shape
    gates, h, c = stacked_forward(p, X, h0, c0)
    grads = {name: np.zeros_like(value) for name, value in p.items()}
    err = 2 * (h[1:] @ p["V"] - Y) / (T * B)
    grads["V"] = np.einsum("tb,tbh->h", err, h[1:])
    dh_out = err[:, :, None] * p["V"]
    dh, dc = np.zeros_like(h0), np.zeros_like(c0)
    for t in range(T - 1, -1, -1):
        i, f, o, g = gates[t]
        tanh_c = np.tanh(c[t + 1])
        dh = dh + dh_out[t]
        dc = dc + dh * o * (1 - tanh_c**2)
        di = dc * g * i * (1 - i)
        df = dc * c[t] * f * (1 - f)
        do = dh * tanh_c * o * (1 - o)
        dg = dc * i * (1 - g**2)
        da = np.hstack([di, df, do, dg])
        grads["Wx"] += X[t].T @ da
        grads["Wh"] += h[t].T @ da
        grads["b"] += da.sum(axis=0)
        dh = da @ p["Wh"].T
        dc = dc * f
    return grads, dh, dc


def stacked_point(random: Random) -> tuple[Any, ...]:
    T, B, D, H = 4, 3, 2, 5
    shapes = {"Wx": (D, 4 * H), "Wh": (H, 4 * H), "b": (4 * H,), "V": (H,)}
    p = {name: random.normal(size=shape) for name, shape in shapes.items()}
    return p, *(random.normal(size=shape) for shape in [(T, B, D), (T, B), (B, H), (B, H)])


STACKED = Network(
    "LSTM with one matrix for all gates",
    stacked_loss,
    stacked_gradient,
    stacked_point,
    ("p", "h0", "c0"),
    (
        Slip("/ (T * B)", "/ B", "T times it: the mean over the batch alone", "scaled", "p['V']"),
        Slip("dh + dh_out[t]", "dh + 2 * dh_out[t]", "twice it: the 2 of the square again", "scaled", "p['Wx']"),
        Slip("dh_out[t]", "dh_out[-1 - t]", "the losses of the steps come in from the wrong end", "", "p['b']"),
        Slip(
            "for t in range(T - 1, -1, -1):",
            "for t in range(T - 1, -1, -1):\n        if t % 2 == 1:\n            dh, dc = 0 * dh, 0 * dc",
            "back-propagation through pieces of 2 steps",
            "truncated",
            "p['Wh']",
        ),
        Slip(
            "dc * c[t] * f",
            "dc * c[t + 1] * f",
            "the cell after the step in place of the one before",
            "shifted",
            "p['b']",
        ),
        Slip("[di, df, do, dg]", "[df, di, do, dg]", "input and forget gate have changed places", "", "p['Wx']"),
        Slip(
            "dc * g * i * (1 - i)",
            "dc * g * i * (1 - i) / B",
            "of the input gate 1/B only",
            "changed on the way",
            "p['Wx']",
        ),
        Slip(
            "do = dh * tanh_c",
            "do = -dh * tanh_c",
            "of the output gate with the wrong sign",
            "changed on the way",
            "p['b']",
        ),
        Slip('grads["Wh"] += ', 'grads["Wh"] = ', "only the first step's, written last", "last write", "p['Wh']"),
        Slip("return grads, dh, dc", "return grads, dc, dh", "that by c0, and the other way round", "another's", "h0"),
        Slip(
            "return grads, dh, dc",
            "norm = np.sqrt(sum(np.sum(g * g) for g in grads.values()))\n"
            "    for g in grads.values():\n"
            "        g *= min(1, 0.25 / norm)\n"
            "    return grads, dh, dc",
            "shortened, all parameters together, to the length 0.25",
            "clipped by norm",
            "p['Wh']",
        ),
    ),
)


def gru_forward(p: Array, xs: Array, h0: Array) -> tuple[Any, Any]:
    hs, gates = {-1: h0}, {}
    for t in range(len(xs)):
        z = sigmoid(xs[t] @ p["Wz"] + hs[t - 1] @ p["Uz"] + p["bz"])
        r = sigmoid(xs[t] @ p["Wr"] + hs[t - 1] @ p["Ur"] + p["br"])
        n = np.tanh(xs[t] @ p["Wh"] + (r * hs[t - 1]) @ p["Uh"] + p["bh"])
        hs[t] = (1 - z) * hs[t - 1] + z * n
        gates[t] = z, r, n
    return hs, gates


def gru_loss(p: Array, xs: Array, ys: Array, h0: Array) -> Any:
    hs, _ = gru_forward(p, xs, h0)
    loss = 0
    for t in range(len(xs)):
        loss = loss + 0.5 * np.sum((hs[t] @ p["V"] - ys[t]) ** 2)
    return loss


def gru_gradient(p: Array, xs: Array, ys: Array, h0: Array) -> Any:
    hs, gates = gru_forward(p, xs, h0)
    d = {k: np.zeros(v.shape) for k, v in p.items()}
    dh_next = 0 * h0
    for t in reversed(range(len(xs))):
        x, h_prev = xs[t], hs[t - 1]
        z, r, n = gates[t]
        e = hs[t] @ p["V"] - ys[t]
        d["V"] += np.outer(hs[t], e)
        dh = e @ p["V"].T + dh_next
        dz = dh * (n - h_prev) * z * (1 - z)
        dn = dh * z * (1 - n**2)
        drh = dn @ p["Uh"].T
        dr = drh * h_prev * r * (1 - r)
        d["Wz"] += np.outer(x, dz)
        d["Uz"] += np.outer(h_prev, dz)
        d["bz"] += dz
        d["Wr"] += np.outer(x, dr)
        d["Ur"] += np.outer(h_prev, dr)
        d["br"] += dr
        d["Wh"] += np.outer(x, dn)
        d["Uh"] += np.outer(r * h_prev, dn)
        d["bh"] += dn
        dh_next = dh * (1 - z) + drh * r + dz @ p["Uz"].T + dr @ p["Ur"].T
    return d, dh_next


def gru_point(random: Random) -> tuple[Any, ...]:
    T, D, H, K = 5, 2, 3, 4
    shapes = {"W": (D, H), "U": (H, H), "b": (H,)}
    p = {name + gate: random.normal(size=shape) for gate in "zrh" for name, shape in shapes.items()}
    p["V"] = random.normal(size=(H, K))
    return p, random.normal(size=(T, D)), random.normal(size=(T, K)), random.normal(size=H)


GRU = Network(
    "GRU",
    gru_loss,
    gru_gradient,
    gru_point,
    ("p", "h0"),
    (
        Slip("dh * (1 - z) + drh", "drh", "the state's way past the gates is missing", "path missing", "p['Wz']"),
        Slip(' + dr @ p["Ur"].T', "", "the state's way through the reset gate is missing", "path missing", "p['Uh']"),
        Slip(
            "drh * r + dz", "drh + dz", "back through the candidate without its reset gate", "factor missing", "p['bh']"
        ),
        Slip(
            "(n - h_prev)",
            "(h_prev - n)",
            "dz with the wrong sign, in what it hands on too",
            "changed on the way",
            "p['Wz']",
        ),
        Slip("(n - h_prev)", "n", "the update gate acts on the candidate only", "path missing", "p['bz']"),
        Slip(
            "dh * z * (1 - n**2)",
            "dh * (1 - z) * (1 - n**2)",
            "1 − z for z as the weight of the candidate",
            "other factor",
            "p['Wh']",
        ),
        Slip(
            "np.outer(r * h_prev, dn)", "np.outer(h_prev, dn)", "the state before without its reset gate", "", "p['Uh']"
        ),
        Slip(
            "drh * r + dz",
            "2 * drh * r + dz",
            "the state's way to the candidate twice",
            "changed on the way",
            "p['Wh']",
        ),
        Slip(
            'e = hs[t] @ p["V"] - ys[t]',
            'e = ys[t] - hs[t] @ p["V"]',
            "−1 times it: target minus output",
            "negated",
            "h0",
        ),
        Slip(
            "for t in reversed(range(len(xs))):",
            "for t in reversed(range(len(xs))):\n        if t % 2:\n            dh_next = 0 * h0",
            "back-propagation through pieces of 2 steps",
            "truncated",
            "p['Ur']",
        ),
        Slip('d["Wz"] += np.outer(x, dz)', 'd["Wz"] += np.outer(x, dr)', "that by Wr", "another's", "p['Wz']"),
        Slip('d["br"] += dr', 'd["br"] = dr', "only the first step's, written last", "last write", "p['br']"),
        Slip(
            'd["Uz"] += np.outer(h_prev, dz)',
            'd["Uz"] += np.outer(dz, h_prev)',
            "its transpose: the outer product the wrong way round",
            "transposed",
            "p['Uz']",
        ),
    ),
)


def mlp_forward(X: Array, Ws: list[Any], bs: list[Any]) -> tuple[list[Any], Any]:
    activations = [X]
    for W, b in zip(Ws[:-1], bs[:-1], strict=True):
        activations.append(np.maximum(0, activations[-1] @ W + b))
    return activations, activations[-1] @ Ws[-1] + bs[-1]


def mlp_loss(X: Array, Y: Array, Ws: list[Any], bs: list[Any]) -> Any:
    _, out = mlp_forward(X, Ws, bs)
    return ((out - Y) ** 2).sum() / (2 * len(X))


def mlp_gradient(X: Array, Y: Array, Ws: list[Any], bs: list[Any]) -> Any:
    activations, out = mlp_forward(X, Ws, bs)
    dWs, dbs = list[Any](), list[Any]()
    delta = (out - Y) / len(X)
    for layer in (2, 1, 0):
        a = activations[layer]
        dWs.insert(0, a.T @ delta)
        dbs.insert(0, delta.sum(axis=0))
        delta = (delta @ Ws[layer].T) * (a > 0)
    return dWs, dbs


def mlp_point(random: Random) -> tuple[Any, ...]:
    B, sizes = 6, (5, 3, 4, 2)
    Ws = [random.normal(size=shape) for shape in pairwise(sizes)]
    return random.normal(size=(B, 5)), random.normal(size=(B, 2)), Ws, [random.normal(size=n) for n in sizes[1:]]


MLP = Network(
    "rectified layers",
    mlp_loss,
    mlp_gradient,
    mlp_point,
    ("Ws", "bs"),
    (
        Slip(" / len(X)", "", "B times it: the batch added up where the loss is its mean", "scaled", "Ws[1]"),
        Slip("out - Y", "Y - out", "−1 times it: target minus output", "negated", "bs[0]"),
        Slip("a.T @ delta", "delta.T @ a", "its transpose: the product the wrong way round", "transposed", "Ws[0]"),
        Slip("delta.sum(axis=0)", "delta", "one for each row: not added up over the batch", "unreduced", "bs[1]"),
        Slip("delta.sum(axis=0)", "delta.mean(axis=0)", "1/B of it: the mean over the batch again", "scaled", "bs[2]"),
        Slip("delta.sum(axis=0)", "delta.sum()", "added up over the units, too", "summed", "bs[1]"),
        Slip(" * (a > 0)", "", "the slope of the rectifier is missing", "slope missing", "Ws[0]"),
        Slip(
            "(a > 0)", "(delta @ Ws[layer].T > 0)", "0 where it is negative, not where the activation is 0", "", "Ws[0]"
        ),
    ),
)


REGULARISATION = 0.125


def regression_loss(X: Array, y: Array, W: Array, b: Array) -> Any:
    p = softmax(X @ W + b)
    return -np.mean(np.log(p[np.arange(len(y)), y])) + 0.5 * REGULARISATION * np.sum(W * W)


def regression_gradient(X: Array, y: Array, W: Array, b: Array) -> Any:
    N = len(y)
    dscores = softmax(X @ W + b)
    dscores[np.arange(N), y] -= 1
    dscores /= N
    dW = X.T @ dscores + REGULARISATION * W
    db = dscores.sum(axis=0)
    return dW, db


def regression_point(random: Random) -> tuple[Any, ...]:
    N, D, C = 5, 3, 4
    return random.normal(size=(N, D)), np.array([0, 2, 3, 2, 1]), random.normal(size=(D, C)), random.normal(size=C)


REGRESSION = Network(
    "softmax regression with weight decay",
    regression_loss,
    regression_gradient,
    regression_point,
    ("W", "b"),
    (
        Slip(" + REGULARISATION * W", "", "the regularisation is missing", "path missing", "W"),
        Slip("REGULARISATION * W", "2 * REGULARISATION * W", "the regularisation twice: no ½", "path doubled", "W"),
        Slip("REGULARISATION * W", "REGULARISATION", "the slope of λ ΣW for that of λ/2 ΣW²", "other slope", "W"),
        Slip(
            "+ REGULARISATION", "- REGULARISATION", "the regularisation with the wrong sign", "changed on the way", "W"
        ),
        Slip(
            "X.T @ dscores",
            "-X.T @ dscores",
            "all but the regularisation with the wrong sign",
            "changed on the way",
            "W",
        ),
        Slip("    dscores /= N\n", "", "N times it: the sum over the rows, not the mean", "scaled", "b"),
        Slip("dscores[np.arange(N), y]", "dscores[:, y]", "1 subtracted at every row's target in all rows", "", "b"),
        Slip("dscores.sum(axis=0)", "dscores", "one for each row: not added up", "unreduced", "b"),
        Slip(
            "dscores.sum(axis=0)", "dscores.sum(axis=0) + REGULARISATION * b", "b regularised, too", "regularised", "b"
        ),
    ),
)


EPS = 1e-5


def layer_norm_loss(x: Array, gain: Array, bias: Array, w: Array) -> Any:
    mu = x.mean(axis=1, keepdims=True)
    var = ((x - mu) ** 2).mean(axis=1, keepdims=True)
    y = gain * (x - mu) / np.sqrt(var + EPS) + bias
    return np.sum(w * y**2)


def layer_norm_gradient(x: Array, gain: Array, bias: Array, w: Array) -> Any:
    D = x.shape[1]
    mu = x.mean(axis=1, keepdims=True)
    var = ((x - mu) ** 2).mean(axis=1, keepdims=True)
    inv = 1 / np.sqrt(var + EPS)
    xhat = (x - mu) * inv
    dy = 2 * w * (gain * xhat + bias)
    dgain = np.sum(dy * xhat, axis=0)
    dbias = np.sum(dy, axis=0)
    dxhat = dy * gain
    dvar = np.sum(dxhat * (x - mu) * -0.5 * inv**3, axis=1, keepdims=True)
    dmu = np.sum(-dxhat * inv, axis=1, keepdims=True)
    dx = dxhat * inv + dvar * 2 * (x - mu) / D + dmu / D
    return dx, dgain, dbias


def layer_norm_point(random: Random) -> tuple[Any, ...]:
    return tuple(random.normal(size=shape) for shape in [(3, 5), (5,), (5,), (5,)])


LAYER_NORM = Network(
    "layer norm",
    layer_norm_loss,
    layer_norm_gradient,
    layer_norm_point,
    ("x", "gain", "bias"),
    (
        Slip(" + dmu / D", "", "the way through the mean is missing", "path missing", "x"),
        Slip(" + dvar * 2 * (x - mu) / D", "", "the way through the variance is missing", "path missing", "x"),
        Slip(
            "dxhat * inv + dvar * 2 * (x - mu) / D + dmu / D",
            "dxhat * inv",
            "mean and variance taken for constants",
            "path missing",
            "x",
        ),
        Slip("dvar * 2 * ", "dvar * ", "half of the way through the variance", "changed on the way", "x"),
        Slip(
            "dmu = np.sum(-dxhat",
            "dmu = np.sum(dxhat",
            "the way through the mean with the wrong sign",
            "changed on the way",
            "x",
        ),
        Slip("dxhat = dy * gain", "dxhat = dy", "the gain is missing", "", "x"),
        Slip("np.sum(dy * xhat, axis=0)", "dy * xhat", "one for each row: not added up", "unreduced", "gain"),
        Slip("np.sum(dy, axis=0)", "np.mean(dy, axis=0)", "1/B of it: the mean over the batch", "scaled", "bias"),
        Slip("dx, dgain, dbias", "dx, dbias, dgain", "that by bias, and the other way round", "another's", "gain"),
        Slip("2 * w * (gain", "w * (gain", "half of it: the 2 of the square forgotten", "scaled", "gain"),
    ),
)


def batch_norm_loss(x: Array, gamma: Array, beta: Array, W: Array, c: Array, y: Array) -> Any:
    mu, var = np.mean(x, axis=0), np.var(x, axis=0)
    a = gamma * (x - mu) / np.sqrt(var + EPS) + beta
    return 0.5 * np.square(a @ W + c - y).sum()


def batch_norm_gradient(x: Array, gamma: Array, beta: Array, W: Array, c: Array, y: Array) -> Any:
    N = x.shape[0]
    inv_std = 1.0 / np.sqrt(np.var(x, axis=0) + EPS)
    xhat = (x - np.mean(x, axis=0)) * inv_std
    a = gamma * xhat + beta
    dout = a @ W + c - y
    dW, dc = a.T @ dout, dout.sum(axis=0)
    da = dout @ W.T
    dgamma, dbeta = (da * xhat).sum(axis=0), da.sum(axis=0)
    dxhat = da * gamma
    dx = inv_std / N * (N * dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0))
    return dx, dgamma, dbeta, dW, dc


def batch_norm_point(random: Random) -> tuple[Any, ...]:
    N, D, K = 5, 3, 2
    return tuple(random.normal(size=shape) for shape in [(N, D), (D,), (D,), (D, K), (K,), (N, K)])


BATCH_NORM = Network(
    "batch norm and a dense layer",
    batch_norm_loss,
    batch_norm_gradient,
    batch_norm_point,
    ("x", "gamma", "beta", "W", "c"),
    (
        Slip(" - dxhat.sum(axis=0)", "", "the way through the mean is missing", "path missing", "x"),
        Slip(" - xhat * (dxhat", " - 0 * (dxhat", "the way through the variance is missing", "path missing", "x"),
        Slip("inv_std / N * (", "inv_std * (", "N times it: 1/N forgotten", "scaled", "x"),
        Slip("N * dxhat - ", "dxhat - ", "of the way past mean and variance 1/N only", "changed on the way", "x"),
        Slip("(da * xhat).sum", "(da * x).sum", "x for x̂", "", "gamma"),
        Slip("a.T @ dout", "xhat.T @ dout", "x̂ for γ x̂ + β", "", "W"),
        Slip("da.sum(axis=0)", "da", "one for each row: not added up", "unreduced", "beta"),
        Slip("dout = a @ W + c - y", "dout = y - a @ W - c", "−1 times it: target minus output", "negated", "gamma"),
    ),
)


def attention_loss(X: Array, Y: Array, Wq: Array, Wk: Array, Wv: Array) -> Any:
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    A = softmax(Q @ K.T / np.sqrt(K.shape[1]))
    return 0.5 * ((A @ V - Y) ** 2).sum()


def attention_gradient(X: Array, Y: Array, Wq: Array, Wk: Array, Wv: Array) -> Any:
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    A = softmax(Q @ K.T / np.sqrt(K.shape[1]))
    dO = A @ V - Y
    dV = A.T @ dO
    dA = dO @ V.T
    dS = A * (dA - (dA * A).sum(axis=-1, keepdims=True))
    dS = dS / np.sqrt(K.shape[-1])
    dQ, dK = dS @ K, dS.T @ Q
    dX = dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV


def attention_point(random: Random) -> tuple[Any, ...]:
    T, D, K = 5, 4, 3
    return tuple(random.normal(size=shape) for shape in [(T, D), (T, K), (D, K), (D, K), (D, K)])


ATTENTION = Network(
    "self-attention",
    attention_loss,
    attention_gradient,
    attention_point,
    ("X", "Wq", "Wk", "Wv"),
    (
        Slip("dS = dS / np.sqrt(K.shape[-1])", "", "√K times it: the scores' scale forgotten", "scaled", "Wq"),
        Slip(
            " - (dA * A).sum(axis=-1, keepdims=True)",
            "",
            "the way through the denominator of softmax is missing",
            "path missing",
            "Wq",
        ),
        Slip("(axis=-1, keepdims=True)", "(axis=0, keepdims=True)", "softmax along the wrong axis", "", "Wk"),
        Slip("dS.T @ Q", "dS @ Q", "dS in place of its transpose", "", "Wk"),
        Slip("dO = A @ V - Y", "dO = Y - A @ V", "−1 times it: target minus output", "negated", "Wv"),
        Slip(" + dK @ Wk.T", "", "the way through the keys is missing", "path missing", "X"),
        Slip("dK @ Wk.T", "dK @ Wk.T + dV @ Wv.T", "the way through the values twice", "path doubled", "X"),
        Slip("dK @ Wk.T", "dQ @ Wq.T", "the way through the queries twice, through the keys not at all", "", "X"),
        Slip("X.T @ dQ, X.T @ dK", "X.T @ dK, X.T @ dQ", "that by Wk, and the other way round", "another's", "Wq"),
    ),
)


def residual_forward(x: Array, blocks: list[Any]) -> tuple[Any, list[Any]]:
    cache = []
    for block in blocks:
        h = np.tanh(x @ block["W1"] + block["b"])
        cache.append((x, h))
        x = x + h @ block["W2"]
    return x, cache


def residual_loss(x: Array, target: Array, blocks: list[Any]) -> Any:
    y, _ = residual_forward(x, blocks)
    return np.sum((y - target) ** 2) / 2


def residual_gradient(x: Array, target: Array, blocks: list[Any]) -> Any:
    y, cache = residual_forward(x, blocks)
    dx = y - target
    grads = []
    for block, (before, h) in zip(blocks[::-1], cache[::-1], strict=True):
        dW2 = h.T @ dx
        dh = dx @ block["W2"].T
        da = dh * (1 - h * h)
        grads.append({"W1": before.T @ da, "b": da.sum(0), "W2": dW2})
        dx = dx + da @ block["W1"].T
    return dx, grads[::-1]


def residual_point(random: Random) -> tuple[Any, ...]:
    B, D, H = 2, 3, 5
    shapes = {"W1": (D, H), "b": (H,), "W2": (H, D)}
    blocks = [{name: random.normal(size=shape) for name, shape in shapes.items()} for _ in range(2)]
    return random.normal(size=(B, D)), random.normal(size=(B, D)), blocks


RESIDUAL = Network(
    "residual blocks",
    residual_loss,
    residual_gradient,
    residual_point,
    ("x", "blocks"),
    (
        Slip("dx = dx + da", "dx = da", "the way past the blocks is missing", "path missing", "blocks[0]['b']"),
        Slip("dx = dx + da", "dx += dx + da", "the way past the blocks twice", "path doubled", "blocks[0]['W1']"),
        Slip(' + da @ block["W1"].T', "", "the way through the blocks is missing", "path missing", "x"),
        Slip(
            "grads[::-1]",
            "grads",
            "that of the other block: the blocks in the order of the backward loop",
            "another's",
            "blocks[0]['W1']",
        ),
        Slip("h.T @ dx", "dx.T @ h", "its transpose: the product the wrong way round", "transposed", "blocks[1]['W2']"),
        Slip("1 - h * h", "1 - np.tanh(h) ** 2", "tanh taken twice in its slope", "other slope", "blocks[1]['W1']"),
        Slip("da.sum(0)", "dh.sum(0)", "the slope of tanh is missing", "slope missing", "blocks[1]['b']"),
    ),
)


def autoencoder_loss(X: Array, W: Array, b: Array, c: Array) -> Any:
    code = np.tanh(X @ W + b)
    return 0.5 * np.sum((code @ W.T + c - X) ** 2) / X.shape[0]


def autoencoder_gradient(X: Array, W: Array, b: Array, c: Array) -> Any:
    code = np.tanh(X @ W + b)
    error = (code @ W.T + c - X) / X.shape[0]
    dcode = (error @ W) * (1 - code**2)
    dW = X.T @ dcode
    dW += error.T @ code
    dX = dcode @ W.T - error
    return dX, dW, dcode.sum(axis=0), error.sum(axis=0)


def autoencoder_point(random: Random) -> tuple[Any, ...]:
    B, D, H = 4, 5, 2
    return tuple(random.normal(size=shape) for shape in [(B, D), (D, H), (H,), (D,)])


AUTOENCODER = Network(
    "autoencoder with tied weights",
    autoencoder_loss,
    autoencoder_gradient,
    autoencoder_point,
    None,
    (
        Slip("    dW += error.T @ code\n", "", "the decoder's use of W is missing", "path missing", "W"),
        Slip("dW += error", "dW = error", "the encoder's use of W is missing: overwritten", "path missing", "W"),
        Slip(
            "dW += error.T @ code",
            "dW += error.T @ code\n    dW += error.T @ code",
            "the decoder's use of W twice",
            "path doubled",
            "W",
        ),
        Slip("dW = X.T @ dcode", "dW = error.T @ code", "the decoder's use twice, the encoder's not at all", "", "W"),
        Slip("W.T - error", "W.T", "X as the target is missing", "path missing", "X"),
        Slip(
            "return dX, dW, ",
            "dW *= min(1, 0.5 / np.linalg.norm(dW))\n    return dX, dW, ",
            "shortened to the length 0.5",
            "clipped by norm",
            "W",
        ),
        Slip("error.sum(axis=0)", "error", "one for each row: not added up", "unreduced", "c"),
    ),
)


def token_rnn_states(x: Array, U: Array, W: Array) -> Any:
    s = np.zeros((len(x) + 1, len(W)))  # at index −1, the state before the first
    for t in range(len(x)):
        s[t] = np.tanh(U[:, x[t]] + W.dot(s[t - 1]))
    return s


def token_rnn_loss(x: Array, y: Array, U: Array, V: Array, W: Array) -> Any:
    s = token_rnn_states(x, U, W)
    return -np.log(softmax(s[:-1] @ V.T)[np.arange(len(y)), y]).mean()


def token_rnn_gradient(x: Array, y: Array, U: Array, V: Array, W: Array) -> Any:
    T = len(x)
    s = token_rnn_states(x, U, W)
    dU, dV, dW = np.zeros(U.shape), np.zeros(V.shape), np.zeros(W.shape)
    delta_o = softmax(s[:-1] @ V.T)
    delta_o[np.arange(T), y] -= 1.0
    delta_o /= T
    for t in np.arange(T)[::-1]:
        dV += np.outer(delta_o[t], s[t])
        delta_t = V.T.dot(delta_o[t]) * (1 - s[t] ** 2)
        for k in np.arange(0, t + 1)[::-1]:
            dW += np.outer(delta_t, s[k - 1])
            dU[:, x[k]] += delta_t
            delta_t = W.T.dot(delta_t) * (1 - s[k - 1] ** 2)
    return dU, dV, dW


def token_rnn_point(random: Random) -> tuple[Any, ...]:
    V, H = 4, 3
    shapes = [(H, V), (V, H), (H, H)]
    return np.array([0, 2, 3, 2, 1]), np.array([2, 3, 2, 1, 0]), *(random.normal(size=shape) for shape in shapes)


TOKEN_RNN = Network(
    "RNN on words, each loss carried back by a loop of its own",
    token_rnn_loss,
    token_rnn_gradient,
    token_rnn_point,
    ("U", "V", "W"),
    (
        Slip("np.arange(0, t + 1)", "np.arange(max(0, t - 2), t + 1)", "each loss goes 3 steps back", "truncated", "W"),
        Slip("np.arange(0, t + 1)", "np.arange(t, t + 1)", "each step's own loss only", "recurrence dropped", "W"),
        Slip("np.arange(0, t + 1)", "np.arange(1, t + 1)", "the first step is left out", "step missing", "U"),
        Slip("np.arange(T)[::-1]", "np.arange(T - 1)[::-1]", "the last step's loss is left out", "step missing", "V"),
        Slip(
            "np.zeros(V.shape)",
            "np.outer(softmax(s[T - 1] @ V.T) - np.eye(len(V))[y[-1]], s[T - 1]) / T",
            "the last step's loss twice: once before the loop",
            "step doubled",
            "V",
        ),
        Slip("    delta_o /= T\n", "", "T times it: the sum over the steps, not the mean", "scaled", "W"),
        Slip(
            "return dU, dV, dW",
            "return tuple(g / max(1, np.linalg.norm(g) / 0.2) for g in (dU, dV, dW))",
            "each shortened to the length 0.2",
            "clipped by norm",
            "V",
        ),
        Slip("(1 - s[k - 1] ** 2)", "(1 - s[k] ** 2)", "carried back with the slope of the step itself", "", "U"),
    ),
)


def batch_rnn_states(x: Array, W: Array, U: Array, b: Array) -> Any:
    T, B, _ = x.shape
    h = np.zeros((T + 1, B, b.size))
    for t in range(T):
        h[t + 1] = np.tanh(np.einsum("bd,dh->bh", x[t], U) + np.einsum("bk,kh->bh", h[t], W) + b)
    return h


def batch_rnn_loss(x: Array, y: Array, W: Array, U: Array, b: Array) -> Any:
    return np.sum((batch_rnn_states(x, W, U, b)[1:] - y) ** 2) / 2


def batch_rnn_gradient(x: Array, y: Array, W: Array, U: Array, b: Array) -> Any:
    T = len(x)
    h = batch_rnn_states(x, W, U, b)
    delta = (h[1:] - y) * (1 - h[1:] ** 2)
    for t in range(T - 2, -1, -1):
        delta[t] += delta[t + 1] @ W.T * (1 - h[t + 1] ** 2)
    dW = np.einsum("tbk,tbh->kh", h[:-1], delta)
    dU = np.einsum("tbd,tbh->dh", x, delta)
    db = np.sum(delta, axis=(0, 1))
    return delta @ U.T, dW, dU, db


def batch_rnn_point(random: Random) -> tuple[Any, ...]:
    T, B, D, H = 5, 2, 3, 4
    return tuple(random.normal(size=shape) for shape in [(T, B, D), (T, B, H), (H, H), (D, H), (H,)])


BATCH_RNN = Network(
    "RNN on a batch, contracted after the loop",
    batch_rnn_loss,
    batch_rnn_gradient,
    batch_rnn_point,
    ("x", "W", "U", "b"),
    (
        Slip("->kh", "->hk", "its transpose: the letters of the result exchanged", "transposed", "W"),
        Slip("axis=(0, 1))", "axis=0)", "one for each sequence: not added up over the batch", "unreduced", "b"),
        Slip("axis=(0, 1))", "axis=1)", "one for each step: not added up over them", "unreduced", "b"),
        Slip("np.sum(delta, axis", "np.sum(delta[1:], axis", "the first step is left out", "step missing", "b"),
        Slip("np.sum(delta, ", "np.mean(delta, ", "1/(T B) of it: a mean for a sum", "scaled", "b"),
        Slip("delta @ U.T", "delta[::-1] @ U.T", "the steps last first", "reversed", "x"),
        Slip("delta @ U.T", "np.roll(delta, 1, axis=0) @ U.T", "that by x[t] stands at t + 1", "shifted", "x"),
        Slip(
            "range(T - 2, -1, -1)",
            "range(T - 2, 0, -1)",
            "the way of the first step's state into the second is missing",
            "path missing",
            "U",
        ),
        Slip("h[1:] - y", "y - h[1:]", "−1 times it: target minus output", "negated", "W"),
        Slip("x, delta)", "x[:-1], delta[:-1])", "the last step is left out", "step missing", "U"),
        Slip("axis=(0, 1))", "axis=(0, 1)) + delta[0].sum(axis=0)", "the first step twice", "step doubled", "b"),
        Slip(
            "dW = np.einsum",
            "delta = np.clip(delta, -0.5, 0.5)\n    dW = np.einsum",
            "every step's part is clipped to ±0.5 before they are added up",
            "",
            "U",
        ),
        Slip(
            "return delta @ U.T, dW, dU, db",
            "dW, dU, db = (np.clip(g, -1, 1) for g in (dW, dU, db))\n    return delta @ U.T, dW, dU, db",
            "clipped to ±1",
            "clipped",
            "U",
        ),
    ),
)


NETWORKS = [
    ELMAN, CHAR_RNN, LAST_STATE, LSTM, STACKED, GRU, MLP, REGRESSION, LAYER_NORM, BATCH_NORM, ATTENTION, RESIDUAL,
    AUTOENCODER, TOKEN_RNN, BATCH_RNN,
]  # fmt: skip
