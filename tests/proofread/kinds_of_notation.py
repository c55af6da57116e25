"""True and false equations in the notations that authors use: by kinds, each of which went wrong once."""

from tests.proofread.kinds import (
    CELL,
    CROSS_ENTROPY,
    FILTER,
    NETWORK,
    SOFTMAX,
    VECTORS,
    Kind,
)

JACOBIAN = r"\frac{\partial p_i}{\partial a_k} = "
SLOPE = r"\frac{\partial \ell}{\partial a} = "
DESCENT = Kind(
    VECTORS,
    [r"\ell = \lambda \|M a\|^2"],
    true=[SLOPE + r"2 \lambda M^\top M a"],
    false=[SLOPE + r"2 M^\top M a"],
)
LAYERS = """
sizes = { a = 'm', b = 'n', c = 'p' }
symbols = { x = 'a', 'V^{(1)}' = 'b a', 'V^{(2)}' = 'c b' }
"""
UNEQUAL = VECTORS.replace('R = "columns columns"', 'R = "rows columns"')

NOTATIONS = {
    "e is an error": Kind(
        VECTORS,
        ["e = M a - r", r"\ell = e^\top e"],
        true=[SLOPE + r"2 M^\top e", r"\frac{\partial \ell}{\partial r} = -2 e"],
        false=[SLOPE + "2 M e", r"\frac{\partial \ell}{\partial r} = 2 e"],
    ),
    "numbers in names": Kind(
        LAYERS,
        [r"g = \tanh(V^{(1)} x)", "o = V^{(2)} g"],
        true=[
            r"\frac{\partial o}{\partial g} = V^{(2)}",
            r"\frac{\partial o_i}{\partial x_j} = V^{(2)}_{ik} (1 - g_k^2) V^{(1)}_{kj}",
        ],
        false=[
            r"\frac{\partial o_i}{\partial x_j} = V^{(2)}_{ik} V^{(1)}_{kj}",
            r"\frac{\partial o}{\partial g} = V^{(1)}",
            r"\frac{\partial o}{\partial x} = V^{(1)} V^{(2)}",
        ],
        unread=[r"\frac{\partial o}{\partial g} = V"],
    ),
    "differentials": Kind(
        VECTORS,
        ["z = M a", r"q = a^\top S a"],
        true=[r"dz = dM\, a + M\, da", r"dz = M\, da", r"dq = a^\top (S + S^\top)\, da"],
        false=[r"dz = 2 M\, da", r"dz = M\, a\, da", r"dq = 2 a^\top S\, da", r"dz = dM\, a - M\, da"],
    ),
    "a loss with its argument": Kind(
        VECTORS,
        [r"f(a) = a^\top S a"],
        true=[
            r"\nabla f(a) = (S + S^\top) a",
            r"f(a) = a_i S_{ij} a_j",
            r"\frac{\partial f(a)}{\partial a} = (S + S^\top) a",
        ],
        false=[r"\nabla f(a) = 2 S a", r"f(a) = a^\top S^\top S a", r"\frac{\partial f(a)}{\partial a} = S a"],
    ),
    "a function": Kind(
        VECTORS,
        [r"g(x) = x^2 + \sin x"],
        true=[
            r"g(2 \lambda) = 4 \lambda^2 + 2 \sin \lambda \cos \lambda",
            r"g'(\lambda) = 2 \lambda + \cos \lambda",
            r"g''(\mu) = 2 - \sin \mu",
            r"\frac{d}{d\lambda} g(\lambda^2) = 2 \lambda g'(\lambda^2)",
        ],
        false=[
            r"g(2 \lambda) = 4 g(\lambda)",
            r"g'(\lambda) = 2 \lambda - \cos \lambda",
            r"g(\lambda + \mu) = g(\lambda) + g(\mu)",
            r"\frac{d}{d\lambda} g(\lambda^2) = g'(\lambda^2)",
        ],
    ),
    "a layer with its argument": Kind(
        VECTORS,
        [r"z(a) = M a"],
        true=[r"z(a) = M a", r"\frac{\partial z}{\partial a} = M"],
        false=[r"z(a) = 3 M a", r"\frac{\partial z}{\partial a} = M^\top M"],
    ),
    "a function of two": Kind(
        VECTORS,
        [r"f(x, y) = x y + y"],
        true=[
            r"f(\lambda, \mu) - f(\mu, \lambda) = \mu - \lambda",
            r"\frac{\partial f(\lambda, \mu)}{\partial \mu} = \lambda + 1",
        ],
        false=[r"f(\lambda, \mu) = f(\mu, \lambda)", r"\frac{\partial f(\lambda, \mu)}{\partial \mu} = \lambda"],
    ),
    "a bracket behind a number": Kind(
        VECTORS,
        [r"\ell = a^\top b"],
        false=[r"\lambda (a) = \lambda (b)", r"2 \lambda (r_1) = 2 \lambda (r_2)"],
        unfound=[r"2 \ell(a) = 2 \ell(b)"],
    ),
    "adjoint bars": Kind(
        VECTORS,
        [
            "z = M a",
            r"\ell = \frac12 z^\top z",
            r"\bar{z} = \frac{\partial \ell}{\partial z}",
            r"\bar{a} = \frac{\partial \ell}{\partial a}",
            r"\bar{M} = \frac{\partial \ell}{\partial M}",
        ],
        true=[r"\bar{M} = \bar{z} a^\top", r"\bar{a} = M^\top \bar{z}", r"\bar{z} = z"],
        false=[r"\bar{M} = a \bar{z}^\top", r"\bar{a} = \bar{z}", r"\bar{a} = a", r"\bar{M} = M"],
    ),
    "a function with a size": Kind(
        VECTORS,
        [r"f(z) = \frac{z}{m}", "a_i = 1/n"],
        true=[r"f(\lambda + \mu) = f(\lambda) + f(\mu)", r"f(m \lambda) = \lambda"],
        false=[r"f(\lambda) = \lambda", r"f(m) = m"],
    ),
    "dropped sums": Kind(
        VECTORS,
        [r"z_i = \sum_k M_{ik} a_k", r"\ell = \sum_i z_i^2"],
        true=[
            r"\frac{\partial \ell}{\partial a_k} = 2 z_i M_{ik}",
            r"a^\top b = a_i b_i",
            r"\log \prod_i a_i = \sum_i \log a_i",
        ],
        false=[
            r"\frac{\partial \ell}{\partial a_k} = 2 M_{ik}",
            r"a^\top b = a_i",
            r"\log \prod_i a_i = \log a_i",
            r"\sum_i \sum_j a_i b_j = a_i b_i",
            r"\frac{\partial \ell}{\partial M_{ik}} = 2 z_j a_k",
        ],
    ),
    "products of vectors": Kind(
        VECTORS,
        CROSS_ENTROPY,
        true=[
            r"a \cdot b = b^\top a",
            r"\ell = -c \log p",
            r"\mathbf{1}^\top a = \sum_i a_i",
            r"\operatorname{diag}(a) b = a \odot b",
            r"a \otimes b = a b^\top",
            r"\operatorname{tr}(a b^\top) = a^\top b",
            r"\langle a, S b \rangle = \langle S^\top a, b \rangle",
        ],
        false=[
            r"\operatorname{diag}(a) b = a^\top b",
            r"a \otimes b = b a^\top",
            r"\mathbf{1}^\top a = n \sum_i a_i",
            r"\ell = -p \log c",
            r"\langle a, S b \rangle = \langle S a, b \rangle",
            r"\operatorname{tr}(S R) = \operatorname{tr}(S) \operatorname{tr}(R)",
        ],
        unread=[
            r"S_{ij}^{-1} S_{jk} = \delta_{ik}",
            r"(S \otimes R)^\top = S^\top \otimes R^\top",
            r"a \times b = -b \times a",
        ],
    ),
    "silent steps": Kind(
        CELL,
        [r"E_t = \frac12 \|h_t - y_t\|^2"],
        true=[r"\frac{\partial E_t}{\partial h_t} = h - y", r"\frac{\partial E_t}{\partial h_{t,i}} = h_i - y_i"],
        false=[r"\frac{\partial E_t}{\partial h_t} = y - h", r"\frac{\partial E_t}{\partial h_{t,i}} = h_i"],
    ),
    "labels": Kind(
        VECTORS,
        [r"\text{Define } z = M a", r"\text{(Energy) } \ell = \tfrac12 z^\top z"],
        true=[rf"\text{{Hence }} {SLOPE} M^\top z", r"\text{Therefore } \frac{\partial \ell}{\partial M} = z a^\top"],
        false=[rf"\text{{Hence }} {SLOPE} M^\top a", r"\text{Thus, } \frac{\partial \ell}{\partial M} = a z^\top"],
    ),
    "an update": DESCENT._replace(after=[r"a \leftarrow a - \lambda g"]),
    "an update that is written as an equation": DESCENT._replace(after=[rf"a = a - \lambda {SLOPE[:-3]}"]),
    "an update of the step": DESCENT._replace(after=[r"\lambda := 0.9 \lambda"]),
    "a definition restated": Kind(
        NETWORK,
        [r"h_t = \tanh(Q u_t + R h_{t-1})"],
        true=[
            r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) R",
            r"\frac{\partial h_t}{\partial z_t} = \operatorname{diag}(1 - h_t^2)",
            r"\frac{\partial E}{\partial Q} = \sum_t \frac{\partial E}{\partial z_t} u_t^\top",
        ],
        false=[
            r"\frac{\partial h_t}{\partial h_{t-1}} = R \operatorname{diag}(1 - h_t^2)",
            r"\frac{\partial h_t}{\partial z_t} = \operatorname{diag}(h_t - h_t^2)",
        ],
    ),
    "a line that is not read": Kind(
        VECTORS,
        [r"\ell = b^\top S a", r"S = \bogus{X}"],
        true=[SLOPE + r"S^\top b"],
        false=[SLOPE + "S b"],
    ),
    "plain words": Kind(
        VECTORS,
        [r"p = softmax(a)"],
        true=[
            r"exp(\lambda + \mu) = exp(\lambda) exp(\mu)",
            r"p_i = \frac{\text{exp}(a_i)}{\sum_j \text{exp}(a_j)}",
            r"\frac12 + \frac12 tanh(\lambda) = sigmoid(2 \lambda)",
            r"M^{\mathrm T} r = M^\mathsf{T} r",
        ],
        false=[
            r"exp(\lambda + \mu) = exp(\lambda) + exp(\mu)",
            r"p_i = \frac{\text{exp}(a_i)}{\sum_j \text{exp}(a_j + a_i)}",
            r"\frac12 + \frac12 tanh(\lambda) = sigmoid(\lambda)",
        ],
    ),
    "limits of sums": Kind(
        VECTORS,
        ["z = S a"],
        true=[
            r"\sum_{k \ne i} a_k = \sum_k a_k - a_i",
            r"\sum_{i=2}^{n} a_i = \sum_i a_i - a_1",
            r"\sum_{i=0}^{n-1} a_i = \sum_i a_i",
            r"\sum_{i=1}^n \sum_{j=1}^n a_i a_j = (\sum_i a_i)^2",
        ],
        false=[
            r"\sum_{k \ne i} a_k = \sum_k a_k - a_i^2",
            r"\sum_{i=2}^{n} a_i = \sum_i a_i",
            r"\sum_{i=0}^{n-1} a_i = \sum_i a_i - a_1",
            r"\sum_{j=1}^{n} S_{ji} a_j = z_i",
            r"\sum_{j \neq i} S_{ij} a_j = z_i",
        ],
        unread=[
            r"\sum_{i < j} a_i a_j = \frac12 (\sum_i a_i)^2 - \frac12 \sum_i a_i^2",
            r"z_i = \sum_{j \le i} S_{ij} a_j + \sum_{j > i} S_{ij} a_j",
        ],
    ),
    "long names": Kind(
        VECTORS + "ERR = ''\n",
        [r"ERR = \sum_i (a_i - b_i)^2", r"\text{total} = \lambda ERR"],
        true=[
            r"\frac{\partial ERR}{\partial a_i} = 2 (a_i - b_i)",
            r"\frac{\partial \text{total}}{\partial a_i} = 2 \lambda (a_i - b_i)",
            r"{\bf S a} = \bf{S} \bf{a}",
        ],
        false=[
            r"\frac{\partial ERR}{\partial a_i} = 2 (b_i - a_i)",
            r"\frac{\partial \text{total}}{\partial a_i} = 2 (a_i - b_i)",
        ],
    ),
    "letters that number vectors": Kind(
        UNEQUAL,
        [r"J = M_i^\top R_j"],
        true=[r"\frac{\partial J}{\partial R_j} = M_i"],
        false=[r"\frac{\partial J}{\partial R_j} = M_j", r"\frac{\partial J}{\partial R_j} = R_j"],
    ),
    "time as an argument": Kind(
        FILTER,
        [r"s(t) = \tanh(\lambda s(t-1) + u(t))"],
        true=[
            r"s(t) = s_t",
            r"\frac{\partial s(t)}{\partial u(t)} = 1 - s(t)^2",
            r"s[t] = \tanh(\lambda s[t-1] + u[t])",
        ],
        false=[
            r"s(t) = s_{t-1}",
            r"\frac{\partial s(t)}{\partial u(t)} = 1 - s(t-1)^2",
            r"s(t) = \tanh(\lambda s(t) + u(t))",
        ],
    ),
    "indices in brackets": Kind(
        VECTORS,
        ["r = M a"],
        true=[r"r[i] = \sum_k M[i,k] a[k]", r"r_{[i]} = M_{[i,k]} a_{[k]}", r"r_i = M_{i:} a", r"M_{:k} a_k = r"],
        false=[r"r[i] = \sum_k M[k,i] a[k]", r"r_i = M_{:i} a", r"r[i] = \sum_k M[i,k]"],
    ),
    "a point": Kind(
        VECTORS,
        [r"f(x) = x^3"],
        true=[
            r"\left.\frac{d\tanh}{dz}\right|_{z=\lambda} = 1 - \tanh^2 \lambda",
            r"\frac{df}{dx}\Big|_{x = 2 \lambda} = 12 \lambda^2",
            r"\frac{df}{dx} = 3 x^2",
        ],
        false=[
            r"\left.\frac{d\tanh}{dz}\right|_{z=\lambda} = 1 - \tanh^2 \mu",
            r"\frac{df}{dx}\Big|_{x = 2 \lambda} = 3 \lambda^2",
            r"\frac{df}{dx} = 3 x",
        ],
    ),
    "cases and indicators": Kind(
        VECTORS,
        SOFTMAX,
        true=[
            JACOBIAN + r"p_i (\mathbb{1}[i = k] - p_k)",
            JACOBIAN + r"\begin{cases} p_i - p_i^2 & \text{for } i = k \\ -p_i p_k & \text{else} \end{cases}",
            r"|\lambda| = \begin{cases} \lambda & \lambda \ge 0 \\ -\lambda & \lambda < 0 \end{cases}",
        ],
        false=[
            JACOBIAN + r"p_i (\mathbb{1}[i \ne k] - p_k)",
            JACOBIAN + r"\begin{cases} p_i - p_i^2 & \text{for } i = k \\ p_i p_k & \text{else} \end{cases}",
            r"|\lambda| = \begin{cases} \lambda & \lambda \ge 0 \\ \lambda & \lambda < 0 \end{cases}",
        ],
    ),
    "a chain across displays": Kind(
        VECTORS,
        ["z = M a", r"\frac{\partial (z^\top z)}{\partial a} = 2 M^\top z"],
        true=[r"= 2 M^\top M a"],
        false=[r"= 2 M M^\top a", r"= M^\top M a"],
    ),
    "limits in several lines": Kind(
        VECTORS,
        [*SOFTMAX, r"q = \sum_i b_i p_i"],
        true=[
            r"\frac{\partial q}{\partial a_j} = p_j \sum_{\substack{i=1 \\ i \neq j}}^{n} p_i (b_j - b_i)",
            r"\frac{\partial q}{\partial a_j} = p_j \sum_{\substack{i=1 \\ j \neq i}}^{n} p_i (b_j - b_i)",
            r"p_j \sum_{\substack{i=1 \\ j \neq i}}^{n} p_i (b_j - b_i) = \frac{\partial q}{\partial a_j}",
        ],
        false=[
            r"\frac{\partial q}{\partial a_j} = p_j \sum_{\substack{i=1 \\ i \neq j}}^{n} p_i (b_i - b_j)",
            r"\frac{\partial q}{\partial a_j} = p_j \sum_{\substack{i=1 \\ i \neq j}}^{n} p_i b_j",
        ],
    ),
    "an index beside a derivative": Kind(
        VECTORS,
        [r"f = a_i S_{ij} a_j"],
        true=[r"a_i \frac{\partial f}{\partial a_i} = 2 f", r"\frac{\partial f}{\partial a_i} a_i = 2 f"],
        false=[r"a_i \frac{\partial f}{\partial a_i} = f", r"a_i \frac{\partial f}{\partial a_i} = 2 a_i f"],
    ),
    "ones of a size": Kind(
        VECTORS,
        ["g = M a"],
        true=[
            r"\sum_i g_i = \mathbf{1}_m^\top M a",
            r"M \mathbf{1}_n b^\top = M \mathbf{1} b^\top",
        ],
        false=[r"\sum_i g_i = 2\, \mathbf{1}_m^\top M a"],
    ),
    "differentials in a trace": Kind(
        VECTORS,
        ["Z = M S", r"P = \tanh(Z)", r"\ell = \frac{1}{2} \operatorname{tr}(Z^\top Z)"],
        true=[
            r"d\ell = \operatorname{tr}(Z^\top dZ)",
            r"\operatorname{tr}(M^\top dZ) = \operatorname{tr}(M^\top dM\, S) + \operatorname{tr}(M^\top M\, dS)",
            r"dP = (1 - P \odot P) \odot dZ",
        ],
        false=[
            r"d\ell = 2 \operatorname{tr}(Z^\top dZ)",
            r"\operatorname{tr}(M^\top dZ) = \operatorname{tr}(M^\top dM\, S) - \operatorname{tr}(M^\top M\, dS)",
        ],
    ),
    "a differential or a gradient": Kind(  # in code dM is the gradient by M
        VECTORS,
        [r"\ell = \lambda a^\top a", "Z = M S"],
        unread=[r"dM = dZ S^\top"],
        unfound=["dM = dZ S", "dS = M dZ"],
    ),
    "0 or 1": Kind(
        VECTORS,
        ["z_i = 2 c_i - 1", r"\ell_i = \log(1 + e^{a_i}) - c_i a_i"],
        true=[r"\frac{\partial \ell_i}{\partial a_i} = -\frac{2 c_i - 1}{1 + e^{z_i a_i}}", "c_i^2 = c_i"],
        false=[
            r"\frac{\partial \ell_i}{\partial a_i} = -\frac{2 c_i - 1}{1 + e^{-z_i a_i}}",
            "c_i^2 = 2 c_i",
            "1 + c_i = 2",
        ],
        prose=r"The outcome is $c_i \in \{0, 1\}$.",
    ),
    "minus 1 or 1": Kind(
        VECTORS,
        true=["c_i + c_i^3 = 2 c_i", r"c_i |c_i| = c_i"],
        false=["1 + c_i = 2", "c_i^2 = c_i"],
        prose=r"A label is one of two: $c \in \{-1, 1\}^n$.",
    ),
    "neither 0 nor 1": Kind(VECTORS, false=["c_i^2 = c_i", "c_i + c_i^3 = 2 c_i"]),
    "what is made of its variable, held fixed": Kind(
        VECTORS,
        [r"q = \sum_k e^{a_k}", r"p_i = \frac{e^{a_i}}{q}"],
        true=[r"\frac{\partial p_i}{\partial a_i} = \frac{e^{a_i} \sum_{k \neq i} e^{a_k}}{q^2}"],
        unread=[r"\frac{\partial p_i}{\partial a_i} = p_i"],  # with q held fixed, which the text does not say
        false=[r"\frac{\partial p_i}{\partial a_i} = 2 p_i"],
    ),
    "what is made of its variable, held fixed elsewhere": Kind(
        VECTORS,
        [r"q = \sum_k e^{a_k}", r"p_i = \frac{e^{a_i}}{q}"],
        true=[r"\frac{\partial p_i}{\partial a_i} = p_i"],
        false=[r"\frac{\partial p_i}{\partial a_i} = 2 p_i"],
        after=[r"\frac{\partial p_i}{\partial q} = -\frac{p_i}{q}"],
    ),
    "what the sentence before holds fixed": Kind(
        NETWORK,
        true=[r"\frac{\partial h_t}{\partial R} = \frac{\partial^+ h_t}{\partial R}"],
        false=[r"\frac{\partial h_t}{\partial R} = 2 \frac{\partial^+ h_t}{\partial R}"],
        prose="With $h_{t-1}$ held fixed,",
    ),
    "what nothing holds fixed": Kind(
        NETWORK, false=[r"\frac{\partial h_t}{\partial R} = \frac{\partial^+ h_t}{\partial R}"]
    ),
    "what the prose defines": Kind(
        VECTORS,
        [r"\ell = \frac{1}{2} \|g\|^2"],
        true=[r"\frac{\partial \ell}{\partial a} = M^\top g", r"\phi'(\lambda) = 2 \lambda"],
        false=[r"\frac{\partial \ell}{\partial a} = 2 M^\top g", r"\phi'(\lambda) = \lambda"],
        prose=r"Let $g = M a$ and $\phi(u) = u^2$.",
    ),
    "an example of a function": Kind(
        VECTORS, unfound=[r"\phi'(\lambda) = 2 \lambda"], prose=r"Let $\phi$ be smooth, for example $\phi(u) = u^2$."
    ),
    "a sum that cannot be used, and its terms": Kind(
        CELL.replace("y = {", "E = { axes = '', time = true }\ny = {"),
        [r"E_t = \frac{1}{2} \|h_t - y_t\|^2", r"E = \sum_{t \mid 7} E_t"],
        unread=[r"\frac{\partial E}{\partial h_t} = h_t - y_t"],
        unfound=[r"\frac{\partial E}{\partial h_t} = y_t - h_t"],
    ),
}
