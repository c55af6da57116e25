"""Two LSTMs as people write them in NumPy: loss and back-propagation by hand, with nothing in them for a checker.

`char_loss`: one-hot columns, dicts keyed by the time step from −1 on, one matrix for each gate on [h; x], clipping.
`WordLSTM`: embedded words, rows in buffers of (T, H), one matrix for all gates, gradients left in `self.grads`.
"""

from typing import Any, TypeAlias

import numpy as np

Parameters: TypeAlias = dict[str, Any]


def sigmoid(a: Any) -> Any:
    return 1 / (1 + np.exp(-a))


def char_parameters(H: int, V: int, seed: int = 0) -> Parameters:
    """W_f, W_i, W_g and W_o are (H, H + V), W_y is (V, H); the biases are columns."""
    random = np.random.default_rng(seed)
    shapes = {**{f"W_{gate}": (H, H + V) for gate in "figo"}, "W_y": (V, H)}
    weights = {name: random.normal(size=shape) for name, shape in shapes.items()}
    return weights | {name.replace("W", "b"): random.normal(size=(shape[0], 1)) for name, shape in shapes.items()}


def char_loss(p: Parameters, inputs: Any, targets: Any, h_prev: Any, c_prev: Any) -> tuple[Any, Parameters]:
    """Σ_t −log softmax(W_y h[t] + b_y)[targets[t]] and its gradients; h_prev and c_prev are (H, 1)."""
    H, V = h_prev.shape[0], p["W_y"].shape[0]
    x, z, f, i, g, o, c, h, prob = {}, {}, {}, {}, {}, {}, {}, {}, {}
    h[-1], c[-1] = np.copy(h_prev), np.copy(c_prev)
    loss = 0.0
    for t in range(len(inputs)):
        x[t] = np.zeros((V, 1))
        x[t][inputs[t]] = 1
        z[t] = np.vstack((h[t - 1], x[t]))
        f[t] = sigmoid(p["W_f"] @ z[t] + p["b_f"])
        i[t] = sigmoid(p["W_i"] @ z[t] + p["b_i"])
        g[t] = np.tanh(p["W_g"] @ z[t] + p["b_g"])
        o[t] = sigmoid(p["W_o"] @ z[t] + p["b_o"])
        c[t] = f[t] * c[t - 1] + i[t] * g[t]
        h[t] = o[t] * np.tanh(c[t])
        y = np.dot(p["W_y"], h[t]) + p["b_y"]
        e = np.exp(y - np.max(y))
        prob[t] = e / np.sum(e)
        loss += -np.log(prob[t][targets[t], 0])

    grads = {name: np.zeros_like(value) for name, value in p.items()}
    dh_next, dc_next = np.zeros_like(h[0]), np.zeros_like(c[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(prob[t])
        dy[targets[t]] -= 1
        grads["W_y"] += np.dot(dy, h[t].T)
        grads["b_y"] += dy
        dh = np.dot(p["W_y"].T, dy) + dh_next
        dc = dh * o[t] * (1 - np.tanh(c[t]) ** 2) + dc_next
        da = {
            "f": dc * c[t - 1] * f[t] * (1 - f[t]),
            "i": dc * g[t] * i[t] * (1 - i[t]),
            "g": dc * i[t] * (1 - g[t] ** 2),
            "o": dh * np.tanh(c[t]) * o[t] * (1 - o[t]),
        }
        dz = np.zeros_like(z[t])
        for gate in da:
            grads["W_" + gate] += np.dot(da[gate], z[t].T)
            grads["b_" + gate] += da[gate]
            dz += np.dot(p["W_" + gate].T, da[gate])
        dh_next = dz[:H, :]
        dc_next = f[t] * dc
    for gradient in grads.values():
        np.clip(gradient, -5, 5, out=gradient)
    return loss, grads


class WordLSTM:
    """The mean cross-entropy of the next word, over sequences of one length."""

    def __init__(self, words: int, D: int, H: int, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.params: Parameters = {
            "E": random.normal(size=(words, D)),
            "Wx": random.normal(size=(D, 4 * H)) / np.sqrt(D),
            "Wh": random.normal(size=(H, 4 * H)) / np.sqrt(H),
            "b": np.zeros(4 * H),
            "Wy": random.normal(size=(H, words)) / np.sqrt(H),
            "by": np.zeros(words),
        }
        self.grads: Parameters = {}

    def forward(self, words: Any, targets: Any) -> Any:
        """words and targets are (N, T)."""
        p = self.params
        (N, T), H = words.shape, p["Wh"].shape[0]
        self.words, self.targets = words, targets
        self.x = p["E"][words]
        self.h, self.c = np.zeros((N, T + 1, H)), np.zeros((N, T + 1, H))  # at index −1, the states before the first
        self.gates = np.zeros((N, T, 4 * H), dtype=np.float64)
        for t in range(T):
            a = self.x[:, t].dot(p["Wx"]) + self.h[:, t - 1].dot(p["Wh"]) + p["b"]
            self.gates[:, t, : 3 * H] = sigmoid(a[:, : 3 * H])
            self.gates[:, t, 3 * H :] = np.tanh(a[:, 3 * H :])
            i, f, o, g = np.split(self.gates[:, t], 4, axis=1)
            self.c[:, t] = f * self.c[:, t - 1] + i * g
            self.h[:, t] = o * np.tanh(self.c[:, t])
        scores = self.h[:, :T].reshape(N * T, H).dot(p["Wy"]) + p["by"]
        scores -= scores.max(axis=1, keepdims=True)
        self.probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return -np.log(self.probs[np.arange(N * T), targets.ravel()]).mean()

    def backward(self) -> None:
        p = self.params
        (N, T), H = self.words.shape, p["Wh"].shape[0]
        grads = {name: np.zeros_like(value) for name, value in p.items()}
        dscores = self.probs.copy()
        dscores[np.arange(N * T), self.targets.ravel()] -= 1
        dscores /= N * T
        grads["Wy"] = self.h[:, :T].reshape(N * T, H).T.dot(dscores)
        grads["by"] = dscores.sum(axis=0)
        dh_out = dscores.dot(p["Wy"].T).reshape(N, T, H)
        dx = np.empty_like(self.x)
        dh_next, dc = np.zeros((N, H)), np.zeros((N, H))
        for t in range(T - 1, -1, -1):
            i, f, o, g = np.split(self.gates[:, t], 4, axis=1)
            tanh_c = np.tanh(self.c[:, t])
            dh = dh_out[:, t] + dh_next
            dc += dh * o * (1 - tanh_c * tanh_c)
            da = np.hstack([
                dc * g * i * (1 - i),
                dc * self.c[:, t - 1] * f * (1 - f),
                dh * tanh_c * o * (1 - o),
                dc * i * (1 - g * g),
            ])  # fmt: skip
            grads["Wx"] += self.x[:, t].T.dot(da)
            grads["Wh"] += self.h[:, t - 1].T.dot(da)
            grads["b"] += da.sum(axis=0)
            dx[:, t] = da.dot(p["Wx"].T)
            dh_next = da.dot(p["Wh"].T)
            dc *= f
        np.add.at(grads["E"], self.words, dx)
        self.grads = grads
