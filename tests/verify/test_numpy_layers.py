"""Layers, recurrent networks and training code in NumPy, judged as they stand: objects, layouts, float types.

Every gradient here is right, and comes with a slip that has to be found.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

from bptt.verify import Report, judge_gradient
from tests.corpus import numpy_lstm
from tests.corpus.slips import BALLS, found, with_a_slip, wrong_leaves

Array = Any

normal = np.random.default_rng(0).normal
X = np.array([0.5, -1.25, 2.0])
W = np.array([1.0, 2.0, -3.0])
M = normal(size=(3, 4))
C = normal(size=(3, 4))


def judged_char_lstm(char_loss: Any) -> Report:
    def loss(p: Any, h: Array, c: Array) -> Any:
        return char_loss(p, [0, 2, 1, 1], [2, 1, 1, 3], h, c)[0]

    def gradient(p: Any, h: Array, c: Array) -> Any:
        return char_loss(p, [0, 2, 1, 1], [2, 1, 1, 3], h, c)[1]

    return judge_gradient(loss, gradient, (numpy_lstm.char_parameters(H=3, V=4), M[:, :1], C[:, :1]), wrt="p")


def judged_word_lstm(word_lstm: Any) -> Report:
    lstm = word_lstm(words=5, D=3, H=2)

    def loss(params: Any) -> Any:
        lstm.params = params
        return lstm.forward(np.array([[0, 4, 0, 1], [2, 1, 0, 3]]), np.array([[4, 0, 3, 2], [1, 0, 0, 4]]))

    def gradient(params: Any) -> Any:
        loss(params)
        lstm.backward()
        return lstm.grads

    return judge_gradient(loss, gradient, (lstm.params,))


def test_an_lstm_on_one_hot_columns_is_right_by_balls() -> None:
    assert found(judged_char_lstm(numpy_lstm.char_loss)) == BALLS


def test_an_lstm_on_embedded_words_is_right_by_balls() -> None:
    assert found(judged_word_lstm(numpy_lstm.WordLSTM)) == BALLS


GATES = {f"p['{kind}_{gate}']" for gate in "figo" for kind in "Wb"}
OUTPUT = {"p['W_y']", "p['b_y']"}


@pytest.mark.parametrize(
    ("line", "instead", "wrong"),
    [
        pytest.param("dh * o[t] * (1 - np.tanh(c[t]) ** 2)", "dh * o[t]", GATES, id="tanh' forgotten"),
        pytest.param("dh * o[t] * (1 - np.tanh(c[t]) ** 2)", "dh * o[t] * (1 - c[t] ** 2)", GATES, id="tanh' of tanh"),
        pytest.param("dh * np.tanh(c[t]) * o[t]", "dh * c[t] * o[t]", GATES, id="tanh of the cell forgotten"),
        pytest.param("dc_next = f[t] * dc", "dc_next = dc", GATES, id="forget gate missing"),
        pytest.param("dc_next = f[t] * dc", "dc_next = f[t - 1] * dc if t else dc", GATES, id="forget gate of before"),
        pytest.param("** 2) + dc_next", "** 2)", GATES, id="carry of the cell dropped"),
        pytest.param("dy) + dh_next", "dy)", GATES, id="carry of the state dropped"),
        pytest.param("dz[:H, :]", "dz[-H:, :]", GATES, id="the input's half of dz"),
        pytest.param("dz += np.dot", "dz = np.dot", GATES, id="the last gate's dz wins"),
        pytest.param("dc * c[t - 1] * f[t]", "dc * c[t] * f[t]", GATES, id="cell of the same step"),
        pytest.param("(1 - g[t] ** 2)", "g[t] * (1 - g[t])", GATES, id="the slope of a sigmoid for that of tanh"),
        pytest.param("dy[targets[t]] -= 1", "dy[targets[t]] -= 0", GATES | OUTPUT, id="one-hot not subtracted"),
        pytest.param("dy[targets[t]] -= 1", "dy[inputs[t]] -= 1", GATES | OUTPUT, id="one-hot of the input"),
        pytest.param('grads["b_y"] += dy', 'grads["b_y"] = dy', {"p['b_y']"}, id="last write wins"),
        pytest.param("dy, h[t].T", "dy, h[t - 1].T", {"p['W_y']"}, id="state of the step before"),
        pytest.param("gradient, -5, 5", "gradient, -0.01, 0.01", GATES | OUTPUT, id="clipping that clips"),
    ],
)
def test_a_slip_in_the_lstm_on_columns_is_wrong_by_the_leaves_it_touches(
    line: str, instead: str, wrong: set[str]
) -> None:
    report = judged_char_lstm(with_a_slip(numpy_lstm.char_loss, line, instead))
    assert report.verdict == "wrong"
    assert wrong_leaves(report) == wrong


RECURRENT = {"params['E']", "params['Wx']", "params['Wh']", "params['b']"}
ALL = RECURRENT | {"params['Wy']", "params['by']"}


@pytest.mark.parametrize(
    ("line", "instead", "wrong"),
    [
        pytest.param(
            'np.add.at(grads["E"], self.words, dx)',
            'grads["E"][self.words] += dx',
            {"params['E']"},
            id="of a word met twice one gradient",
        ),
        pytest.param("dscores.sum(axis=0)", "dscores.sum(axis=1)", {"params['by']"}, id="bias over the wrong axis"),
        pytest.param("dscores /= N * T", "dscores /= N", ALL, id="sum over time for the mean"),
        pytest.param(
            "self.targets.ravel()] -= 1",
            "self.targets.T.ravel()] -= 1",
            ALL - {"params['by']"},
            id="targets time first",
        ),
        pytest.param("dc *= f", "dc *= 1", RECURRENT, id="forget gate missing"),
        pytest.param("dc += dh * o", "dc = dh * o", RECURRENT, id="carry of the cell dropped"),
        pytest.param("dh_out[:, t] + dh_next", "dh_out[:, t]", RECURRENT, id="carry of the state dropped"),
        pytest.param("self.h[:, t - 1].T.dot(da)", "self.h[:, t].T.dot(da)", {"params['Wh']"}, id="state one late"),
        pytest.param('grads["Wx"] += ', 'grads["Wx"] = ', {"params['Wx']"}, id="last write wins"),
        pytest.param("dc * g * i * (1 - i)", "dc * g * (1 - i)", RECURRENT, id="half of a sigmoid's slope"),
        pytest.param("dh_next = da.dot", "dh_next += da.dot", RECURRENT, id="carry added up"),
    ],
)
def test_a_slip_in_the_lstm_on_words_is_wrong_by_the_leaves_it_touches(
    line: str, instead: str, wrong: set[str]
) -> None:
    report = judged_word_lstm(with_a_slip(numpy_lstm.WordLSTM, line, instead))
    assert report.verdict == "wrong"
    assert wrong_leaves(report) == wrong


def softmax(scores: Array) -> Any:
    e = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def cross_entropy(scores: Array, targets: Array) -> Any:
    return -np.log(softmax(scores)[np.arange(len(targets)), targets]).mean()


def cross_entropy_gradient(scores: Array, targets: Array) -> tuple[Any, None]:
    p = softmax(scores)
    p[np.arange(len(targets)), targets] -= 1
    return p / len(targets), None


def layer_norm(x: Array, gain: Array, bias: Array, out: Array) -> Any:
    normed = (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    return ((gain * normed + bias) * out).sum()


def layer_norm_gradient(x: Array, gain: Array, bias: Array, out: Array) -> tuple[Any, ...]:
    std = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    normed = (x - x.mean(axis=-1, keepdims=True)) / std
    d = out * gain
    dx = (d - d.mean(axis=-1, keepdims=True) - normed * (d * normed).mean(axis=-1, keepdims=True)) / std
    return dx, (out * normed).sum(axis=0), out.sum(axis=0), gain * normed + bias


def batch_norm(x: Array, gamma: Array, beta: Array, out: Array) -> Any:
    mean, var = np.mean(x, axis=0), np.var(x, axis=0)
    return np.sum((gamma * (x - mean) / np.sqrt(var + 1e-5) + beta) * out)


def batch_norm_gradient(x: Array, gamma: Array, beta: Array, out: Array) -> tuple[Any, ...]:
    N = x.shape[0]
    centred = x - np.mean(x, axis=0)
    inverse_std = 1 / np.sqrt(np.var(x, axis=0) + 1e-5)
    dnormed = out * gamma
    dvar = np.sum(dnormed * centred * -0.5 * inverse_std**3, axis=0)
    dmean = np.sum(-dnormed * inverse_std, axis=0) + dvar * np.mean(-2 * centred, axis=0)
    dx = dnormed * inverse_std + dvar * 2 * centred / N + dmean / N
    return dx, np.sum(out * centred * inverse_std, axis=0), np.sum(out, axis=0), gamma * centred * inverse_std + beta


def convolution(x: Array, kernel: Array) -> Any:
    kh, kw = kernel.shape
    y = np.zeros((x.shape[0] - kh + 1, x.shape[1] - kw + 1))
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            y[i, j] = np.sum(x[i : i + kh, j : j + kw] * kernel)
    return (y**2).sum() / 2


def convolution_gradient(x: Array, kernel: Array) -> tuple[Any, Any]:
    kh, kw = kernel.shape
    dx, dkernel = np.zeros(x.shape), np.zeros_like(kernel)
    for i in range(x.shape[0] - kh + 1):
        for j in range(x.shape[1] - kw + 1):
            y = np.sum(x[i : i + kh, j : j + kw] * kernel)
            dx[i : i + kh, j : j + kw] += y * kernel
            dkernel += y * x[i : i + kh, j : j + kw]
    return dx, dkernel


def im2col(x: Array, kh: int, kw: int) -> Any:
    h, w = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    columns = np.empty((kh * kw, h * w), dtype=np.float32)
    for i in range(kh):
        for j in range(kw):
            columns[i * kw + j] = x[i : i + h, j : j + w].reshape(-1)
    return columns


def convolution_by_columns(x: Array, kernel: Array) -> Any:
    return np.square(kernel.reshape(1, -1) @ im2col(x, *kernel.shape)).sum() / 2


def convolution_by_columns_gradient(x: Array, kernel: Array) -> tuple[Any, Any]:
    kh, kw = kernel.shape
    h, w = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    columns = im2col(x, kh, kw)
    y = kernel.reshape(1, -1) @ columns
    dcolumns = kernel.reshape(-1, 1) @ y
    dx = np.zeros_like(x)
    for i in range(kh):
        for j in range(kw):
            dx[i : i + h, j : j + w] += dcolumns[i * kw + j].reshape(h, w)
    return dx, (y @ columns.T).reshape(kernel.shape)


def attention(Q: Array, K: Array, V: Array) -> Any:
    scores = Q @ K.T / np.sqrt(Q.shape[-1])
    scores[np.triu_indices(len(Q), 1)] = -np.inf
    return np.square(softmax(scores) @ V).sum() / 2


def attention_gradient(Q: Array, K: Array, V: Array) -> tuple[Any, ...]:
    scores = Q @ K.T / np.sqrt(Q.shape[-1])
    P = softmax(np.where(np.tril(np.ones(scores.shape, dtype=bool)), scores, -np.inf))
    out = P @ V
    dP = out @ V.T
    dscores = P * (dP - np.sum(dP * P, axis=-1, keepdims=True)) / np.sqrt(Q.shape[-1])
    return dscores @ K, dscores.T @ Q, P.T @ out


def dropout(x: Array, w: Array) -> Any:
    mask = np.random.binomial(1, 0.5, size=x.shape) / 0.5  # noqa: NPY002
    return np.sum((x * mask) @ w)


def dropout_gradient(x: Array, w: Array) -> tuple[Any, Any]:
    mask = np.random.binomial(1, 0.5, size=x.shape) / 0.5  # noqa: NPY002
    return np.outer(np.ones(len(x)), w) * mask, np.sum(x * mask, axis=0)


def embedding(E: Array, tokens: Array) -> Any:
    return np.tanh(E[tokens]).sum(axis=1).prod()


def embedding_gradient(E: Array, tokens: Array) -> tuple[Any, None]:
    h = np.tanh(E[tokens])
    s = h.sum(axis=1)
    dE = np.zeros_like(E)
    np.add.at(dE, tokens, (np.prod(s) / s)[:, None] * (1 - h**2))
    return dE, None


def batch_first(x: Array, W: Array) -> Any:
    B, T, D = x.shape
    h = np.zeros((B, T + 1, D))
    for t in range(T):
        h[:, t + 1] = np.tanh(x[:, t] + h[:, t] @ W)
    return (h[:, -1] ** 2).sum() / 2


def batch_first_gradient(x: Array, W: Array) -> tuple[Any, Any]:
    B, T, D = x.shape
    h, dx, dW = np.zeros((B, T + 1, D)), np.empty_like(x), np.zeros_like(W)
    for t in range(T):
        h[:, t + 1] = np.tanh(x[:, t] + h[:, t] @ W)
    dh = h[:, T].copy()
    for t in range(T)[::-1]:
        dx[:, t] = dh * (1 - h[:, t + 1] ** 2)
        dW += h[:, t].T @ dx[:, t]
        dh = dx[:, t] @ W.T
    return dx, dW


def time_first(x: Array, W: Array) -> Any:
    h = [np.zeros(x.shape[1:])]
    for x_t in x:
        h.append(np.tanh(x_t + h[-1].dot(W)))
    return (h[-1] ** 2).sum() / 2


def time_first_gradient(x: Array, W: Array) -> tuple[Any, Any]:
    h = [np.zeros(x.shape[1:])]
    for x_t in x:
        h.append(np.tanh(x_t + h[-1].dot(W)))
    dh, dW, dx = h[-1], 0, list[Any]()
    for t in reversed(range(len(x))):
        da = dh * (1 - h[t + 1] ** 2)
        dW = dW + h[t].T.dot(da)
        dh = da.dot(W.T)
        dx.insert(0, da)
    return np.stack(dx), dW


def features_first(x: Array, W: Array) -> Any:
    h = {-1: np.zeros(x.shape[:2])}
    for t in range(x.shape[2]):
        h[t] = np.tanh(x[:, :, t] + W.T @ h[t - 1])
    return (h[t] ** 2).sum() / 2


def features_first_gradient(x: Array, W: Array) -> tuple[Any, Any]:
    h = {-1: np.zeros(x.shape[:2])}
    for t in range(x.shape[2]):
        h[t] = np.tanh(x[:, :, t] + W.T @ h[t - 1])
    dx, dW, dh = np.zeros(x.shape), np.zeros(W.shape), 1 * h[t]
    while t >= 0:
        dx[:, :, t] = dh * (1 - np.square(h[t]))
        dW += np.dot(h[t - 1], dx[:, :, t].T)
        dh = W @ dx[:, :, t]
        t -= 1
    return dx, dW


def relu_layers(x: Array, layers: list[Any]) -> Any:
    for weights, bias in layers:
        x = np.maximum(0, x @ weights + bias)
    return np.linalg.norm(x)


def relu_layers_gradient(x: Array, layers: list[Any]) -> tuple[Any, list[Any]]:
    inputs = [x]
    for weights, bias in layers:
        inputs.append(np.maximum(0, inputs[-1] @ weights + bias))
    dx, grads = inputs[-1] / np.linalg.norm(inputs[-1]), []
    for (weights, _), before, after in zip(layers[::-1], inputs[-2::-1], inputs[:0:-1], strict=True):
        dx[after <= 0] = 0
        grads.append((before.T @ dx, dx.sum(axis=0)))
        dx = dx @ weights.T
    return dx, grads[::-1]


def clipped(x: Array) -> Any:
    g = 2 * x
    return g * min(1, 9 / np.sqrt((g**2).sum()))


class Layer(NamedTuple):
    """Its gradient, and the slips as (part of a line, what stands there instead)."""

    f: Callable[..., Any]
    gradient: Callable[..., Any]
    slips: tuple[tuple[str, str], ...]
    point: tuple[Any, ...]


TOKENS = np.array([0, 2, 0, 1])
SEQUENCES = normal(size=(2, 5, 3))  # (B, T, D)

LAYERS = {
    "softmax cross-entropy": Layer(
        cross_entropy,
        cross_entropy_gradient,
        ((" -= 1", " -= 0"), ("p / len(targets)", "p"), ("np.arange(len(targets))", "0")),
        (normal(size=(4, 3)), TOKENS),
    ),
    "layer norm": Layer(
        layer_norm,
        layer_norm_gradient,
        (("d - d.mean(axis=-1, keepdims=True)", "d"), ("d = out * gain", "d = out"), (" + bias", "")),
        (M, C[0], C[1], C),
    ),
    "batch norm": Layer(
        batch_norm,
        batch_norm_gradient,
        (("inverse_std**3", "inverse_std**2"), (" + dmean / N", ""), ("dvar * 2", "dvar"), ("(out, axis=0)", "(out)")),
        (M, C[0], C[1], C),
    ),
    "convolution by loops": Layer(
        convolution,
        convolution_gradient,
        (("] += y", "] = y"), ("y * kernel", "y * kernel[::-1, ::-1]"), ("dkernel += y", "dkernel = y")),
        (normal(size=(4, 5)), normal(size=(2, 3))),
    ),
    "convolution by columns": Layer(
        convolution_by_columns,
        convolution_by_columns_gradient,
        (("w] += d", "w] = d"), ("(y @ columns.T)", "(np.ones_like(y) @ columns.T)")),
        (normal(size=(4, 5)).astype(np.float32), normal(size=(2, 3)).astype(np.float32)),
    ),
    "masked attention": Layer(
        attention,
        attention_gradient,
        (
            (" / np.sqrt(Q.shape[-1])\n    return", "\n    return"),
            ("dscores.T @ Q", "dscores @ Q"),
            ("np.tril(", "np.triu("),
            (" - np.sum(dP * P, axis=-1, keepdims=True)", ""),
        ),
        (M, C, normal(size=(3, 2))),
    ),
    "dropout": Layer(
        dropout, dropout_gradient, ((") * mask", ")"), ("x * mask", "x"), (" / 0.5", "")), (normal(size=(5, 4)), C[0])
    ),
    "embedding": Layer(
        embedding,
        embedding_gradient,
        (("np.add.at(dE, tokens, ", "dE[tokens] += ("), ("1 - h**2", "1 - h"), ("np.prod(s) / s", "s")),
        (normal(size=(3, 2)), TOKENS),
    ),
    "(B, T, D)": Layer(
        batch_first,
        batch_first_gradient,
        (("h[:, t].T", "h[:, t + 1].T"), ("dW += ", "dW = "), ("@ W.T", "@ W")),
        (SEQUENCES, M[:, :3]),
    ),
    "(T, B, D)": Layer(
        time_first,
        time_first_gradient,
        (("dx.insert(0, da)", "dx.append(da)"), ("dW + h", "h"), ("1 - h[t + 1] ** 2", "1 - h[t] ** 2")),
        (SEQUENCES.transpose(1, 0, 2), M[:, :3]),
    ),
    "(D, B, T)": Layer(
        features_first,
        features_first_gradient,
        (("W @ dx", "W.T @ dx"), ("t >= 0", "t > 0"), ("h[t - 1], dx", "h[t], dx")),
        (SEQUENCES.transpose(2, 0, 1), M[:, :3]),
    ),
    "rectified layers in a list": Layer(
        relu_layers,
        relu_layers_gradient,
        (("dx[after <= 0] = 0", "dx[before[:, 0] <= 0] = 0"), ("grads[::-1]", "grads"), ("dx @ weights.T", "dx")),
        (M[:, :3], [(C[:, :3], C[0, :3]), (M[:, 1:], C[1, 1:])]),
    ),
    "clipping that does not clip": Layer(lambda x: (x**2).sum(), clipped, (("9 /", "1 /"),), (X,)),
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_a_layer_is_right_by_balls(layer: Layer) -> None:
    report = judge_gradient(layer.f, layer.gradient, layer.point)
    assert found(report)[:2] == BALLS[:2]
    assert report.arithmetic.verdict != "wrong"
    assert "runs on floats" not in report.arithmetic.reason


@pytest.mark.parametrize(
    ("layer", "line", "instead"),
    [
        pytest.param(layer, *slip, id=f"{name}: {slip[1].strip() or 'without' + slip[0]}")
        for name, layer in LAYERS.items()
        for slip in layer.slips
    ],
)
def test_a_slip_in_a_layer_is_wrong(layer: Layer, line: str, instead: str) -> None:
    report = judge_gradient(layer.f, with_a_slip(layer.gradient, line, instead), layer.point)
    assert report.formula.verdict == "wrong"


class Regression:
    """Parameters in attributes, the gradients left in `self.grads`, and a step that shows them in nothing else."""

    def __init__(self, learning_rate: float = 0.5) -> None:
        self.learning_rate = learning_rate
        self.w, self.b = X, C[0]

    def loss(self, x: Array) -> Any:
        self.x = x
        self.error = np.outer(x, self.w).sum(axis=0) + self.b[:3] - W
        return 0.5 * (self.error**2).sum() + 0.05 * (self.b**2).sum()

    def backward(self) -> None:
        self.grads = SimpleNamespace(w=self.error * self.x.sum(), b=0.1 * self.b)
        self.grads.b[:3] += self.error

    def step(self) -> None:
        self.w -= self.learning_rate * self.grads.w
        self.b -= self.learning_rate * self.grads.b


class Slipped(Regression):
    """The regularisation of the bias is forgotten."""

    def backward(self) -> None:
        self.grads = SimpleNamespace(w=self.error * self.x.sum(), b=np.zeros(4))
        self.grads.b[:3] += self.error


def judged_by_grads(model: Regression) -> Report:
    def loss(w: Array, b: Array) -> Any:
        model.w, model.b = w, b
        return model.loss(M[:, 0])

    def gradient(w: Array, b: Array) -> Any:
        loss(w, b)
        model.backward()
        return model.grads.w, model.grads.b

    return judge_gradient(loss, gradient, (X, C[0]))


def judged_by_step(model: Regression) -> Report:
    def loss(p: Any) -> Any:
        model.w, model.b = p["w"], p["b"]
        return model.loss(M[:, 0])

    def gradient(p: Any) -> Any:
        before = {name: value.copy() for name, value in p.items()}
        loss(p)
        model.backward()
        model.step()
        return {name: (before[name] - p[name]) / model.learning_rate for name in p}

    return judge_gradient(loss, gradient, ({"w": X, "b": C[0]},))


def test_gradients_left_in_an_object_are_judged() -> None:
    assert found(judged_by_grads(Regression())) == BALLS
    assert wrong_leaves(judged_by_grads(Slipped())) == {"b"}


def test_gradients_seen_in_nothing_but_the_step_are_judged() -> None:
    report = judged_by_step(Regression())
    assert found(report) == BALLS
    assert set(report.notes) == {"gradient changes its argument p['b'], p['w']"}
    assert wrong_leaves(judged_by_step(Slipped())) == {"p['b']"}


@pytest.mark.parametrize("make", [tuple, list], ids=["tuple", "list"])
def test_gradients_in_any_sequence_are_matched_to_the_arguments(make: Any) -> None:
    def f(w: Array, b: Array) -> Any:
        return ((w * X + b) ** 2).sum() / 2

    assert found(judge_gradient(f, lambda w, b: make([(w * X + b) * X, w * X + b]), (W, X))) == BALLS
    assert wrong_leaves(judge_gradient(f, lambda w, b: make([(w * X + b) * X, w * X]), (W, X))) == {"b"}


def test_parameters_updated_in_place_by_f_are_judged_by_what_they_were() -> None:
    def f(x: Array) -> Any:
        x -= x.mean()
        x /= 2
        return (x**2).sum()

    report = judge_gradient(f, lambda x: (x - x.mean()) / 2, (X,))
    assert found(report) == BALLS
    assert report.notes == ("f changes its argument x",)
    assert judge_gradient(f, lambda x: x / 2, (X,)).verdict == "wrong"


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_buffers_of_the_parameters_type_are_right_by_balls(dtype: str) -> None:
    def f(x: Array) -> Any:
        kept = np.zeros(x.shape, dtype=dtype)
        kept[:] = np.tanh(x)
        return (kept.astype(dtype) ** 2).sum()

    def gradient(x: Array) -> Any:
        h = np.empty(len(x), dtype=dtype)
        h[...] = np.tanh(x)
        return (2 * h * (1 - h**2)).astype(dtype)

    def slip(x: Array) -> Any:
        h = np.tanh(x).astype(dtype)
        return 2 * h * (1 - h)

    assert found(judge_gradient(f, gradient, (X.astype(dtype),))) == BALLS
    assert judge_gradient(f, slip, (X.astype(dtype),)).formula.verdict == "wrong"


def test_a_buffer_of_a_shorter_type_is_right_in_that_type_and_a_detour_through_it_wrong() -> None:
    def gradient(x: Array) -> Any:
        g = np.zeros(3, dtype=np.float32)
        g += 2 * x
        return g

    short = judge_gradient(lambda x: (x**2).sum(), gradient, (X / 3,))
    assert (short.verdict, short.arithmetic.computed_in) == ("right", "float32")
    detour = judge_gradient(lambda x: (x**2).sum(), lambda x: gradient(x) + 0 * x, (X / 3,))
    assert (detour.formula.verdict, detour.arithmetic.verdict) == ("right", "wrong")
    assert detour.reason.startswith("formula right; computed in float32: x[2] is 1.333333373 on floats")
    same = judge_gradient(lambda x: (x**2).sum(), gradient, (X.astype(np.float32),))
    assert (same.verdict, same.arithmetic.computed_in) == ("right", "")


def test_a_buffer_of_integers_truncates_and_is_wrong() -> None:
    def gradient(x: Array) -> Any:
        g = np.zeros(3, dtype=int)
        g[:] = 2 * x
        return g

    report = judge_gradient(lambda x: (x**2).sum(), gradient, (X / 3,))
    assert report.verdict == "wrong"
    assert "is 0 by hand" in report.reason


def test_a_buffer_that_is_read_before_it_is_written_is_not_right() -> None:
    def gradient(x: Array) -> Any:
        g = np.empty(3)
        g[:2] = 2 * x[:2]
        return g

    assert judge_gradient(lambda x: (x**2).sum(), gradient, (X,)).verdict != "right"
