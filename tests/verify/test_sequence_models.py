"""Models of sequences as they are published, judged as they stand: a Kalman filter, a random field, a Markov model.

Each carries something from step to step, in logs, scaled or as sensitivities: what a slip by one step hides in.
"""

from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp  # type: ignore[import-untyped]

from tests.corpus.slips import Model, proved, refuted, with_a_slip, with_one_entry_off

Array = Any

random = np.random.default_rng(0)


def local_trend(params: Array) -> tuple[Any, ...]:
    """A level that moves by a damped slope; its variances are given by their logs."""
    transition = np.array([[1.0, 1.0], [0.0, params[0]]])
    process_noise = np.diag(np.exp(params[1:3]))
    return transition, process_noise, np.exp(params[3]), np.array([[1.0, 0.0]])


def kalman_log_likelihood(params: Array, observations: Array) -> float:
    F, Q, R, H = local_trend(params)
    x, P = np.zeros((2, 1)), np.eye(2)
    log_likelihood = 0.0
    for y in observations:
        x = F @ x
        P = F @ P @ F.T + Q
        innovation = y - H @ x
        S = H @ P @ H.T + R
        K = P @ H.T @ np.linalg.inv(S)
        log_likelihood += -0.5 * float(
            np.log(2 * np.pi) + np.linalg.slogdet(S)[1] + (innovation.T @ np.linalg.solve(S, innovation)).item()
        )
        x = x + K @ innovation
        P = (np.eye(2) - K @ H) @ P
    return log_likelihood


def kalman_score(params: Array, observations: Array) -> Any:
    F, Q, R, H = local_trend(params)
    dF, dQ, dR = np.zeros((4, 2, 2)), np.zeros((4, 2, 2)), np.zeros(4)
    dF[0, 1, 1] = 1
    dQ[1, 0, 0], dQ[2, 1, 1] = Q[0, 0], Q[1, 1]
    dR[3] = R
    x, P = np.zeros((2, 1)), np.eye(2)
    dx, dP = np.zeros((4, 2, 1)), np.zeros((4, 2, 2))
    score = np.zeros(4)
    for y in observations:
        for i in range(4):
            dx[i] = dF[i] @ x + F @ dx[i]
            dP[i] = dF[i] @ P @ F.T + F @ dP[i] @ F.T + F @ P @ dF[i].T + dQ[i]
        x = F @ x
        P = F @ P @ F.T + Q
        v = (y - H @ x).item()
        S = (H @ P @ H.T).item() + R
        K = P @ H.T / S
        for i in range(4):
            dv = -(H @ dx[i]).item()
            dS = (H @ dP[i] @ H.T).item() + dR[i]
            score[i] -= 0.5 * (dS / S + 2 * v * dv / S - v**2 * dS / S**2)
            dK = dP[i] @ H.T / S - K * dS / S
            dx[i] = dx[i] + dK * v + K * dv
            dP[i] = dP[i] - dK @ H @ P - K @ H @ dP[i]
        x = x + K * v
        P = P - K @ H @ P
    return score


def crf_negative_log_likelihood(emissions: Array, transitions: Array, tags: Array) -> Any:
    score = emissions[0, tags[0]]
    for t in range(1, len(tags)):
        score += transitions[tags[t - 1], tags[t]] + emissions[t, tags[t]]
    alpha = emissions[0]
    for t in range(1, len(tags)):
        alpha = np.logaddexp.reduce(alpha[:, None] + transitions, axis=0) + emissions[t]
    return logsumexp(alpha) - score


def crf_gradient(emissions: Array, transitions: Array, tags: Array) -> tuple[Any, Any]:
    T, K = emissions.shape
    alpha, beta = np.full((T, K), -np.inf), np.zeros((T, K))
    alpha[0] = emissions[0]
    for t in range(1, T):
        alpha[t] = emissions[t] + logsumexp(alpha[t - 1][:, np.newaxis] + transitions, axis=0)
    for t in range(T - 2, -1, -1):
        beta[t] = logsumexp(transitions + emissions[t + 1] + beta[t + 1], axis=1)
    log_Z = logsumexp(alpha[-1])
    d_emissions = np.exp(alpha + beta - log_Z)
    d_emissions[np.arange(T), tags] -= 1
    d_transitions = np.zeros((K, K))
    for t in range(T - 1):
        d_transitions += np.exp(alpha[t][:, None] + transitions + (emissions[t + 1] + beta[t + 1])[None, :] - log_Z)
        d_transitions[tags[t], tags[t + 1]] -= 1
    return d_emissions, d_transitions


def softmax(logits: Array) -> Any:
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def hmm_log_likelihood(model: dict[str, Any], observations: list[int]) -> Any:
    log_pi, log_A, log_B = (np.log(softmax(model[name])) for name in ("start", "transition", "emission"))
    log_alpha = log_pi + log_B[:, observations[0]]
    for symbol in observations[1:]:
        following = np.full(len(log_pi), -np.inf)
        for j in range(len(following)):
            for i in range(len(following)):
                following[j] = np.logaddexp(following[j], log_alpha[i] + log_A[i, j])
        log_alpha = following + log_B[:, symbol]
    return np.logaddexp.reduce(log_alpha)


def hmm_gradient(model: dict[str, Any], observations: list[int]) -> dict[str, Any]:
    pi, A, B = (softmax(model[name]) for name in ("start", "transition", "emission"))
    T, N = len(observations), len(pi)
    alpha, beta, c = np.zeros((T, N)), np.ones((T, N)), np.zeros(T)
    for t, symbol in enumerate(observations):
        alpha[t] = (pi if t == 0 else alpha[t - 1] @ A) * B[:, symbol]
        c[t] = alpha[t].sum()
        alpha[t] /= c[t]
    for t in reversed(range(T - 1)):
        beta[t] = A @ (B[:, observations[t + 1]] * beta[t + 1]) / c[t + 1]
    gamma = alpha * beta
    xi, counts = np.zeros_like(A), np.zeros_like(B)
    for t in range(T - 1):
        xi += np.outer(alpha[t], B[:, observations[t + 1]] * beta[t + 1]) * A / c[t + 1]
    np.add.at(counts.T, observations, gamma)
    return {
        "start": gamma[0] - pi,
        "transition": xi - xi.sum(axis=1, keepdims=True) * A,
        "emission": counts - gamma.sum(axis=0)[:, None] * B,
    }


MODELS = {
    "Kalman filter": Model(
        kalman_log_likelihood,
        kalman_score,
        (np.array([0.8, -0.5, -1.2, 0.3]), random.normal(size=5).cumsum()),
        (
            (" + F @ P @ dF[i].T", ""),
            ("dx[i] + dK * v + K * dv", "dx[i] + K * dv"),
            ("= -(H @ dx[i])", "= (H @ dx[i])"),
            ("- v**2 * dS / S**2", "- v**2 * dS / S"),
            ("score[i] -= ", "score[i] = -"),
        ),
        wrt="params",
    ),
    "linear-chain random field": Model(
        crf_negative_log_likelihood,
        crf_gradient,
        (random.normal(size=(4, 3)), random.normal(size=(3, 3)), np.array([2, 0, 0, 1])),
        (
            ("d_transitions[tags[t], tags[t + 1]] -= 1", "d_transitions[tags[t + 1], tags[t]] -= 1"),
            ("logsumexp(transitions + emissions[t + 1]", "logsumexp(transitions.T + emissions[t + 1]"),
            ("(emissions[t + 1] + beta[t + 1])", "(emissions[t] + beta[t + 1])"),
            ("for t in range(T - 1):", "for t in range(1, T - 1):"),
        ),
        wrt=("emissions", "transitions"),
    ),
    "hidden Markov model": Model(
        hmm_log_likelihood,
        hmm_gradient,
        (
            {
                "start": np.array([0.25, -1.0]),
                "transition": random.normal(size=(2, 2)),
                "emission": random.normal(size=(2, 3)),
            },
            [0, 2, 1, 1, 0],
        ),
        (
            ("xi - xi.sum(axis=1, keepdims=True)", "xi - xi.sum(axis=0, keepdims=True)"),
            ("np.add.at(counts.T, observations, gamma)", "counts.T[observations] += gamma"),
            (") / c[t + 1]\n    gamma", ") / c[t]\n    gamma"),
            ("gamma[0] - pi", "gamma[0]"),
        ),
        wrt="model",
    ),
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


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_one_entry_that_is_off_in_its_tenth_digit_is_refuted(model: Model) -> None:
    assert refuted(model.judge(with_one_entry_off(model.gradient)))
