"""Short pages without a glossary, as their authors write them, with equations that may follow each."""

from typing import NamedTuple

STEPS = r"""
For $t = 1, \dots, T$ and $s_0 = 0$, the states are

$$ z_t = A s_{t-1} + B u_t $$
$$ s_t = \tanh(z_t) $$
$$ r_t = C s_t $$
"""
GATED = r"""
With a gate, and the input $u_t$:

$$ p_t = \sigma(F u_t + G s_{t-1}) $$
$$ k_t = p_t \odot k_{t-1} + u_t $$
$$ s_t = \tanh(k_t) $$

Here $\sigma$ is the logistic function.
"""


class Page(NamedTuple):
    """A page, with equations that may follow it: true ones, false ones, and true ones of which it is not known."""

    text: str
    true: tuple[str, ...]
    false: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


PAGES = {
    "a loss that is the sum of others, all in the prose": Page(
        STEPS + r"The loss is $E = \sum_{t=1}^{T} E_t$ with $E_t = \frac12 \|r_t - y_t\|^2$.",
        (
            r"\frac{\partial E}{\partial C} = \sum_{t=1}^{T} (r_t - y_t) s_t^\top",
            r"\frac{\partial E_t}{\partial s_t} = C^\top (r_t - y_t)",
            r"\frac{\partial s_t}{\partial s_{t-1}} = \operatorname{diag}(1 - s_t^2) A",
        ),
        (r"\frac{\partial E}{\partial C} = \sum_{t=1}^{T} (r_t - y_t) s_{t-1}^\top",),
    ),
    "what the prose names as a derivative": Page(
        STEPS + r"The loss is $E = \sum_t E_t$ with $E_t = \frac12 \|r_t - y_t\|^2$. Let"
        r" $\delta_t = \partial E / \partial z_t$.",
        (
            r"\delta_t = (1 - s_t^2) \odot (C^\top (r_t - y_t) + A^\top \delta_{t+1})",
            r"\frac{\partial E}{\partial A} = \sum_{t=1}^{T} \delta_t s_{t-1}^\top",
        ),
        (r"\delta_t = (1 - s_t^2) \odot (C^\top (r_t - y_t) + A \delta_{t+1})",),
    ),
    "a loss of each step of which nothing is known": Page(
        STEPS + "\n$$ E = \\sum_{t=1}^{T} E_t $$\n\nwhere $E_t$ depends on $s_t$.",
        (r"\frac{\partial E}{\partial z_t} = (1 - s_t^2) \odot \frac{\partial E}{\partial s_t}",),
        (r"\frac{\partial E}{\partial z_t} = (1 - s_t) \odot \frac{\partial E}{\partial s_t}",),
    ),
    "one way of several": Page(
        GATED + "\nIf we only look at the direct path from one cell to the next:",
        (
            r"\frac{\partial k_t}{\partial k_{t-1}} = \operatorname{diag}(p_t)",
            r"\operatorname{diag}(p_t) = \frac{\partial k_t}{\partial k_{t-1}}",
        ),
        (),
        (r"\frac{\partial k_t}{\partial k_{t-1}} = \operatorname{diag}(k_t)",),
    ),
    "one step alone": Page(
        STEPS + r"Given $g_t = \partial E/\partial s_t$ and $b_t = g_t \odot (1 - s_t^2)$, for a single step:",
        (),
        unsure=(r"\frac{\partial E}{\partial A} = b_t s_{t-1}^\top",),
    ),
    "what words name as derivatives": Page(
        STEPS + r"The loss is $E = \sum_t \frac12 \|s_t - y_t\|^2$. We write $\delta_t$ and $g_t$ for the gradients of"
        " $E$ with\nrespect to $z_t$ and $s_t$.",
        (
            r"\delta_t = (1 - s_t^2) \odot g_t",
            r"g_t = s_t - y_t + A^\top \delta_{t+1}",
            r"\frac{\partial E}{\partial B} = \sum_{t=1}^{T} \delta_t u_t^\top",
        ),
        (r"g_t = s_t - y_t + A^\top \delta_t", r"\delta_t = (1 - s_t) \odot g_t"),
    ),
    "states that begin at the same value": Page(
        r"For $t = 1, \dots, T$ and $s_0 = c_0 = 0$:"
        "\n\n$$ c_t = \\tanh(A s_{t-1} + u_t) + c_{t-1} $$\n$$ s_t = \\tanh(c_t) $$",
        (r"c_1 = \tanh(u_1)", r"c_2 = \tanh(A s_1 + u_2) + c_1"),
        (r"c_1 = \tanh(u_2)",),
        (r"c_1 = u_1",),
    ),
    "a derivative that is named in a chain": Page(
        STEPS + r"For $E = \frac12 \|r_T - y\|^2$ we have $e = \partial E/\partial r_T = r_T - y$.",
        (r"\frac{\partial E}{\partial C} = e s_T^\top",),
        (r"\frac{\partial E}{\partial C} = 2 e s_T^\top",),
    ),
    "a symbol that only words define": Page(
        STEPS + r"The loss is $E = \frac12 \|r_T\|^2$, and $\delta_t$ says how it depends on $z_t$.",
        (),
        unsure=(r"\frac{\partial E}{\partial A} = \sum_{t=1}^T \delta_t s_{t-1}^\top",),
    ),
    "gradients that are named by a sign": Page(
        GATED + r"For any $q_t$ let $\delta q_t$ be the derivative of the loss $E = \sum_t \|s_t\|^2$ by it.",
        (),
        unsure=(r"\delta p_t = \delta k_t \odot k_{t-1}", r"\delta k_t = \delta s_t \odot (1 - s_t^2)"),
    ),
    "gradients that a sign names": Page(
        GATED + r"For any $q_t$ let $\delta q_t$ denote the *total* derivative $\partial E/\partial q_t$ of"
        "\n$E = \\sum_t E_t(s_t)$, and $e_t = \\partial E_t / \\partial s_t$.",
        (
            r"\delta k_t = \delta s_t \odot (1 - s_t^2) + \delta k_{t+1} \odot p_{t+1}",
            r"\delta p_t = \delta k_t \odot k_{t-1}",
            r"\frac{\partial E}{\partial G} = \sum_{t=1}^T (\delta p_t \odot p_t \odot (1 - p_t)) s_{t-1}^\top",
            r"\delta s_T = e_T",
        ),
        (
            r"\delta k_t = \delta s_t \odot (1 - s_t^2) + \delta k_{t+1} \odot p_t",
            r"\delta p_t = \delta k_t \odot k_t",
        ),
        (r"\delta s_t = e_t",),
    ),
    "gradients that a d names": Page(
        r"With $A \in \mathbb{R}^{n \times m}$ and $B \in \mathbb{R}^{m \times p}$, some loss $\phi$ is computed from"
        "\n\n$$ C = A B $$\n\nWe write $dX$ for $\\partial \\phi / \\partial X$, whatever $X$ is.",
        (r"dA = dC\, B^\top", r"dB = A^\top dC", r"(dB)_{jk} = \sum_{i=1}^n A_{ij} (dC)_{ik}"),
        (r"dA = dC\, B", r"(dB)_{jk} = \sum_{i=1}^n A_{ji} (dC)_{ik}"),
    ),
    "gradients that a bar names": Page(
        r"For any $v$ let $\bar v$ stand for $\partial L / \partial v$, where $L$ depends on $y$ alone."
        "\n\n$$ y = W x + b $$",
        (r"\bar x = W^\top \bar y", r"\bar W = \bar y x^\top", r"\bar b = \bar y"),
        (r"\bar x = W \bar y", r"\bar W = x \bar y^\top"),
    ),
    "a loss that may depend on one of two": Page(
        r"For $X \in \mathbb{R}^{n \times d}$, $A, C \in \mathbb{R}^{d \times m}$, and $\ell$ a function of $S$:"
        "\n\n$$ Q = X A, \\qquad K = X C, \\qquad S = Q K^\\top $$\n\n"
        "For any $M$ let $\\bar M$ denote $\\partial \\ell / \\partial M$. Only $B = A C^\\top$ matters:\n\n"
        "$$ S = X B X^\\top $$\n$$ \\bar B = X^\\top \\bar S X $$",
        (),
        unsure=(r"\bar A = X^\top \bar Q",),
    ),
    "an accent that is said of one symbol alone": Page(
        r"Let $\bar y$ stand for $\partial L / \partial y$, where $L$ depends on $y$ alone."
        "\n\n$$ y = W x + b $$",
        (r"\frac{\partial L}{\partial x} = W^\top \bar y",),
        unsure=(r"\bar x = W \bar y",),
    ),
    "names for derivatives that are written out": Page(
        STEPS + r"The loss is $E = \sum_t \frac12 \|s_t - y_t\|^2$. We abbreviate $\partial E/\partial z_t$ and"
        "\n$\\partial E/\\partial s_t$ as $\\delta_t$ and $g_t$.",
        (r"\delta_t = (1 - s_t^2) \odot g_t", r"g_t = s_t - y_t + A^\top \delta_{t+1}"),
        (r"\delta_t = (1 - s_t) \odot g_t",),
    ),
    "a gradient of the loss, without its letter": Page(
        STEPS + r"The loss $E = \sum_t \frac12 \|s_t - y_t\|^2$ is to be small. Let $\delta_t$ be the gradient of the"
        "\nloss with respect to $z_t$.",
        (r"\frac{\partial E}{\partial A} = \sum_{t=1}^T \delta_t s_{t-1}^\top",),
        (r"\frac{\partial E}{\partial A} = \sum_{t=1}^T \delta_t s_t^\top",),
    ),
    "a matrix that is put together of rows": Page(
        r"Let $X \in \mathbb{R}^{n \times p}$ be the matrix with rows $x_i^\top$, and $y \in \mathbb{R}^n$."
        "\n\n$$ E(w) = \\frac12 \\sum_{i=1}^n (w^\\top x_i - y_i)^2 $$",
        (r"\nabla E(w) = X^\top (X w - y)", r"\nabla^2 E(w) = X^\top X"),
        (r"\nabla E(w) = X (X w - y)", r"\nabla E(w) = X^\top (y - X w)"),
    ),
    "a matrix that is put together of columns": Page(
        r"Stack the vectors $x_1, \dots, x_n$ as the columns of a matrix $X$."
        "\n\n$$ E(w) = \\frac12 \\sum_{i=1}^n (w^\\top x_i - y_i)^2 $$",
        (r"\nabla E(w) = X (X^\top w - y)",),
        (r"\nabla E(w) = X^\top (X w - y)",),
    ),
    "a diagonal that words say": Page(
        r"With $p_i = \sigma(w^\top x_i)$, $\sigma(a) = 1/(1 + e^{-a})$, let $D$ be the diagonal matrix with entries"
        " $p_i (1 - p_i)$,\nand $X$ the matrix whose rows are $x_i^\\top$.\n\n"
        "$$ E(w) = -\\sum_{i=1}^n (y_i \\log p_i + (1 - y_i) \\log(1 - p_i)) $$",
        (r"\nabla^2 E(w) = X^\top D X",),
        (r"\nabla^2 E(w) = X D X^\top", r"\nabla^2 E(w) = -X^\top D X"),
    ),
    "a function of a matrix": Page(
        r"Let $P \in \mathbb{R}^{n \times n}$ and $R \in \mathbb{R}^{m \times m}$ be symmetric,"
        r" $C \in \mathbb{R}^{m \times n}$, $G \in \mathbb{R}^{n \times m}$."
        "\n\n$$ F(G) = (I - G C) P (I - G C)^\\top + G R G^\\top $$\n"
        "$$ S = C P C^\\top + R $$\n$$ K = P C^\\top S^{-1} $$",
        (
            r"F(K) = (I - K C) P",
            r"F(G) = P - G C P - P C^\top G^\top + G S G^\top",
            r"F(K)^{-1} = P^{-1} + C^\top R^{-1} C",
            r"K = F(K) C^\top R^{-1}",
        ),
        (r"F(K) = (I + K C) P", r"F(G) = P - G C P - P C^\top G^\top + G R G^\top"),
    ),
    "indices behind a bracket": Page(
        r"$$ z_i = \sum_j (W_1)_{ij} x_j + (b_1)_i $$" "\n$$ E = \\frac12 \\sum_i z_i^2 $$",
        (r"\frac{\partial E}{\partial (W_1)_{ij}} = z_i x_j", r"\frac{\partial E}{\partial (b_1)_i} = z_i"),
        (r"\frac{\partial E}{\partial (W_1)_{ij}} = z_j x_i",),
    ),
    "vectors that letters number": Page(
        r"Points $x_1, \dots, x_n \in \mathbb{R}^d$ are mapped by $W \in \mathbb{R}^{k \times d}$."
        "\n\n$$ h_i = W x_i, \\qquad z_{ij} = x_i - x_j $$\n"
        "$$ E = \\sum_{i=1}^n \\|h_i\\|^2, \\qquad F = \\sum_{i=1}^n \\sum_{j=1}^n \\|W z_{ij}\\|^2 $$",
        (
            r"\frac{\partial E}{\partial W} = 2 \sum_{i=1}^n h_i x_i^\top",
            r"\frac{\partial F}{\partial W} = 2 W \sum_{i=1}^n \sum_{j=1}^n z_{ij} z_{ij}^\top",
        ),
        (r"\frac{\partial E}{\partial W} = 2 \sum_{i=1}^n x_i h_i^\top",),
    ),
    "terms of a loss in the prose, and their sum in a display": Page(
        STEPS + r"Each step has the loss $E_t = \frac12 \|r_t - y_t\|^2$." "\n\n$$ E = \\sum_{t=1}^T E_t $$",
        (r"\frac{\partial E}{\partial C} = \sum_{t=1}^{T} (r_t - y_t) s_t^\top",),
        (r"\frac{\partial E}{\partial C} = \sum_{t=1}^{T} (y_t - r_t) s_t^\top",),
    ),
    "terms of a loss that say what they depend on": Page(
        STEPS + "\n$$ E = \\sum_{t=1}^T E_t(r_t) $$",
        (r"\frac{\partial E}{\partial C} = \sum_{t=1}^{T} \frac{\partial E_t}{\partial r_t} s_t^\top",),
        (r"\frac{\partial E}{\partial z_t} = \frac{\partial E_t}{\partial z_t}",),
    ),
    "a loss that depends on one step": Page(
        r"One step of a cell: $$ c_t = f_t \odot c_{t-1} + u_t, \qquad s_t = \tanh(c_t) $$"
        "\n\nSuppose that $E$ depends on $s_t$ alone, and $g_t = \\partial E/\\partial s_t$.",
        (),
        unsure=(r"\frac{\partial E}{\partial c_t} = g_t \odot (1 - s_t^2)",),
    ),
    "a number of things": Page(
        r"Targets are smoothed, $\tilde y_k = (1 - \epsilon) y_k + \epsilon / K$, where $y$ is one-hot and $K$ is the"
        "\nnumber of classes.\n\n"
        "$$ E = -\\sum_k \\tilde y_k \\log p_k, \\qquad p_k = \\frac{e^{f_k}}{\\sum_l e^{f_l}} $$",
        (),
        unsure=(r"\frac{\partial E}{\partial f_k} = p_k - \tilde y_k",),
    ),
    "another scale of the same quantity": Page(
        r"With $\rho_j = \log \sigma_j^2$ the divergence is"
        "\n\n$$ K = \\frac12 \\sum_{j=1}^J (\\mu_j^2 + \\sigma_j^2 - 1 - \\log \\sigma_j^2) $$",
        (r"\frac{\partial K}{\partial \mu_j} = \mu_j",),
        (r"\frac{\partial K}{\partial \mu_j} = 2 \mu_j",),
        unsure=(r"\frac{\partial K}{\partial \rho_j} = \frac12 (\sigma_j^2 - 1)",),
    ),
    "the number π beside weights π_k": Page(
        r"$$ \pi_k = \frac{e^{a_k}}{\sum_l e^{a_l}}, \qquad \phi_k = \frac{1}{\sqrt{2\pi}} e^{-(t - m_k)^2/2} $$"
        "\n\nThe error is $E = -\\ln \\sum_k \\pi_k \\phi_k$, and\n"
        "$\\gamma_k = \\pi_k \\phi_k / \\sum_l \\pi_l \\phi_l$.",
        (r"\frac{\partial E}{\partial a_k} = \pi_k - \gamma_k",),
        (r"\frac{\partial E}{\partial a_k} = \gamma_k - \pi_k",),
    ),
    "the length of a vector with the same letter": Page(
        r"Particles are at $\mathbf q_1, \dots, \mathbf q_N \in \mathbb{R}^3$, and $V = \sum_{i<j} U(q_{ij})$ with"
        "\n\n$$ \\mathbf q_{ij} = \\mathbf q_i - \\mathbf q_j, \\qquad q_{ij} = |\\mathbf q_{ij}| $$",
        (),
        unsure=(r"\mathbf F_i = \sum_{j \ne i} U'(q_{ij}) \frac{\mathbf q_{ij}}{q_{ij}}",),
    ),
    "entries that vanish": Page(
        r"The couplings $w_{ij}$ are given ($w_{ii} = 0$)." "\n\n$$ E = \\frac12 \\sum_i \\sum_j w_{ij} m_i m_j $$",
        (r"\frac{\partial^2 E}{\partial m_i^2} = 0",),
        (r"\frac{\partial E}{\partial m_i} = \sum_j (w_{ij} + w_{ji}) m_j",),
    ),
    "entries that vanish, of what a formula defines": Page(
        r"Let $w_{ij} = s_i - 2 s_j$ with $w_{ii} = 0$." "\n\n$$ E = \\frac12 \\sum_i \\sum_j w_{ij} m_i m_j $$",
        (),
        unsure=(r"\frac{\partial^2 E}{\partial m_i^2} = 0",),
    ),
    "a graph": Page(
        r"Let $a_{ij} = a_{ji} \ge 0$ and $a_{ii} = 0$ be the weights of a graph, and $x \in \mathbb{R}^n$."
        "\n\n$$ Q(x) = \\frac12 \\sum_{i=1}^n \\sum_{j=1}^n a_{ij} (x_i - x_j)^2 $$",
        (
            r"\frac{\partial Q}{\partial x_i} = 2 \sum_j a_{ij} (x_i - x_j)",
            r"\frac{\partial^2 Q}{\partial x_i^2} = 2 \sum_j a_{ij}",
        ),
        (r"\frac{\partial Q}{\partial x_i} = \sum_j a_{ij} (x_i - x_j)",),
    ),
    "vectors that a letter numbers, in a quadratic form": Page(
        "$$ \\phi = \\sum_{k=1}^K \\log \\sum_{n=1}^N (x_n - c_k)^\\top B_k (x_n - c_k) $$",
        (
            r"\frac{\partial \phi}{\partial x_n} = \sum_{k=1}^K \frac{(B_k + B_k^\top) (x_n - c_k)}"
            r"{\sum_{m=1}^N (x_m - c_k)^\top B_k (x_m - c_k)}",
        ),
        (
            r"\frac{\partial \phi}{\partial x_n} = \sum_{k=1}^K \frac{(B_k + B_k^\top) (c_k - x_n)}"
            r"{\sum_{m=1}^N (x_m - c_k)^\top B_k (x_m - c_k)}",
        ),
    ),
    "vectors that a letter numbers, in angles and a norm": Page(
        r"For $i, j = 1, \dots, M$ let $g_{ij} = \langle p_i, q_j \rangle - t_{ij}$."
        "\n\n$$ R = \\sum_i \\sum_j g_{ij}^2 + \\mu \\sum_j \\|q_j\\|^2 $$",
        (
            r"\frac{\partial R}{\partial p_i} = 2 \sum_j g_{ij} q_j",
            r"\frac{\partial R}{\partial q_j} = 2 \sum_i g_{ij} p_i + 2 \mu q_j",
        ),
        (r"\frac{\partial R}{\partial p_i} = 2 \sum_j g_{ij} p_j",),
    ),
    "a vector that has a word before it, and none its size": Page(
        r"A centre $a$ has the vector $v_a \in \mathbb{R}^d$; each of the $K$ others $k$ has an output vector $u_k$."
        "\n\n$$ \\ell = \\sum_{k=1}^K e^{u_k^\\top v_a} $$",
        (r"\frac{\partial \ell}{\partial v_a} = \sum_{k=1}^K e^{u_k^\top v_a} u_k",),
        (r"\frac{\partial \ell}{\partial v_a} = -\sum_{k=1}^K e^{u_k^\top v_a} u_k",),
    ),
    "a vector by its entries": Page(
        r"Let $z = (z_1, \dots, z_m)^\top$ and $c > 0$." "\n\n$$ g(z_1, \\dots, z_m) = c \\sum_{i=1}^m z_i^3 $$",
        (r"\frac{\partial g}{\partial z_i} = 3 c z_i^2",),
        (r"\frac{\partial g}{\partial z_i} = 3 z_i^2",),
    ),
    "primes of a function that has a parameter": Page(
        r"Let $b > 0$ be fixed and $\sigma(x) = 1 / (1 + e^{-x})$." "\n\n$$ g(x) = x \\sigma(b x) $$",
        (
            r"g'(x) = \sigma(b x) + b x \sigma(b x) (1 - \sigma(b x))",
            r"g''(x) = b \sigma'(b x) (2 + b x (1 - 2 \sigma(b x)))",
        ),
        (r"\frac{\partial g'(x)}{\partial b} = x \sigma'(b x) + b x^2 \sigma''(b x)",),
    ),
    "a prime of a function whose argument is made elsewhere, too": Page(
        r"Let $w = c^2 + 1$." "\n\n$$ g(c) = \\frac{1}{2} (c - w)^2 $$",
        (),
        unsure=(r"g'(c) = c - w",),
    ),
    "an exponent that is a letter": Page(
        r"For $\gamma \geq 0$ and a probability $p$ let" "\n\n$$ L = -(1 - p)^\\gamma \\log p $$",
        (
            r"\frac{\partial L}{\partial p} = \gamma (1 - p)^{\gamma - 1} \log p - \frac{(1 - p)^\gamma}{p}",
            r"\frac{\partial L}{\partial \gamma} = L \log(1 - p)",
        ),
        (r"\frac{\partial L}{\partial \gamma} = -L \log(1 - p)",),
    ),
    "an exponent below which entries stand": Page(
        "$$ U = \\Bigl( \\sum_{i=1}^n a_i x_i^r \\Bigr)^{1/r} $$",
        (r"\frac{\partial U}{\partial x_i} = a_i x_i^{r-1} U^{1-r}",),
        (r"\frac{\partial U}{\partial x_i} = r a_i x_i^{r-1} U^{1-r}",),
    ),
    "what words say to be a formula": Page(
        r"The output $s = v^\top \tanh(A x)$ has the cost $E = \frac12 (s - y)^2$. We call $e$ the error $s - y$, and"
        "\n$h$ denotes the vector $\\tanh(A x)$. Here $x \\in \\mathbb{R}^d$.",
        (
            r"\frac{\partial E}{\partial v} = e h",
            r"\frac{\partial E}{\partial A} = e (v \odot (1 - h \odot h)) x^\top",
        ),
        (r"\frac{\partial E}{\partial v} = e x",),
    ),
    "a sum that leaves out what has no value": Page(
        r"Let $p_{ij}$ be given with $p_{ii} = 0$." "\n\n$$ C = \\sum_{i \\neq j} p_{ij} \\log p_{ij} $$",
        (r"\frac{\partial C}{\partial p_{ij}} = \log p_{ij} + 1 \quad (i \neq j)",),
        (r"\frac{\partial C}{\partial p_{ij}} = \log p_{ij} - 1 \quad (i \neq j)",),
    ),
    "several matrices that are symmetric": Page(
        r"With $Q$, $R$ and $P$ symmetric and $x \in \mathbb{R}^n$ let"
        "\n\n$$ V = x^\\top Q x + u^\\top R u + z^\\top P z $$",
        (r"\frac{\partial V}{\partial x} = 2 Q x", r"\nabla^2_{uu} V = 2 R", r"\nabla_{zz} V = 2 P"),
        (r"\nabla^2_{uu} V = R",),
    ),
    "a vector beside one that is one-hot": Page(
        r"For an input $x \in \mathbb{R}^n$ and $y \in \mathbb{R}^n$ one-hot let $\ell = \sum_i x_i^2 y_i$.",
        (r"\frac{\partial \ell}{\partial x_i} = 2 x_i y_i",),
        unsure=(r"\ell = \sum_i x_i y_i",),
    ),
    "what is positive definite": Page(
        r"Let $S \succ 0$ be an $n \times n$ matrix." "\n\n$$ f = \\log\\det S + x^\\top S x $$",
        (r"\frac{\partial f}{\partial x} = 2 S x",),
        (r"\frac{\partial f}{\partial x} = S x",),
    ),
    "a prime for the transpose": Page(
        r"Here $y$ is $n \times 1$, $X$ is $n \times k$, and $e = y - X b$."
        "\n\n$$ S(b) = e'e $$\n\nIt vanishes for $b = (X'X)^{-1} X'y$.",
        (r"\frac{\partial S}{\partial b} = -2 X'y + 2 X'X b", r"\frac{\partial S}{\partial b} = -2 X'e"),
        (r"\frac{\partial S}{\partial b} = 2 X'e",),
    ),
    "a prime that is no transpose, beside a transpose": Page(
        r"A prime is the derivative, and $\top$ the transpose. Let $g(x) = x^2$ and $s = u^\top v$.",
        (r"g'(x) = 2 x",),
        (r"g'(x) = x",),
    ),
    "what is optimal": Page(
        "$$ F(w) = \\|y - A w\\|^2 $$\n\nThe gradient vanishes at $$ w = (A^\\top A)^{-1} A^\\top y $$",
        (r"\nabla F(w) = 2 A^\top (A w - y)",),
        (r"\nabla F(w) = A^\top (A w - y)",),
    ),
    "the normal distribution": Page(
        r"Let $\Phi$ be the standard normal distribution function, $\varphi$ its density, and $G(x) = x \Phi(x)$.",
        (r"G'(x) = \Phi(x) + x \varphi(x)", r"\varphi'(x) = -x \varphi(x)"),
        (r"\varphi'(x) = x \varphi(x)",),
    ),
    "the logarithm of what the prose defines": Page(
        r"Let $p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$ with $z \in \mathbb{R}^K$.",
        (r"\log p_i = z_i - \log \sum_j e^{z_j}",),
        (r"\log p_i = z_i + \log \sum_j e^{z_j}",),
    ),
    "the logarithm of a number that the prose defines": Page(
        r"Let $Q = e^a b$ with $b > 0$.",
        (r"\log Q = a + \log b",),
        (r"\log Q = a - \log b",),
    ),
    "the logarithm of a likelihood": Page(
        r"Let $x_i \in \mathbb{R}^d$, $p_i = \frac{1}{1 + e^{-x_i^\top \beta}}$ and $y_i \in \{0, 1\}$."
        "\n\n$$ \\log L(\\beta) = \\sum_{i=1}^n y_i \\log p_i + (1 - y_i) \\log(1 - p_i) $$",
        (r"\frac{\partial \log L}{\partial \beta} = \sum_{i=1}^n (y_i - p_i) x_i",),
        (r"\frac{\partial \log L}{\partial \beta} = \sum_{i=1}^n (p_i - y_i) x_i",),
    ),
    "a matrix that is written out": Page(
        r"Two lists of points, $p_1, \dots, p_n$ and $q_1, \dots, q_n$, are given. Let"
        "\n\n$$ R(\\theta) = \\begin{pmatrix} \\cos\\theta & -\\sin\\theta \\\\ \\sin\\theta & \\cos\\theta"
        " \\end{pmatrix} $$\n\nand minimise\n\n$$ E(\\theta, t) = \\frac12 \\sum_{i=1}^n"
        " \\|R(\\theta) p_i + t - q_i\\|^2 $$\n\nover $\\theta$ and $t \\in \\mathbb{R}^2$."
        " We write $R$ for $R(\\theta)$.",
        (),
        unsure=(r"\frac{\partial E}{\partial t} = n t + \sum_{i=1}^n (R p_i - q_i)",),
    ),
    "a ∇ that does not say by what it is, beside those that do": Page(
        "$$ E(w) = \\frac12 \\sum_{n=1}^N (w^\\top f_n - t_n)^2 $$"
        "\n\n$$ \\nabla E(w) = \\sum_{n=1}^N (w^\\top f_n - t_n) f_n $$\n\nLet $a_n = w^\\top f_n$.",
        (r"\nabla a_n = f_n",),
        unsure=(r"\nabla a_n = -f_n",),
    ),
    "layers by their numbers, examples by a letter": Page(
        r"The columns of $X \in \mathbb{R}^{p \times m}$ are the examples $x^{(i)}$, and $B$ is a matrix of weights."
        "\n\n$$ Z^{[1]} = W^{[1]} X $$\n\n$$ Z^{[2]} = W^{[2]} \\tanh(Z^{[1]}) $$"
        "\n\n$$ J = \\frac12 \\|Z^{[2]}\\|_F^2 + \\sum_{i=1}^m b^\\top x^{(i)} $$",
        (r"\frac{\partial J}{\partial Z^{[2]}} = Z^{[2]}",),
        (r"\frac{\partial J}{\partial Z^{[2]}} = 2 Z^{[2]}",),
    ),
    "a label": Page(
        r"A classifier has logits $z \in \mathbb{R}^K$ and a label $y \in \{1, \dots, K\}$."
        "\n\n$$ p_k = \\frac{e^{z_k}}{\\sum_{j=1}^K e^{z_j}} $$\n\n$$ \\ell = -\\log p_y $$",
        (
            r"\frac{\partial \ell}{\partial z_k} = p_k - \delta_{ky}",
            r"\frac{\partial \ell}{\partial z_k} = p_k - [k = y]",
            r"\frac{\partial p_y}{\partial z_k} = p_y (\delta_{ky} - p_k)",
        ),
        (r"\frac{\partial \ell}{\partial z_k} = p_k + [k = y]",),
    ),
    "labels of the steps": Page(
        r"The target $y_t \in \{1, \dots, K\}$ is a symbol, $s_0 = 0$, and $s_t = \tanh(A s_{t-1} + B u_t)$."
        "\n\n$$ p_t = \\operatorname{softmax}(C s_t) $$\n\n$$ L = -\\sum_{t=1}^T \\log p_{t, y_t} $$",
        (r"\frac{\partial L}{\partial C_{ij}} = \sum_{t=1}^T (p_{t,i} - 1\{y_t = i\}) s_{t,j}",),
        (r"\frac{\partial L}{\partial C_{ij}} = \sum_{t=1}^T (p_{t,i} + 1\{y_t = i\}) s_{t,j}",),
    ),
    "labels of examples": Page(
        r"For $i = 1, \dots, m$ the label is $c_i \in \{1, \dots, K\}$, and $x_i \in \mathbb{R}^d$."
        "\n\n$$ q_{ik} = \\frac{e^{w_k^\\top x_i}}{\\sum_{j=1}^K e^{w_j^\\top x_i}} $$"
        "\n\n$$ J = -\\frac{1}{m} \\sum_{i=1}^m \\log q_{i c_i} $$",
        (r"\frac{\partial J}{\partial w_k} = \frac{1}{m} \sum_{i=1}^m (q_{ik} - \mathbf{1}_{c_i = k}) x_i",),
        (r"\frac{\partial J}{\partial w_k} = \frac{1}{m} \sum_{i=1}^m (\mathbf{1}_{c_i = k} - q_{ik}) x_i",),
    ),
    "a number for a symbol, in passing": Page(
        r"With a scale $c > 0$ let $g_C(r) = \frac{c^2}{2} \log(1 + (r/c)^2)$. (Others take it with $c = 1$.)",
        (r"g_C'(r) = \frac{r}{1 + (r/c)^2}",),
        unsure=(r"g_C'(r) = \frac{c^2 r}{1 + (r/c)^2}",),
    ),
    "columns that a letter numbers": Page(
        "$$ Q(\\theta) = \\frac{1}{2 n} \\|y - X \\theta\\|_2^2 + \\lambda \\|\\theta\\|_1 $$\n\n"
        r"With $s = \operatorname{sign}(\theta)$ and $e = y - X \theta$, where $X_j$ is column $j$ of $X$:",
        (r"\nabla Q(\theta) = -\frac{1}{n} X^\top e + \lambda s",),
        unsure=(
            r"\frac{\partial Q}{\partial \theta_j}"
            r" = -\frac{1}{n} X_j^\top e + \lambda \operatorname{sign}(\theta_j)",
        ),
    ),
    "a prime of a function, beside weights that its argument makes": Page(
        r"Let $w_i = \frac{1}{1 + (x_i - c)^2}$ for $x_1, \dots, x_n \in \mathbb{R}$."
        "\n\n$$ C(c) = \\frac12 \\sum_{i=1}^n \\log(1 + (x_i - c)^2) $$",
        (r"C'(c) = -\sum_i w_i (x_i - c)",),
    ),
    "a one-hot target, and weights named after it": Page(
        r"The target $y \in \mathbb{R}^k$ is one-hot."
        "\n\n$$ p = \\operatorname{softmax}(W_{hy} h + b_y) $$"
        "\n\n$$ L = -\\sum_i y_i \\log p_i $$",
        (r"\frac{\partial L}{\partial W_{hy}} = (p - y) h^\top", r"\frac{\partial L}{\partial b_y} = p - y"),
        (r"\frac{\partial L}{\partial b_y} = p + y",),
    ),
    "letters that differ": Page(
        r"Player $i$ beats another player $j$ ($j \neq i$) with probability $P_{ij} = \sigma(s_i - s_j)$, where"
        "\n$\\sigma(a) = 1/(1 + e^{-a})$. A gain of strength is a gain of probability.",
        (),
        unsure=(r"\frac{\partial P_{ij}}{\partial s_i} = P_{ij} P_{ji}",),
    ),
    "what holds at an optimum": Page(
        "$$ J = \\sum_k \\left(\\frac{a_k}{2 \\sigma_k^2} + \\ln \\sigma_k\\right) $$\n\n"
        r"At the optimum in $\sigma_k$ one finds $\sigma_k^2 = a_k + 1$.",
        (r"\frac{\partial J}{\partial \sigma_k} = \frac{1}{\sigma_k} - \frac{a_k}{\sigma_k^3}",),
        (r"\frac{\partial J}{\partial \sigma_k} = \frac{1}{\sigma_k} - \frac{a_k}{\sigma_k^2}",),
    ),
    "a property under a condition": Page(
        r"Let $f(x) = x^\top A x$ with $A \in \mathbb{R}^{n \times n}$. The gradient is $2Ax$ only if $A$ is symmetric."
        " In general:",
        (r"\nabla f(x) = (A + A^\top) x",),
        unsure=(r"\nabla f(x) = 2 A x",),
    ),
    "a letter that is a label and a number": Page(
        r"$$ f_t(x) = t c^\top x - \sum_{i=1}^m \log(b_i - a_i^\top x) $$",
        (),
        unsure=(r"\nabla f_t(x) = t c + \sum_{i=1}^m \frac{a_i}{b_i - a_i^\top x}",),
    ),
    "an entry by its two digits": Page(
        "For points $y_1, \\dots, y_n$ on a line,\n\n$$ w_{ij} = (y_i - y_j)^2 $$",
        (r"\frac{\partial w_{12}}{\partial y_1} = 2 (y_1 - y_2)",),
        (r"\frac{\partial w_{12}}{\partial y_1} = 2 (y_2 - y_1)",),
    ),
    "a matrix that a distribution makes symmetric": Page(
        r"Let $x \sim \mathcal N(0, \Sigma)$ and $\Lambda = \Sigma^{-1}$. Then" "\n\n$$ q = \\log \\det \\Lambda $$",
        (),
        unsure=(r"\frac{\partial q}{\partial \Lambda} = \Sigma",),
    ),
    "a letter that is not one": Page(
        r"$$ L = -s_1 + \log \sum_{k=1}^K e^{s_k}, \qquad p_k = \frac{e^{s_k}}{\sum_l e^{s_l}} $$"
        "\n\nThe positive pair apart ($k \\neq 1$), what counts is the similarity. There:",
        (),
        unsure=(r"\frac{\partial L}{\partial s_k} = p_k",),
    ),
    "a number that words compute": Page(
        r"For $x \in \mathbb{R}^d$ let $r$ be the root mean square of its entries, and $n_i = x_i / r$.",
        (),
        unsure=(r"\frac{\partial n_i}{\partial x_j} = \frac1r (\delta_{ij} - \frac1d n_i n_j)",),
    ),
    "letters that are numbers, though nothing says so": Page(
        r"A mask $m \in \{0, 1\}^h$ keeps entries with probability $q$. With $a \in \mathbb{R}^d$,"
        "\n$W \\in \\mathbb{R}^{h \\times d}$, $v \\in \\mathbb{R}^h$:\n\n"
        "$$ r = \\frac1q m \\odot \\tanh(W a), \\qquad E = \\frac12 (v^\\top r - y)^2 $$",
        (
            r"\frac{\partial E}{\partial v_i} = (v^\top r - y) r_i",
            r"\frac{\partial E}{\partial W_{ij}} = \frac1q (v^\top r - y) v_i m_i (1 - \tanh^2((W a)_i)) a_j",
        ),
        (r"\frac{\partial E}{\partial W_{ij}} = \frac1q (v^\top r - y) v_j m_i (1 - \tanh^2((W a)_i)) a_j",),
    ),
    "a bias that is added to every row": Page(
        r"Every sample is a row of $X$, and $b$ a row. $$ Y = X W + b $$"
        "\n$$ E = \\frac{1}{2m} \\sum_{i=1}^m \\sum_{j=1}^k (Y_{ij} - T_{ij})^2 $$",
        (r"\frac{\partial E}{\partial W} = X^\top \frac{\partial E}{\partial Y}",),
        (r"\frac{\partial E}{\partial W} = X \frac{\partial E}{\partial Y}",),
        unsure=(r"\frac{\partial E}{\partial b_j} = \sum_{i=1}^m \frac{\partial E}{\partial Y_{ij}}",),
    ),
    "a label of either sign": Page(
        r"For $x \in \mathbb{R}^a$ and a label $t = \pm 1$ let $s = w^\top x$, $\ell = \log(1 + e^{-ts})$ and"
        "\n$r = \\frac{1}{1 + e^{ts}}$.",
        (r"\frac{\partial^2 \ell}{\partial s^2} = r (1 - r)",),
    ),
    "a covariance that depends on a parameter": Page(
        r"The matrix $K(\theta)$ is a symmetric $n \times n$ matrix, $y \in \mathbb{R}^n$, and $\alpha = K^{-1} y$."
        "\n\n$$ E = \\frac12 y^\\top K^{-1} y $$",
        (r"\frac{\partial E}{\partial y} = \alpha",),
        (r"\frac{\partial E}{\partial y} = 2 \alpha",),
    ),
    "shapes in words": Page(
        r"Let $M$ be an invertible $n \times n$ matrix and $a$ an $n$-dimensional vector.",
        (r"\nabla_M \det M = \det(M) M^{-\top}", r"\nabla_a a^\top M a = (M + M^\top) a"),
        (r"\nabla_M \det M = \det(M) M^{\top}",),
    ),
    "a multiplier that is transposed": Page(
        r"Minimise $\frac12 x^T P x$ subject to $A x = b$, where $P$ is a symmetric $n \times n$ matrix and $A$ is"
        "\n$m \\times n$. The Lagrangian is\n\n$$ \\mathcal{L} = \\frac12 x^T P x + \\nu^T (A x - b) $$",
        (r"\nabla_x \mathcal{L} = P x + A^T \nu", r"\nabla_\nu \mathcal{L} = A x - b"),
        (r"\nabla_\nu \mathcal{L} = b - A x",),
    ),
    "a vector with the letter of a number": Page(
        r"$$ q = \alpha^\top K \alpha $$",
        (r"\frac{\partial q}{\partial \alpha} = (K + K^\top) \alpha",),
        (r"\frac{\partial q}{\partial \alpha} = (K - K^\top) \alpha",),
        (r"\frac{\partial q}{\partial \alpha} = K^\top \alpha",),
    ),
    "a hypothesis that is applied to each example": Page(
        r"Examples are $x^{(i)} \in \mathbb{R}^{n}$ with $y^{(i)} \in \{0, 1\}$, and"
        "\n\n$$ f_w(x) = g(w^T x), \\qquad g(z) = \\frac{1}{1 + e^{-z}} $$\n\n"
        "$$ \\ell(w) = \\sum_{i=1}^m y^{(i)} \\log f_w(x^{(i)}) + (1 - y^{(i)}) \\log(1 - f_w(x^{(i)})) $$",
        (r"\frac{\partial \ell(w)}{\partial w_j} = \sum_{i=1}^m (y^{(i)} - f_w(x^{(i)})) x_j^{(i)}",),
        (r"\frac{\partial \ell(w)}{\partial w_j} = \sum_{i=1}^m (f_w(x^{(i)}) - y^{(i)}) x_j^{(i)}",),
    ),
    "vectors that bear a number": Page(
        r"Given a query $q \in \mathbb{R}^d$, keys $k_1, \dots, k_n \in \mathbb{R}^d$ and values"
        "\n$v_1, \\dots, v_n \\in \\mathbb{R}^m$:\n\n"
        "$$ c = \\sum_{j=1}^n a_j v_j, \\quad a_j = \\frac{\\exp(e_j)}{\\sum_{l=1}^n \\exp(e_l)}, \\quad "
        "e_j = \\frac{q^\\top k_j}{\\sqrt d} $$\n\nand $g = \\partial L/\\partial c$.",
        (
            r"\frac{\partial L}{\partial v_j} = a_j g",
            r"\frac{\partial L}{\partial q} = \frac{1}{\sqrt d} \sum_{j=1}^n a_j (g^\top (v_j - c)) k_j",
        ),
        (r"\frac{\partial L}{\partial q} = \frac{1}{d} \sum_{j=1}^n a_j (g^\top (v_j - c)) k_j",),
    ),
    "a variance, the square of a symbol with a label": Page(
        r"Over a batch $\mathcal{B}$ of scalars $x_i$:"
        "\n\n$$ \\mu_{\\mathcal B} = \\frac1m \\sum_{i=1}^m x_i $$\n"
        "$$ \\sigma^2_{\\mathcal B} = \\frac1m \\sum_{i=1}^m (x_i - \\mu_{\\mathcal B})^2 $$",
        (r"\frac{\partial \sigma^2_{\mathcal B}}{\partial x_i} = \frac2m (x_i - \mu_{\mathcal B})",),
        (r"\frac{\partial \sigma^2_{\mathcal B}}{\partial x_i} = \frac1m (x_i - \mu_{\mathcal B})",),
    ),
    "labels that sum to one": Page(
        r"The labels are given as a vector $y$ with $\sum_i y_i = 1$, usually one-hot, and the loss is"
        "\n\n$$ p_i = \\frac{e^{z_i}}{\\sum_{k=1}^C e^{z_k}}, \\qquad E = - \\sum_{i=1}^C y_i \\log p_i $$",
        (r"\frac{\partial E}{\partial z_j} = p_j - y_j",),
        (r"\frac{\partial E}{\partial z_j} = y_j - p_j",),
    ),
    "labels that are rows": Page(
        r"The labels are one-hot rows in $Y \in \mathbb{R}^{N \times C}$, and the loss is"
        "\n\n$$ P_{nc} = \\frac{e^{Z_{nc}}}{\\sum_{k=1}^C e^{Z_{nk}}}, \\qquad "
        "E = - \\frac1N \\sum_{n=1}^N \\sum_{c=1}^C Y_{nc} \\log P_{nc} $$",
        (r"\frac{\partial E}{\partial Z} = \frac1N (P - Y)",),
        (r"\frac{\partial E}{\partial Z} = P - Y",),
    ),
    "a scalar network": Page(
        "With a scalar state $s(t)$ and scalar inputs $u(t)$, and scalar weights $v$ and $w$,\n\n"
        "$$ s(t) = v s(t-1) + w u(t), \\qquad t = 1, \\dots, T, \\qquad s(0) = 0 $$\n\nand $E = \\frac12 s(T)^2$.",
        (r"\frac{\partial s(t)}{\partial s(t-1)} = v",),
        (r"\frac{\partial s(t)}{\partial s(t-1)} = w",),
    ),
    "what an equation ties together": Page(
        r"The displacements $u \in \mathbb{R}^n$ solve"
        "\n\n$$ K u = f $$\n\nwith a symmetric $K \\in \\mathbb{R}^{n \\times n}$. The output is $c = f^\\top u$.",
        (),
        (),
        (r"\frac{\partial c}{\partial f} = 2 u", r"\frac{\partial c}{\partial f} = u"),
    ),
    "what an equation ties together, beside a function": Page(
        r"The displacements $u \in \mathbb{R}^n$ solve" + "\n\n$$ K u = f, $$\n\n"
        r"An output $g = g(u)$ is monitored; $a$ denotes $\partial g / \partial u$."
        r" The special output $c = f^\top u$ is the compliance.",
        (),
        (),
        (r"\frac{\partial c}{\partial f} = 2 u",),
    ),
    "what no equation beside it makes right": Page(
        r"The eigenvalues $\lambda_1, \dots, \lambda_n$ of $A \in \mathbb{R}^{n \times n}$ have eigenvectors"
        " $u_1, \\dots, u_n$.",
        (),
        (),
        (r"\frac{\partial \lambda_i}{\partial A} = u_i u_i^\top", r"u_i^\top A u_i = \lambda_i"),
    ),
    "relations in square brackets": Page(
        r"With $a \in \mathbb{R}^m$, and $[r = s]$ for 1 if $r = s$ and 0 otherwise:"
        "\n\n$$ p_r = \\frac{e^{a_r}}{\\sum_{s=1}^m e^{a_s}} $$",
        (
            r"\frac{\partial p_r}{\partial a_s} = p_r \left( [r = s] - p_s \right)",
            r"\frac{\partial p_r}{\partial a_s} = p_r [r = s] - p_r p_s",
        ),
        (
            r"\frac{\partial p_r}{\partial a_s} = p_s \left( [r = s] - p_s \right)",
            r"\frac{\partial p_r}{\partial a_s} = p_r [r = s] + p_r p_s",
        ),
    ),
    "errors that are negative derivatives": Page(
        STEPS + "\n$$ E = \\frac12 \\sum_{t=1}^T \\|r_t - d_t\\|^2 $$\n\n"
        r"The error of a unit is $\delta_t = -\partial E / \partial z_t$, that of an output $e_t = d_t - r_t$.",
        (
            r"-\frac{\partial E}{\partial s_t} = C^\top e_t + A^\top \delta_{t+1}",
            r"\delta_t = (1 - s_t^2) \odot (C^\top e_t + A^\top \delta_{t+1})",
            r"\frac{\partial E}{\partial A} = -\sum_{t=1}^T \delta_t s_{t-1}^\top",
        ),
        (
            r"\frac{\partial E}{\partial s_t} = C^\top e_t + A^\top \delta_{t+1}",
            r"\frac{\partial E}{\partial A} = \sum_{t=1}^T \delta_t s_{t-1}^\top",
        ),
    ),
    "a gradient that is given with its shape": Page(
        r"With $X \in \mathbb{R}^{d \times n}$ and $W \in \mathbb{R}^{k \times d}$:"
        "\n\n$$ O = W X $$\n\n$$ Y = X + V O $$\n\n"
        r"Let $\varphi$ be a scalar function of $Y$ with gradient $G = \nabla_Y \varphi \in \mathbb{R}^{d \times n}$.",
        (r"\nabla_V \varphi = G O^\top", r"\nabla_O \varphi = V^\top G"),
        (r"\nabla_V \varphi = O G^\top", r"\nabla_O \varphi = V G"),
    ),
    "gradients of numbered layers": Page(
        r"With $W^{[1]}, W^{[2]} \in \mathbb{R}^{n \times n}$ and $X, Y \in \mathbb{R}^{n \times m}$:"
        "\n\n$$ A^{[1]} = \\tanh(W^{[1]} X) $$\n\n$$ A^{[2]} = W^{[2]} A^{[1]} $$\n\n"
        "$$ J = \\frac12 \\|A^{[2]} - Y\\|_F^2 $$\n\n"
        r"I write $dM$ for the derivative $\partial J / \partial M$, whatever the matrix $M$ is.",
        (r"dA^{[2]} = A^{[2]} - Y", r"dA^{[1]} = {W^{[2]}}^\top dA^{[2]}", r"dW^{[2]} = dA^{[2]} {A^{[1]}}^\top"),
        (r"dA^{[2]} = Y - A^{[2]}", r"dA^{[1]} = W^{[2]} dA^{[2]}", r"dW^{[2]} = A^{[1]} {dA^{[2]}}^\top"),
    ),
    "probabilities beside what they are made of": Page(
        r"There are $n$ examples $x_i \in \mathbb{R}^p$ with labels $y_i \in \{-1, +1\}$, a $w \in \mathbb{R}^p$ and"
        " a number $b \\in \\mathbb{R}$.\n\n"
        "$$ \\Pr(y \\mid x) = \\sigma(y (w^\\top x + b)) $$\n\n$$ m_i = y_i (w^\\top x_i + b) $$\n\n"
        "$$ F = \\frac1n \\sum_{i=1}^n \\log(1 + e^{-m_i}) $$\n\n"
        "We collect the $m_i$ and $y_i$ into vectors $m$ and $y$.",
        (
            r"\nabla_w F = -\frac1n \sum_{i=1}^n \sigma(-m_i) y_i x_i",
            r"\frac{\partial F}{\partial b} = -\frac1n \sum_{i=1}^n \sigma(-m_i) y_i",
        ),
        (
            r"\nabla_w F = -\frac1n \sum_{i=1}^n \sigma(m_i) y_i x_i",
            r"\frac{\partial F}{\partial b} = \frac1n \sum_{i=1}^n \sigma(-m_i) y_i",
        ),
        (r"\Pr(y \mid x) = \sigma(y w^\top x)",),
    ),
    "errors with their steps in brackets": Page(
        r"For $t = 1, \dots, T$ and $s(0) = 0$, with $U \in \mathbb{R}^{n \times n}$:"
        "\n\n$$ a_j(t) = \\sum_{h=1}^n u_{jh} s_h(t-1) + x_j(t) $$\n\n$$ s_j(t) = \\tanh(a_j(t)) $$\n\n"
        "$$ C = \\frac12 \\sum_{t=1}^T \\sum_{j=1}^n (s_j(t) - y_j(t))^2 $$\n\n"
        r"The error is $\delta_j(t) = -\partial C / \partial a_j(t)$.",
        (
            r"\frac{\partial C}{\partial u_{jh}} = -\sum_{t=1}^T \delta_j(t) s_h(t-1)",
            r"\delta_j(t) = (1 - s_j(t)^2) (y_j(t) - s_j(t) + \sum_{h=1}^n u_{hj} \delta_h(t+1))",
        ),
        (
            r"\frac{\partial C}{\partial u_{jh}} = -\sum_{t=1}^T \delta_j(t) s_h(t)",
            r"\delta_j(t) = (1 - s_j(t)^2) (y_j(t) - s_j(t) + \sum_{h=1}^n u_{jh} \delta_h(t+1))",
        ),
    ),
    "differentials of what stands in brackets": Page(
        r"With $X, Y \in \mathbb{R}^{n \times n}$:" + "\n\n$$ d(XY) = (dX) Y + X (dY) $$",
        (r"d(X^{-1}) = -X^{-1} (dX) X^{-1}", r"d \|X\|_F^2 = 2 \operatorname{tr}(X^\top dX)"),
        (r"d(X^{-1}) = X^{-1} (dX) X^{-1}", r"d \|X\|_F^2 = 2 \operatorname{tr}(X dX)"),
    ),
    "an upright d": Page(
        r"With $x \in \mathbb{R}^n$ and a number $\varepsilon > 0$:"
        "\n\n$$ s = \\sqrt{x^\\top x + \\varepsilon} $$\n\n$$ y = \\frac{x}{s} $$",
        (r"\mathrm d y = \frac{1}{s} \, \mathrm d x - \frac{1}{s^2} x \, \mathrm d s",),
        (),
        (r"\mathrm d y = \frac{1}{s} \, \mathrm d x",),
    ),
    "a term that a definition in words brings": Page(
        r"The output $y$ is the exponential of the input $x$, and all are numbers: $x, y, p, w \in \mathbb{R}$."
        "\n\n$$ J = p y - w x $$",
        (),
        (),
        (r"\frac{\partial J}{\partial x} = p y - w",),
    ),
    "a sum that words bring": Page(
        r"The points $x_i \in \mathbb{R}^d$ are given, $i = 1, \dots, n$, and the energy adds up what each has,"
        "\n\n$$ E = \\frac12 \\|x_i\\|^2 $$",
        (),
        (),
        (r"\nabla_{x_i} E = \sum_{i=1}^n x_i",),
    ),
    "a derivative that has a name": Page(
        r"With $W \in \mathbb{R}^{n \times n}$, $u, v \in \mathbb{R}^n$ and $g = \partial E / \partial x$:"
        "\n\n$$ x = W v $$\n\n$$ E = \\frac12 \\|x\\|^2 + u^\\top x $$",
        (r"\frac{\partial E}{\partial W} = g v^\top", r"g = x + u"),
        (r"\frac{\partial E}{\partial W} = v g^\top", r"g = x - u"),
        (r"\frac{\partial E}{\partial x} = u",),  # that it is g says nothing
    ),
    "relations between letters that are no symbols": Page(
        r"With $a \in \mathbb{R}^n$:"
        "\n\n$$ s_i = \\sum_{j=1}^n [j \\le i] a_j $$\n\n$$ u_i = \\sum_{j=1}^n [j \\neq i] a_j $$",
        (
            r"\frac{\partial s_i}{\partial a_j} = [j \leq i]",
            r"\frac{\partial s_i}{\partial a_j} = [i \ge j]",
            r"\frac{\partial u_i}{\partial a_j} = 1 - [i = j]",
        ),
        (
            r"\frac{\partial u_i}{\partial a_j} = 1 + [i = j]",
            r"\frac{\partial u_i}{\partial a_j} = -[i \neq j]",
            r"\frac{\partial s_i}{\partial a_j} = -[j \le i]",
        ),
    ),
}
