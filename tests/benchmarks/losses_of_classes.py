"""More losses in the form of `tests.benchmarks.losses`: of classes, of levels and ranks, and of pairs of rows."""

from typing import Any

import numpy as np

from tests.benchmarks.losses import OF_NUMBERS, Loss, sigmoid, stable_sigmoid

CUTS = np.array([-1.0, 0.25, 1.5])  # between four levels


def pick_right(z: Any, y: Any) -> Any:
    """Return the score of the right class of each row."""
    return z[np.arange(len(y)), y]


def one_hot(z: Any, y: Any) -> Any:
    return np.eye(z.shape[1])[y]


def softmax(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def log_sum_exp(z: Any) -> Any:
    m = np.max(z, axis=1)
    return m + np.log(np.sum(np.exp(z - m[:, None]), axis=1))


def hinge_gradient_by_mask(z: Any, y: Any) -> Any:
    g = np.zeros(len(z))
    inside = np.maximum(0, 1 - y * z) > 0
    g[inside] = -y[inside]
    return g


def hinge_gradient_by_loop(z: Any, y: Any) -> Any:
    g = np.zeros_like(z)
    for i in range(len(y)):
        if y[i] * z[i] < 1:
            g[i] -= y[i]
    return g


def modified_huber(z: Any, y: Any) -> Any:
    m = y * z
    return np.where(m >= -1, np.maximum(0, 1 - m) ** 2, -4 * m)


def modified_huber_gradient(z: Any, y: Any) -> Any:
    m = y * z
    g = np.where(m < 1, -2 * (1 - m) * y, 0.0)
    g[m < -1] = -4 * y[m < -1]
    return g


def cross_entropy_gradient_by_chain(z: Any, y: Any) -> Any:
    p = sigmoid(z)
    return (-y / p + (1 - y) / (1 - p)) * p * (1 - p)


def focal(z: Any, y: Any) -> Any:
    p = np.where(y == 1, sigmoid(z), 1 - sigmoid(z))
    return -((1 - p) ** 2) * np.log(p)


def focal_gradient(z: Any, y: Any) -> Any:
    p = np.where(y == 1, sigmoid(z), 1 - sigmoid(z))
    return (2 * y - 1) * (1 - p) ** 2 * (2 * p * np.log(p) - (1 - p))


def dice(z: Any, y: Any) -> Any:
    p = sigmoid(z)
    return 1 - (2 * (p * y).sum() + 1) / (p.sum() + y.sum() + 1)


def dice_gradient(z: Any, y: Any) -> Any:
    p = sigmoid(z)
    a, b = 2 * (p * y).sum() + 1, p.sum() + y.sum() + 1
    return -(2 * y / b - a / b**2) * p * (1 - p)


def softmax_by_log(z: Any, y: Any) -> Any:
    z = z - np.max(z, axis=1, keepdims=True)
    return -pick_right(z - np.log(np.exp(z).sum(axis=1, keepdims=True)), y)


def softmax_gradient_in_place(z: Any, y: Any) -> Any:
    p = softmax(z)
    p[np.arange(len(y)), y] -= 1
    return p


def softmax_gradient_by_loop(z: Any, y: Any) -> Any:
    g = np.zeros_like(z)
    for i in range(z.shape[0]):
        e = np.exp(z[i] - np.max(z[i]))
        p = e / np.sum(e)
        for k in range(z.shape[1]):
            g[i, k] += p[k] - (k == y[i])
    return g


def smoothed(z: Any, y: Any) -> Any:
    targets = 0.9 * one_hot(z, y) + 0.1 / z.shape[1]
    return -(targets * (z - log_sum_exp(z)[:, None])).sum(axis=1)


def smoothed_gradient(z: Any, y: Any) -> Any:
    targets = 0.9 * one_hot(z, y) + 0.1 / z.shape[1]
    return targets.sum(axis=1, keepdims=True) * softmax(z) - targets


def reversed_kl_gradient(z: Any, y: Any) -> Any:
    p = softmax(z)
    d = np.log(p) - np.log(y)
    return p * (d - (p * d).sum(axis=1, keepdims=True))


def brier_gradient(z: Any, y: Any) -> Any:
    p = softmax(z)
    d = 2 * (p - y)
    return p * (d - np.sum(p * d, axis=1, keepdims=True))


def focal_of_classes(z: Any, y: Any) -> Any:
    p = pick_right(softmax(z), y)
    return -((1 - p) ** 2) * np.log(p)


def focal_gradient_of_classes(z: Any, y: Any) -> Any:
    s = softmax(z)
    p = pick_right(s, y)
    by_p = 2 * (1 - p) * np.log(p) - (1 - p) ** 2 / p
    g = -s * p[:, None]
    g[np.arange(len(y)), y] += p
    return by_p[:, None] * g


def margins(z: Any, y: Any) -> Any:
    m = z - pick_right(z, y)[:, None] + 1
    m[np.arange(len(y)), y] = 0
    return m


def weston_watkins_by_loop(z: Any, y: Any) -> Any:
    total = 0.0
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            margin = z[i, j] - z[i, y[i]] + 1
            if j != y[i] and margin > 0:
                total += margin
    return total


def weston_watkins_gradient(z: Any, y: Any) -> Any:
    g = np.zeros(z.shape)
    g[margins(z, y) > 0] = 1
    g[np.arange(len(y)), y] = -np.sum(g, axis=1)
    return g


def weston_watkins_gradient_by_loop(z: Any, y: Any) -> Any:
    g = np.zeros_like(z)
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            if j != y[i] and z[i, j] - z[i, y[i]] + 1 > 0:
                g[i, j] += 1
                g[i, y[i]] -= 1
    return g


def squared_margins_gradient(z: Any, y: Any) -> Any:
    g = 2 * np.maximum(0, margins(z, y))
    g[np.arange(len(y)), y] -= g.sum(axis=1)
    return g


def crammer_singer_by_mask(z: Any, y: Any) -> Any:
    return np.maximum(0, 1 + np.where(one_hot(z, y) == 1, -1e9, z).max(axis=1) - pick_right(z, y))


def crammer_singer_gradient(z: Any, y: Any) -> Any:
    rows, worst = np.arange(len(y)), np.argmax(z + 1 - one_hot(z, y), axis=1)
    g = np.zeros_like(z)
    np.add.at(g, (rows, worst), 1)
    np.add.at(g, (rows, y), -1)
    return g


def perceptron_gradient_of_classes(z: Any, y: Any) -> Any:
    g = np.zeros_like(z)
    for i in range(len(y)):
        guess = np.argmax(z[i])
        if guess != y[i]:
            g[i, guess] += 1
            g[i, y[i]] -= 1
    return g


def cumulative(z: Any, y: Any) -> tuple[Any, Any]:
    upper = np.array([sigmoid(CUTS[k] - z[i]) if k < 3 else 1.0 for i, k in enumerate(y)])
    lower = np.array([sigmoid(CUTS[k - 1] - z[i]) if k > 0 else 0.0 for i, k in enumerate(y)])
    return upper, lower


def ordinal(z: Any, y: Any) -> Any:
    upper, lower = cumulative(z, y)
    return -np.log(upper - lower)


def ordinal_gradient(z: Any, y: Any) -> Any:
    upper, lower = cumulative(z, y)
    return (upper * (1 - upper) - lower * (1 - lower)) / (upper - lower)


def all_thresholds(z: Any, y: Any) -> Any:
    s = np.where(np.arange(3)[None, :] < y[:, None], -1, 1)
    return np.logaddexp(0, -s * (CUTS[None, :] - z[:, None])).sum(axis=1)


def all_thresholds_gradient(z: Any, y: Any) -> Any:
    s = np.where(np.arange(3)[None, :] < y[:, None], -1, 1)
    return (s * sigmoid(-s * (CUTS - z[:, None]))).sum(axis=1)


def ranking_hinge(z: Any, y: Any) -> Any:
    return (np.maximum(0, 1 - (z[:, None] - z[None, :])) * (y[:, None] > y[None, :])).sum()


def ranking_hinge_gradient(z: Any, y: Any) -> Any:
    a = ((1 - (z[:, None] - z[None, :])) > 0) * (y[:, None] > y[None, :]) * 1.0
    return a.sum(axis=0) - a.sum(axis=1)


def ranking_hinge_gradient_by_loop(z: Any, y: Any) -> Any:
    g = np.zeros_like(z)
    for i in range(len(y)):
        for j in range(len(y)):
            if y[i] > y[j] and 1 - (z[i] - z[j]) > 0:
                g[i] -= 1
                g[j] += 1
    return g


def ranking_logistic(z: Any, y: Any) -> Any:
    i, j = np.nonzero(y[:, None] > y[None, :])
    return np.logaddexp(0, -(z[i] - z[j])).sum()


def ranking_logistic_gradient(z: Any, y: Any) -> Any:
    i, j = np.nonzero(y[:, None] > y[None, :])
    s = -1 / (1 + np.exp(z[i] - z[j]))
    g = np.zeros_like(z)
    np.add.at(g, i, s)
    np.add.at(g, j, -s)
    return g


def listwise(z: Any, y: Any) -> Any:
    t = np.exp(1.0 * y) / np.exp(1.0 * y).sum()
    m = z.max()
    return -(t * (z - m - np.log(np.exp(z - m).sum()))).sum()


def listwise_gradient(z: Any, y: Any) -> Any:
    t = np.exp(1.0 * y) / np.exp(1.0 * y).sum()
    e = np.exp(z - np.max(z))
    return t.sum() * (e / e.sum()) - t


def cox(z: Any, y: Any) -> Any:
    time, event = y
    return sum(np.log(np.exp(z[time >= time[i]]).sum()) - z[i] for i in range(len(z)) if event[i])


def cox_gradient(z: Any, y: Any) -> Any:
    time, event = y
    g = np.zeros_like(z)
    for i in range(len(z)):
        if event[i]:
            at_risk = time >= time[i]
            e = np.exp(z[at_risk])
            g[at_risk] += e / e.sum()
            g[i] -= 1
    return g


def cox_gradient_by_matrix(z: Any, y: Any) -> Any:
    time, event = y
    risk = (time[None, :] >= time[:, None]) * np.exp(z)[None, :]
    return (event[:, None] * risk / risk.sum(axis=1, keepdims=True)).sum(axis=0) - event


def triplet(z: Any, y: Any) -> Any:  # noqa: ARG001 - the rows are anchor, positive and negative in turn
    a, p, n = z[0::3], z[1::3], z[2::3]
    return np.maximum(0, ((a - p) ** 2).sum(axis=1) - ((a - n) ** 2).sum(axis=1) + 1)


def triplet_gradient(z: Any, y: Any) -> Any:
    a, p, n = z[0::3], z[1::3], z[2::3]
    on = (triplet(z, y) > 0)[:, None]
    g = np.zeros_like(z)
    g[0::3], g[1::3], g[2::3] = 2 * (n - p) * on, 2 * (p - a) * on, 2 * (a - n) * on
    return g


def cosines(z: Any) -> tuple[Any, Any, Any]:
    u, v = z[0::2], z[1::2]
    size_u, size_v = np.sqrt((u * u).sum(axis=1) + 1e-8), np.sqrt((v * v).sum(axis=1) + 1e-8)
    return (u * v).sum(axis=1) / (size_u * size_v), size_u, size_v


def cosine(z: Any, y: Any) -> Any:
    c, _, _ = cosines(z)
    return np.where(y == 1, 1 - c, np.maximum(0, c - 0.25))


def cosine_gradient(z: Any, y: Any) -> Any:
    u, v = z[0::2], z[1::2]
    c, size_u, size_v = cosines(z)
    s = np.where(y == 1, -1.0, np.where(c > 0.25, 1.0, 0.0))[:, None]
    g = np.zeros_like(z)
    g[0::2] = s * (v / (size_u * size_v)[:, None] - (c / size_u**2)[:, None] * u)
    g[1::2] = s * (u / (size_u * size_v)[:, None] - (c / size_v**2)[:, None] * v)
    return g


def contrastive(z: Any, y: Any) -> Any:
    squares = ((z[0::2] - z[1::2]) ** 2).sum(axis=1)
    return np.where(y == 1, squares, np.maximum(0, 2 - np.sqrt(squares + 1e-6)) ** 2)


def contrastive_gradient(z: Any, y: Any) -> Any:
    r = z[0::2] - z[1::2]
    d = np.sqrt((r**2).sum(axis=1) + 1e-6)
    s = np.where(y == 1, 2.0, -2 * np.maximum(0, 2 - d) / d)[:, None]
    g = np.zeros_like(z)
    g[0::2] += s * r
    g[1::2] -= s * r
    return g


OF_TWO_CLASSES = {
    "hinge": Loss(
        "sign",
        [lambda z, y: np.maximum(0, 1 - y * z), lambda z, y: np.clip(1 - y * z, 0, None)],
        [
            lambda z, y: -y * (y * z < 1),
            lambda z, y: np.where(1 - y * z > 0, -y, 0.0),
            hinge_gradient_by_mask,
            hinge_gradient_by_loop,
        ],
    ),
    "squared hinge": Loss(
        "sign", [lambda z, y: np.maximum(0, 1 - y * z) ** 2], [lambda z, y: -2 * y * np.maximum(0, 1 - y * z)]
    ),
    "modified huber": Loss("sign", [modified_huber], [modified_huber_gradient]),
    "ramp": Loss("sign", [lambda z, y: np.clip(1 - y * z, 0, 2)], [lambda z, y: -y * ((y * z < 1) & (y * z > -1))]),
    "perceptron": Loss(
        "sign",
        [lambda z, y: np.maximum(0, -y * z)],
        [lambda z, y: -y * (y * z < 0), lambda z, y: np.where(y * z <= 0, -y, 0.0)],
    ),
    "logistic by logaddexp": Loss(
        "sign",
        [lambda z, y: np.logaddexp(0, -y * z)],
        [
            lambda z, y: -y / (1 + np.exp(y * z)),
            lambda z, y: -y * stable_sigmoid(-y * z),
            lambda z, y: -y * np.exp(-np.logaddexp(0, y * z)),
        ],
    ),
    "logistic by log1p": Loss(
        "sign",
        [lambda z, y: np.log1p(np.exp(-y * z)), lambda z, y: np.log(1 + np.exp(-y * z))],
        [lambda z, y: -y * (1 - sigmoid(y * z)), lambda z, y: -y * np.exp(-y * z) / (1 + np.exp(-y * z))],
    ),
    "logistic by maximum": Loss(
        "bit",
        [lambda z, y: np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))],
        [
            lambda z, y: sigmoid(z) - y,
            lambda z, y: stable_sigmoid(z) - y,
            lambda z, y: 0.5 * (1 + np.tanh(z / 2)) - y,
            lambda z, y: np.where(y == 1, -sigmoid(-z), sigmoid(z)),
        ],
    ),
    "cross entropy of sigmoid": Loss(
        "bit",
        [lambda z, y: -(y * np.log(sigmoid(z)) + (1 - y) * np.log(1 - sigmoid(z)))],
        [lambda z, y: sigmoid(z) - y, cross_entropy_gradient_by_chain],
        largest=20.0,
    ),
    "exponential": Loss("sign", [lambda z, y: np.exp(-y * z)], [lambda z, y: -y * np.exp(-y * z)]),
    "savage": Loss(
        "sign",
        [lambda z, y: 1 / (1 + np.exp(y * z)) ** 2],
        [lambda z, y: -2 * y * np.exp(y * z) / (1 + np.exp(y * z)) ** 3],
        largest=100.0,
    ),
    "focal": Loss("bit", [focal], [focal_gradient], largest=20.0),
    "dice": Loss("bit", [dice], [dice_gradient]),
}

OF_CLASSES = {
    "softmax": Loss(
        "class",
        [
            softmax_by_log,
            lambda z, y: log_sum_exp(z) - pick_right(z, y),
            lambda z, y: np.log(np.exp(z - pick_right(z, y)[:, None]).sum(axis=1)),
        ],
        [
            softmax_gradient_in_place,
            softmax_gradient_by_loop,
            lambda z, y: softmax(z) - one_hot(z, y),
            lambda z, y: np.exp(z - log_sum_exp(z)[:, None]) - one_hot(z, y),
        ],
    ),
    "softmax, unshifted": Loss(
        "class",
        [lambda z, y: -np.log(pick_right(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), y))],
        [lambda z, y: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) - one_hot(z, y)],
    ),
    "softmax of one-hot": Loss(
        "one-hot",
        [lambda z, y: -(y * np.log(softmax(z))).sum(axis=1), lambda z, y: log_sum_exp(z) - np.einsum("nk,nk->n", z, y)],
        [lambda z, y: softmax(z) - y],
        largest=100.0,
    ),
    "label smoothing": Loss("class", [smoothed], [smoothed_gradient]),
    "kl": Loss(
        "distribution",
        [lambda z, y: (y * (np.log(y) - (z - log_sum_exp(z)[:, None]))).sum(axis=1)],
        [lambda z, y: y.sum(axis=1, keepdims=True) * softmax(z) - y],
    ),
    "kl reversed": Loss(
        "distribution",
        [lambda z, y: (softmax(z) * (np.log(softmax(z)) - np.log(y))).sum(axis=1)],
        [reversed_kl_gradient],
        largest=100.0,
    ),
    "brier": Loss("one-hot", [lambda z, y: ((softmax(z) - y) ** 2).sum(axis=1)], [brier_gradient]),
    "focal of classes": Loss("class", [focal_of_classes], [focal_gradient_of_classes], largest=20.0),
    "weston-watkins": Loss(
        "class",
        [lambda z, y: np.maximum(0, margins(z, y)).sum(axis=1), weston_watkins_by_loop],
        [weston_watkins_gradient, weston_watkins_gradient_by_loop],
    ),
    "weston-watkins squared": Loss(
        "class", [lambda z, y: (np.maximum(0, margins(z, y)) ** 2).sum(axis=1)], [squared_margins_gradient]
    ),
    "crammer-singer": Loss(
        "class",
        [crammer_singer_by_mask, lambda z, y: (z + 1 - one_hot(z, y)).max(axis=1) - pick_right(z, y)],
        [crammer_singer_gradient],
    ),
    "perceptron of classes": Loss(
        "class",
        [lambda z, y: z.max(axis=1) - pick_right(z, y)],
        [perceptron_gradient_of_classes, lambda z, y: np.eye(z.shape[1])[z.argmax(axis=1)] - one_hot(z, y)],
    ),
}

OF_ORDERS = {
    "ordinal": Loss("level", [ordinal], [ordinal_gradient], largest=12.0),
    "all thresholds": Loss("level", [all_thresholds], [all_thresholds_gradient]),
    "ranking hinge": Loss("relevance", [ranking_hinge], [ranking_hinge_gradient, ranking_hinge_gradient_by_loop]),
    "ranking logistic": Loss("relevance", [ranking_logistic], [ranking_logistic_gradient]),
    "gini": Loss(
        "relevance",
        [lambda z, y: np.abs(z[:, None] - z[None, :]).sum()],
        [lambda z, y: 2 * np.sign(z[:, None] - z[None, :]).sum(axis=1)],
    ),
    "listwise softmax": Loss("relevance", [listwise], [listwise_gradient]),
    "cox": Loss("survival", [cox], [cox_gradient, cox_gradient_by_matrix]),
    "triplet": Loss("triplets", [triplet], [triplet_gradient]),
    "cosine": Loss("pairs", [cosine], [cosine_gradient]),
    "contrastive": Loss("pairs", [contrastive], [contrastive_gradient]),
}

LOSSES = OF_NUMBERS | OF_TWO_CLASSES | OF_CLASSES | OF_ORDERS
