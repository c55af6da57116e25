"""The gradient as the post published it. It is wrong, on purpose: the standing example of a refutation.

The post's formula for dL/dU, and the code published with it, carry a matrix S[α,β] through time where ∂h_k/∂U_αβ has
three indices. Judged against the loss of `bptt.rnn.network` (with h0 = 0, as in the post):

    dU is wrong if and only if D_h ≥ 2 and T ≥ 2
    dW is wrong if and only if D_h ≥ 2 and T ≥ 3
    dV is right
"""

from bptt.rnn import elman
from bptt.rnn.activations import sigmoid
from bptt.rnn.arrays import Array, contract_time, namespace, product
from bptt.rnn.losses import Loss, half_squared_error
from bptt.rnn.network import Weights, check_arguments, elman_cell, read_out
from bptt.rnn.scan import scan


def gradient(weights: Weights, h0: Array | None, xs: Array, y: Array, loss: Loss = half_squared_error) -> Weights:
    """Compute what the post's code calls dL/dU, dL/dW and dL/dV.

        S_U[t,α,β] = h[t,α] (1 − h[t,α]) (W[α,k] S_U[t-1,k,β] + xs[t,β])         with S_U[-1] = 0
        S_W[t,α,β] = h[t,α] (1 − h[t,α]) (W[α,k] S_W[t-1,k,β] + h[t-1,β])        with S_W[-1] = 0 and h[-1] = h0
        dU[α,β]    = e[i] V[i,α] S_U[T-1,α,β]                                    with e = ∂L/∂ỹ
        dW[α,β]    = e[i] V[i,α] S_W[T-1,α,β]
        dV[i,k]    = e[i] h[T-1,k]

    Since S is linear in xs, and S_W likewise in h[t-1], both follow from one P, which is smaller:

        P[t,s,α]    = h[t,α] (1 − h[t,α]) (W[α,k] P[t-1,s,k] + δ_ts)             with P[-1] = 0
        S_U[t,α,β]  = P[t,s,α] xs[s,β]

    Arguments and errors as for `rnn.network.loss`, of the sigmoid network: xs is (T, ..., D_x), h0 (..., D_h) or None
    for zeros, y (..., D_y). Raises `ValueError` for a bias or a target at every step, too.
    """
    (cell, V), h0, xs, y = check_arguments(weights, h0, xs, y, elman_cell, loss)
    h = elman.forward(cell, h0, xs).h
    if cell.b is not None:
        raise ValueError("b must be None, the published gradient knows no bias; got an array")
    if y.ndim != xs.ndim - 1:
        raise ValueError(f"y must have shape (..., D_y), the published loss is at the last step; got {y.shape}")
    xp = namespace(h)
    V_bar, h_bar, _ = read_out(V, h, y, loss).pull_back()  # the readout is right

    def step(P: Array, slope: Array, δ: Array) -> tuple[Array, tuple[()]]:
        return slope * (product(cell.W, P) + δ.reshape(-1, *(1 for _ in h.shape[1:]))), ()

    P, _ = scan(step, xp.zeros_like(h), sigmoid.slope(h), xp.eye(len(h), dtype=h.dtype))
    h_before = xp.concat([xp.zeros_like(h[:1]) if h0 is None else h0[None], h[:-1]])  # h[t-1] for every t
    published = elman.Weights(U=contract_time(h_bar[-1] * P, xs), W=contract_time(h_bar[-1] * P, h_before))
    return Weights(published, V_bar)
