"""Models of statistics, learning and robotics as they are published, judged as they stand.

They call SciPy, fill buffers, branch at small angles and cache: no gradient here was written for balls.
"""

import math
from typing import Any

import numpy as np
import pytest
from scipy import linalg, special  # type: ignore[import-untyped]

from bptt.verify import judge_gradient
from tests.corpus.slips import Model, proved, refuted, with_a_slip, with_one_entry_off

Array = Any

random = np.random.default_rng(0)
normal = random.normal


def marginal_likelihood(theta: Array, X: Array, y: Array) -> Any:
    length_scale, variance, noise = np.exp(theta)
    scaled = X / length_scale
    distances = (scaled**2).sum(axis=1)[:, None] + (scaled**2).sum(axis=1) - 2 * scaled @ scaled.T
    K = variance * np.exp(-0.5 * distances) + noise * np.eye(len(X))
    L = linalg.cholesky(K, lower=True)
    alpha = linalg.cho_solve((L, True), y)
    return 0.5 * y.dot(alpha) + np.log(np.diag(L)).sum() + 0.5 * len(X) * np.log(2 * np.pi)


def marginal_likelihood_gradient(theta: Array, X: Array, y: Array) -> Any:
    length_scale, variance, noise = np.exp(theta)
    distances = np.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=-1)
    K_signal = variance * np.exp(-0.5 * distances / length_scale**2)
    factor = linalg.cho_factor(K_signal + noise * np.eye(len(X)))
    alpha = linalg.cho_solve(factor, y)
    inner = np.outer(alpha, alpha) - linalg.cho_solve(factor, np.eye(len(X)))
    dK = [K_signal * distances / length_scale**2, K_signal, noise * np.eye(len(X))]
    return np.array([-0.5 * np.trace(inner @ derivative) for derivative in dK])


def cox_loss(beta: Array, X: Array, times: Array, events: Array) -> Any:
    loss = 0.0
    for i in np.flatnonzero(events):
        at_risk = X[times >= times[i]]
        loss -= X[i] @ beta - special.logsumexp(at_risk @ beta)
    return loss


def cox_gradient(beta: Array, X: Array, times: Array, events: Array) -> Any:
    order = np.argsort(-times, kind="stable")
    X, times, events = X[order], times[order], events[order]
    risk = np.exp(X @ beta)
    total, weighted = np.cumsum(risk), np.cumsum(risk[:, None] * X, axis=0)
    gradient = np.zeros_like(beta)
    for time in np.unique(times[events]):
        last = np.searchsorted(-times, -time, side="right") - 1
        dead = (times == time) & events
        gradient -= X[dead].sum(axis=0) - dead.sum() * weighted[last] / total[last]
    return gradient


def negative_binomial_loss(params: dict[str, Any], X: Array, counts: Array) -> Any:
    mu, alpha = np.exp(X @ params["beta"]), np.exp(params["log_alpha"])
    size = 1 / alpha
    log_binomial = special.gammaln(counts + size) - special.gammaln(size) - special.gammaln(counts + 1)
    return -np.sum(log_binomial + size * np.log(size / (size + mu)) + special.xlogy(counts, mu / (size + mu)))


def negative_binomial_gradient(params: dict[str, Any], X: Array, counts: Array) -> dict[str, Any]:
    alpha = math.exp(params["log_alpha"])
    mu = np.exp(np.dot(X, params["beta"]))
    r = 1 / alpha
    d_beta = -X.T.dot((counts - mu) / (1 + alpha * mu))
    d_r = special.digamma(counts + r) - special.digamma(r) - np.log1p(alpha * mu) + (mu - counts) / (r + mu)
    return {"beta": d_beta, "log_alpha": r * d_r.sum()}


def embedding_loss(y: Array, P: Array) -> Any:
    similarity = 1 / (1 + np.linalg.norm(y[:, None] - y[None, :], axis=2) ** 2)
    np.fill_diagonal(similarity, 0)
    Q = np.clip(similarity / similarity.sum(), 1e-12, None)
    return np.sum(P * np.log(np.maximum(P, 1e-12) / Q))


def embedding_gradient(y: Array, P: Array) -> Any:
    n = y.shape[0]
    sum_y = np.sum(np.square(y), 1)
    num = 1.0 / (1.0 + np.add(np.add(-2.0 * np.dot(y, y.T), sum_y).T, sum_y))
    num[range(n), range(n)] = 0.0
    Q = np.maximum(num / np.sum(num), 1e-12)
    PQ = P - Q
    dY = np.zeros(y.shape)
    for i in range(n):
        dY[i, :] = 4.0 * np.sum(np.tile(PQ[:, i] * num[:, i], (y.shape[1], 1)).T * (y[i, :] - y), 0)
    return dY


def hat(v: Array) -> Any:
    return np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])


def se3_exp(xi: Array) -> tuple[Any, Any]:
    rho, phi = xi[:3], xi[3:]
    theta = np.linalg.norm(phi)
    if theta < 1e-8:
        return np.eye(3) + hat(phi), (np.eye(3) + 0.5 * hat(phi)) @ rho
    a, b, c = np.sin(theta) / theta, (1 - np.cos(theta)) / theta**2, (theta - np.sin(theta)) / theta**3
    W = hat(phi)
    return np.eye(3) + a * W + b * W @ W, (np.eye(3) + b * W + c * W @ W) @ rho


def pose_loss(xi: Array, source: Array, target: Array) -> float:
    R, t = se3_exp(xi)
    total = 0.0
    for p, q in zip(source, target, strict=True):
        total += 0.5 * float(np.linalg.norm(R @ p + t - q) ** 2)
    return total


def pose_gradient(xi: Array, source: Array, target: Array) -> Any:
    """The left Jacobian of SE(3), with Barfoot's Q for how a rotation moves the translation."""
    R, t = se3_exp(xi)
    X, W = hat(xi[:3]), hat(xi[3:])
    theta = math.sqrt(xi[3:] @ xi[3:])
    if theta < 1e-8:
        J, Q = np.eye(3) + 0.5 * W, 0.5 * X
    else:
        s, c = math.sin(theta), math.cos(theta)
        J = np.eye(3) + (1 - c) / theta**2 * W + (theta - s) / theta**3 * W @ W
        Q = 0.5 * X + (theta - s) / theta**3 * (W @ X + X @ W + W @ X @ W)
        Q -= (1 - theta**2 / 2 - c) / theta**4 * (W @ W @ X + X @ W @ W - 3 * W @ X @ W)
        fifth = (theta - s - theta**3 / 6) / theta**5
        Q -= 0.5 * ((1 - theta**2 / 2 - c) / theta**4 - 3 * fifth) * (W @ X @ W @ W + W @ W @ X @ W)
    left = np.block([[J, Q], [np.zeros((3, 3)), J]])
    gradient = np.zeros(6)
    for p, q in zip(source, target, strict=True):
        moved = R @ p + t
        gradient += np.hstack([np.eye(3), -hat(moved)]).dot(left).T @ (moved - q)
    return gradient


class ConvolutionalNet:
    """Convolution, rectifier, pooling, dense layer; a forward pass leaves in `cache` what the backward pass reads."""

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = params
        self.cache: dict[str, Any] = {}

    def forward(self, image: Array) -> Any:
        filters, size, _ = self.params["filters"].shape
        h, w = image.shape[0] - size + 1, image.shape[1] - size + 1
        patches = np.zeros((h, w, size, size))
        for i in range(h):
            for j in range(w):
                patches[i, j] = image[i : i + size, j : j + size]
        z = np.tensordot(self.params["filters"], patches, axes=([1, 2], [2, 3])) + self.params["bias"][:, None, None]
        a = np.maximum(z, 0)
        windows = a.reshape(filters, h // 2, 2, w // 2, 2).transpose(0, 1, 3, 2, 4).reshape(filters, h // 2, w // 2, 4)
        winners = windows.argmax(axis=-1)
        pooled = windows.max(axis=-1).ravel()
        self.cache = {"patches": patches, "z": z, "winners": winners, "pooled": pooled}
        return self.params["dense"] @ pooled + self.params["out"]

    def loss(self, image: Array, label: int) -> float:
        scores = self.forward(image)
        shifted = scores - np.max(scores)
        self.cache["probabilities"] = np.exp(shifted) / np.sum(np.exp(shifted))
        return -math.log(self.cache["probabilities"][label])

    def backward(self, label: int) -> dict[str, Any]:
        d_scores = self.cache["probabilities"].copy()
        d_scores[label] -= 1
        d_pooled = (self.params["dense"].T @ d_scores).reshape(self.cache["winners"].shape)
        d_z = np.zeros_like(self.cache["z"])
        for (k, i, j), winner in np.ndenumerate(self.cache["winners"]):
            row, column = divmod(winner, 2)
            d_z[k, 2 * i + row, 2 * j + column] = d_pooled[k, i, j]
        d_z[self.cache["z"] <= 0] = 0
        return {
            "filters": np.einsum("kij,ijab->kab", d_z, self.cache["patches"]),
            "bias": d_z.sum(axis=(1, 2)),
            "dense": np.outer(d_scores, self.cache["pooled"]),
            "out": d_scores,
        }


IMAGE = normal(size=(5, 5))
WEIGHTS = {
    "filters": normal(size=(2, 2, 2)),
    "bias": normal(size=2) / 10,
    "dense": normal(size=(3, 8)) / 3,
    "out": np.zeros(3),
}


def net_loss(params: dict[str, Any], net: Any = ConvolutionalNet) -> Any:
    return net(params).loss(IMAGE, 1)


def net_gradient(params: dict[str, Any], net: Any = ConvolutionalNet) -> Any:
    model = net(params)
    model.loss(IMAGE, 1)
    return model.backward(1)


def symmetric_affinities(n: int) -> Any:
    P = random.uniform(size=(n, n))
    np.fill_diagonal(P, 0)
    return (P + P.T) / (P + P.T).sum()


SUBJECTS = normal(size=(6, 2))
POINTS = normal(size=(3, 3))
POSE_SLIPS = (
    ("-hat(moved)", "hat(moved)"),
    ("-hat(moved)", "-hat(p)"),
    (".dot(left).T", ".T"),
    ("[J, Q]", "[J, np.zeros((3, 3))]"),
)

MODELS = {
    "Gaussian process": Model(
        marginal_likelihood,
        marginal_likelihood_gradient,
        (np.array([0.2, -0.3, -1.5]), normal(size=(5, 2)), normal(size=5)),
        (
            ("- linalg.cho_solve(factor, np.eye(len(X)))", ""),
            ("distances / length_scale**2, K_signal,", "distances / length_scale**3, K_signal,"),
            ("K_signal, noise * np.eye", "K_signal, np.eye"),
            ("-0.5 * np.trace", "0.5 * np.trace"),
        ),
        wrt="theta",
    ),
    "proportional hazards": Model(
        cox_loss,
        cox_gradient,
        (
            np.array([0.5, -0.8]),
            SUBJECTS,
            np.array([2.0, 1.0, 2.0, 3.0, 1.0, 2.0]),
            np.array([True, True, True, False, True, False]),
        ),
        (
            ('side="right"', 'side="left"'),
            ("dead.sum() * ", ""),
            ("np.argsort(-times", "np.argsort(times"),
            ("(times == time) & events", "times == time"),
        ),
        wrt="beta",
    ),
    "negative binomial regression": Model(
        negative_binomial_loss,
        negative_binomial_gradient,
        ({"beta": np.array([0.3, -0.6]), "log_alpha": -0.4}, SUBJECTS, np.array([0, 3, 1, 0, 2, 7])),
        (
            (" / (1 + alpha * mu)", ""),
            ("r * d_r.sum()", "d_r.sum()"),
            (" + (mu - counts) / (r + mu)", ""),
            ("special.digamma(r)", "special.digamma(counts)"),
        ),
        wrt="params",
    ),
    "stochastic neighbour embedding": Model(
        embedding_loss,
        embedding_gradient,
        (normal(size=(5, 2)), symmetric_affinities(5)),
        (("4.0 *", "2.0 *"), ("PQ[:, i] * num[:, i]", "PQ[:, i]"), ("(y[i, :] - y)", "(y - y[i, :])")),
        wrt="y",
    ),
    "pose": Model(pose_loss, pose_gradient, (normal(size=6), POINTS, normal(size=(3, 3))), POSE_SLIPS, wrt="xi"),
    "pose without a rotation": Model(
        pose_loss,
        pose_gradient,
        (np.concatenate([normal(size=3), np.zeros(3)]), POINTS, normal(size=(3, 3))),
        (*POSE_SLIPS, ("0.5 * W, 0.5 * X", "0.5 * W, X")),
        wrt="xi",
    ),
    "convolutional net": Model(net_loss, net_gradient, (WEIGHTS,), (), wrt="params"),
}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_the_gradient_of_a_model_is_proved(model: Model) -> None:
    assert proved(model.judge(model.gradient))


@pytest.mark.parametrize(
    ("model", "line", "instead"),
    [
        pytest.param(model, *slip, id=f"{name}: {slip[1] or 'without' + slip[0]}")
        for name, model in MODELS.items()
        for slip in model.slips
    ],
)
def test_a_slip_in_the_gradient_of_a_model_is_refuted(model: Model, line: str, instead: str) -> None:
    assert refuted(model.judge(with_a_slip(model.gradient, line, instead)))


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("divmod(winner, 2)", "divmod(winner, 2)[::-1]"),
        ('d_z[self.cache["z"] <= 0] = 0', "pass"),
        ("d_scores[label] -= 1", "d_scores[label] += 1"),
        ('"kij,ijab->kab"', '"kij,ijba->kab"'),
        ("self.params = params", 'self.params = {**params, "bias": 0 * params["bias"]}'),
    ],
)
def test_a_slip_in_the_backward_pass_of_a_net_is_refuted(line: str, instead: str) -> None:
    net = with_a_slip(ConvolutionalNet, line, instead)
    assert refuted(judge_gradient(net_loss, lambda params: net_gradient(params, net), (WEIGHTS,)))


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_one_entry_that_is_off_in_its_tenth_digit_is_refuted(model: Model) -> None:
    assert refuted(model.judge(with_one_entry_off(model.gradient)))
