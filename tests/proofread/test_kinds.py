"""True and false equations about derivatives, losses and what is stated: by kinds, each of which went wrong once."""

import pytest

from tests.proofread.kinds import (
    CELL,
    CROSS_ENTROPY,
    FILTER,
    FOUND,
    ROWS,
    SOFTMAX,
    VECTORS,
    Kind,
    judge,
    list_equations,
)
from tests.proofread.kinds_of_notation import DESCENT, JACOBIAN, NOTATIONS

SQUARE = (r"\ell = \frac{\lambda}{2} \|M a - r\|^2",)
SLOPE = r"\frac{\partial \ell}{\partial a} = "
BY = r"\frac{\partial E}{\partial %s}"
CALL = r"f(\lambda, v)"
HELD = rf"\frac{{\partial {CALL}}}{{\partial \lambda}}"
SHAPED = rf"\frac{{\partial {CALL}}}{{\partial v}}"
NET = (r"z_t = R h_{t-1} + Q u_t", r"h_t = \tanh(z_t)")
TOTAL, TERM = r"E = \sum_t E_t", r"E_t = \frac12 \|h_t - y_t\|^2"
STATE = r"g_t = \frac{\partial E}{\partial h_t}"
THROUGH_TIME = Kind(
    CELL,
    true=[
        r"\frac{\partial E}{\partial Q} = \sum_t (g_t \odot (1 - h_t^2)) u_t^\top",
        r"\frac{\partial E}{\partial R} = \sum_t (g_t \odot (1 - h_t^2)) h_{t-1}^\top",
        r"g_t = h_t - y_t + R^\top (g_{t+1} \odot (1 - h_{t+1}^2))",
    ],
    false=[
        r"\frac{\partial E}{\partial Q} = \sum_t g_t u_t^\top",
        r"\frac{\partial E}{\partial R} = \sum_t (g_t \odot (1 - h_t^2)) h_t^\top",
        r"g_t = h_t - y_t + R (g_{t+1} \odot (1 - h_{t+1}^2))",
        r"g_t = h_t - y_t",
    ],
)

KINDS = {
    "scope of derivatives": Kind(
        VECTORS,
        true=[
            r"\nabla_a a^\top S^\top S a = 2 S^\top S a",
            r"\nabla_a \log(1 + a^\top a) = \frac{2 a}{1 + a^\top a}",
            r"\nabla_a (b^\top a)(c^\top a) = (c^\top a) b + (b^\top a) c",
            r"\frac{\partial}{\partial \lambda} \lambda a^\top a \lambda = 2 \lambda a^\top a",
            r"\nabla_a \frac{1}{2\lambda} \|a - b\|^2 = \frac{1}{\lambda} (a - b)",
            r"\nabla_M r^\top M a = r a^\top",
            r"\frac{\partial^2}{\partial a_i \partial a_j} a^\top S a = S_{ij} + S_{ji}",
            r"\prod_i a_i \prod_i b_i = \prod_j b_j a_j",
            r"\nabla_a (a - b)^\top S (a - b) = (S + S^\top)(a - b)",
            r"\nabla_a \log \sum_i e^{a_i} = \operatorname{softmax}(a)",
            r"\nabla_S \log \det S = S^{-\top}",
        ],
        false=[
            r"\nabla_a a^\top S^\top S a = S^\top S a",
            r"\nabla_a (b^\top a)(c^\top a) = (c^\top a) b",
            r"\frac{\partial}{\partial \lambda} \lambda a^\top a \lambda = a^\top a \lambda",
            r"\nabla_a \frac{1}{2\lambda} \|a - b\|^2 = 0",
            r"\nabla_M r^\top M a = a r^\top",
            r"\frac{\partial^2}{\partial a_i \partial a_j} a^\top S a = S_{ij}",
            r"\prod_i a_i \prod_i b_i = \prod_j b_j + a_j",
            r"\nabla_a (a - b)^\top S (a - b) = S (a - b)",
            r"\nabla_a \log \sum_i e^{a_i} = e^a",
            r"\nabla_S \log \det S = S^{-1}",
        ],
        unread=[r"\exp(-\lambda/2\mu) = \exp(-\frac{\lambda}{2\mu})", r"\log \lambda \mu = \log(\lambda \mu)"],
    ),
    "λ = 2 later": Kind(
        VECTORS,
        SQUARE,
        true=[SLOPE + r"\lambda M^\top (M a - r)"],
        false=[SLOPE + r"2 M^\top (M a - r)"],
        after=[r"\lambda = 2"],
    ),
    "r = 0 later": Kind(VECTORS, SQUARE, false=[SLOPE + r"\lambda M^\top M a"], after=["r = 0"]),
    "M = 0 later": Kind(VECTORS, SQUARE, false=[SLOPE + "0"], after=["M = 0"]),
    "a = b later": Kind(VECTORS, SQUARE, false=[SLOPE + r"\lambda M^\top (M b - r)"], after=["a = b"]),
    "λ = μ later": Kind(VECTORS, SQUARE, false=[SLOPE + r"\mu M^\top (M a - r)"], after=[r"\lambda = \mu"]),
    "conditions": Kind(
        VECTORS,
        SOFTMAX,
        true=[
            r"\frac{\partial p_k}{\partial a_i} = -p_i p_k, \quad k \neq i",
            r"a_i b_j = a_j b_i, \quad i = j",
            r"\frac{\partial \log p_i}{\partial a_j} = 1 - p_j \quad \text{if } i = j",
            r"\frac{\partial \log p_i}{\partial a_j} = -p_j \quad \text{whenever } j \neq i",
            r"a^\top S b = b^\top S a \quad \text{for symmetric } S",
            r"S^\top S a = a \quad \text{as } S \text{ is orthogonal}",
        ],
        false=[
            r"a_i b_j = a_j b_i, \quad i \neq j",
            r"\frac{\partial \log p_i}{\partial a_j} = -p_j \quad \text{if } i = j",
            r"\frac{\partial \log p_i}{\partial a_j} = p_j, \quad i \neq j",
            r"\frac{\partial p_k}{\partial a_i} = -p_i p_i, \quad k \neq i",
            r"\frac{\partial p_k}{\partial a_i} = -p_i p_k",
            r"a^\top S b = 2 b^\top S a \quad \text{for symmetric } S",
            r"a^\top S b = b^\top S a \quad \text{for } S \text{ not symmetric}",
            r"S S a = a \quad \text{as } S \text{ is orthogonal}",
            r"a_i b_1 = a_1 b_i, \quad i = 1, \ldots, n",
        ],
        unread=[
            r"\lambda \mu = \mu^2 \quad \text{if } \lambda = \mu",
            r"S S a = a \quad \text{as } S \text{ is an involution}",
        ],
        unfound=[r"\lambda \mu = 2 \mu^2 \quad \text{if } \lambda = \mu"],
    ),
    "a value behind a definition that is not read": Kind(
        VECTORS,
        [r"\ell = b^\top S a", r"S = \bogus{X}"],
        true=[SLOPE + r"S^\top b"],
        false=[SLOPE + "S b"],
        after=["S = I"],
    ),
    "all sizes": Kind(
        VECTORS,
        true=[r"\prod_i \exp(a_i) = \exp(\sum_i a_i)", r"\prod_i (\lambda a_i) \prod_i b_i = \prod_i \lambda a_i b_i"],
        false=[
            r"\prod_i (1 + a_i) = 1 + \sum_i a_i",
            r"\prod_i (1 + a_i) = 1 + \sum_i a_i + \frac12 (\sum_i a_i)^2 - \frac12 \sum_i a_i^2",
            r"\prod_i (1 + a_i) = 1 + \sum_i a_i + \frac12 (\sum_i a_i)^2 - \frac12 \sum_i a_i^2"
            r" + \frac16 (\sum_i a_i)^3 - \frac12 (\sum_i a_i)(\sum_i a_i^2) + \frac13 \sum_i a_i^3",
            r"n a = 2 a",
        ],
        unfound=[r"a_1 = a_n"],
    ),
    "columns": Kind(
        VECTORS,
        ["g = S a"],
        true=[
            r"(S a)^\top = a^\top S^\top",
            r"a b^\top c = a (b^\top c)",
            r"g^\top b = a^\top S^\top b",
            r"\frac{\partial g^\top b}{\partial a} = b^\top S",
            r"\frac{\partial g^\top b}{\partial a} = S^\top b",
        ],
        false=[
            r"a^\top = S a",
            r"S b^\top = S b",
            r"a b^\top = b a^\top",
            r"a^\top S = S a",
            r"(a b^\top) c^\top = a (b^\top c)",
            r"\frac{\partial g^\top b}{\partial a} = b S",
        ],
    ),
    "rows": Kind(
        ROWS,
        ["g = a S"],
        true=[r"g^\top = S^\top a^\top", r"a b^\top = b a^\top", r"\frac{\partial g b^\top}{\partial a} = b S^\top"],
        false=[r"g = S a", r"g = a S^\top", r"a^\top b = b^\top a", r"\frac{\partial g b^\top}{\partial a} = b S"],
    ),
    "something held fixed": Kind(
        "defaults = ['f(x, y) = x y^2']\n" + VECTORS,
        [r"v = \sin \lambda", "w = " + CALL],
        true=[
            HELD + " = v^2",
            rf"\frac{{dw}}{{d\lambda}} = {HELD} + {SHAPED} \cos \lambda",
            r"\frac{dw}{d\lambda} = v^2 + 2 \lambda v \cos \lambda",
        ],
        false=[HELD + " = 2 v^2", rf"\frac{{dw}}{{d\lambda}} = {HELD} + \cos \lambda", SHAPED + r" = \lambda v"],
    ),
    "a sum held fixed": Kind(
        VECTORS,
        [r"Z = \sum_i e^{a_i}", r"p_i = \frac{e^{a_i}}{Z}", r"\ell = \sum_i c_i p_i"],
        true=[
            r"\frac{\partial p_i}{\partial a_j} = \delta_{ij} p_i - p_i p_j",
            r"\frac{\partial p_i}{\partial Z} = -\frac{p_i}{Z}",
            r"\frac{\partial \ell}{\partial a_j} = p_j (c_j - \ell)",
        ],
        unread=[r"\frac{\partial p_i}{\partial a_j} = \delta_{ij} p_i"],  # where ∂/∂Z stands nowhere
        false=[
            r"\frac{\partial p_i}{\partial a_j} = 2 \delta_{ij} p_i",
            r"\frac{\partial p_i}{\partial Z} = \frac{p_i}{Z}",
            r"\frac{\partial \ell}{\partial a_j} = p_j (c_j + \ell)",
        ],
    ),
    "a loss defined nowhere": Kind(
        VECTORS,
        [r"z = M a + r", r"g = \tanh(z)"],
        true=[
            rf"{BY % 'M'} = {BY % 'z'} a^\top",
            rf"{BY % 'z'} = {BY % 'g'} \odot (1 - g \odot g)",
            rf"{BY % 'z_i'} = {BY % 'g_i'} (1 - g_i^2)",
            rf"{BY % 'r'} = {BY % 'z'}",
            rf"{BY % 'a_j'} = \sum_i {BY % 'z_i'} M_{{ij}}",
        ],
        false=[
            rf"{BY % 'M'} = a {BY % 'z'}^\top",
            rf"{BY % 'M'} = 3 {BY % 'z'} a^\top",
            rf"{BY % 'z'} = {BY % 'g'} \odot (1 - g)",
            rf"{BY % 'a_j'} = \sum_i {BY % 'z_i'} M_{{ji}}",
            rf"{BY % 'z_i'} = {BY % 'g_i'}",
            rf"{BY % 'r'} = {BY % 'g'}",
        ],
        unfound=[rf"{BY % 'z'} = 0", r"\frac{\partial^2 E}{\partial a_i \partial a_j} = 0"],
    ),
    "a loss ahead of its terms": THROUGH_TIME._replace(before=[TOTAL, *NET, TERM, STATE]),
    "a loss behind all else": THROUGH_TIME._replace(before=[STATE, TERM, *NET[::-1], TOTAL]),
    "what is 0 on both sides": Kind(
        VECTORS,
        ["z = M a"],
        unfound=[
            r"\frac{\partial a}{\partial \lambda} = 3 \frac{\partial b}{\partial \lambda}",
            r"\frac{\partial z}{\partial b} = 7 \frac{\partial z}{\partial c}",
            r"\frac{\partial \lambda}{\partial \mu} = 5 \frac{\partial \mu}{\partial \lambda}",
        ],
    ),
    "one-hot targets": Kind(
        VECTORS,
        CROSS_ENTROPY,
        true=[r"\frac{\partial \ell}{\partial a} = p - c"],
        false=[r"\frac{\partial \ell}{\partial a} = c - p", r"\frac{\partial \ell}{\partial a} = p"],
        prose="The target $c$ is one-hot.",
    ),
    "targets of any sum": Kind(
        VECTORS,
        CROSS_ENTROPY,
        true=[r"\frac{\partial \ell}{\partial a} = p \sum_i c_i - c"],
        unfound=[r"\frac{\partial \ell}{\partial a} = p - c"],  # right if c sums to 1: few texts say it
    ),
    "few steps": Kind(
        FILTER,
        [r"s_t = \lambda s_{t-1} + u_t"],
        true=[
            r"\frac{\partial s_t}{\partial s_{t-4}} = \lambda^4",
            r"s_t = u_t + \lambda u_{t-1} + \lambda^2 u_{t-2} + \lambda^3 s_{t-3}",
            r"\frac{\partial s_t}{\partial u_{t-2}} = \lambda^2",
            r"\frac{\partial s_t}{\partial \lambda} = s_{t-1} + \lambda \frac{\partial s_{t-1}}{\partial \lambda}",
            r"\frac{\partial s_t}{\partial s_{t-5}} = \prod_{k=t-4}^{t} \frac{\partial s_k}{\partial s_{k-1}}",
        ],
        false=[
            r"\frac{\partial s_t}{\partial s_{t-4}} = \lambda^3",
            r"s_t = u_t + \lambda u_{t-1} + \lambda^2 u_{t-2}",
            r"s_t = u_t + \lambda u_{t-1} + \lambda^2 u_{t-2} + \lambda^3 u_{t-3}",
            r"\frac{\partial s_t}{\partial u_{t-2}} = \lambda",
            r"\frac{\partial s_t}{\partial \lambda} = s_{t-1} + \lambda s_{t-2} + \lambda^2 s_{t-3}",
        ],
    ),
    "a variance": Kind(
        VECTORS,
        [r"s^2 = \frac1n \sum_i a_i^2"],
        true=[r"\frac{\partial s^2}{\partial a_j} = \frac2n a_j", r"\frac{\partial s}{\partial a_j} = \frac{a_j}{n s}"],
        false=[
            r"\frac{\partial s}{\partial a_j} = \frac{a_j}{2 n s}",
            r"\frac{\partial s^2}{\partial a_j} = \frac{1}{n} a_j",
            r"\frac{\partial s}{\partial a_j} = 0",
        ],
    ),
    "one step": Kind(
        FILTER,
        [r"s_t = \lambda s_{t-1} + u_t", "s_0 = 0"],
        true=[r"\left.\frac{\partial s_t}{\partial \lambda}\right|_{t=2} = u_1", r"s_2 = \lambda u_1 + u_2"],
        false=[r"\left.\frac{\partial s_t}{\partial \lambda}\right|_{t=2} = u_2", r"s_2 = u_2"],
    ),
    "values beyond 1": Kind(
        VECTORS,
        true=[
            r"\log(\exp \lambda) = \lambda",
            r"\max(0, \lambda) = \frac12 (\lambda + |\lambda|)",
            r"\sqrt{\lambda^2} = |\lambda|",
        ],
        false=[
            r"|\lambda| = \lambda",
            r"\sqrt{\lambda^2} = \lambda",
            r"\arcsin(\sin \lambda) = \lambda",
            r"\sqrt{(2 - \lambda)^2} = 2 - \lambda",
            r"\operatorname{relu}(1 + \lambda) = 1 + \lambda",
        ],
    ),
}


@pytest.mark.parametrize(("kind", "equation"), list_equations({**KINDS, **NOTATIONS}, "true"))
def test_a_true_equation_is_right(kind: Kind, equation: str) -> None:
    assert judge(kind, equation).label == "right"


@pytest.mark.parametrize(("kind", "equation"), list_equations({**KINDS, **NOTATIONS}, "false"))
def test_a_false_equation_is_found(kind: Kind, equation: str) -> None:
    assert judge(kind, equation).label in FOUND


@pytest.mark.parametrize(("kind", "equation"), list_equations({**KINDS, **NOTATIONS}, "unread"))
def test_a_true_equation_that_may_be_read_in_two_ways_is_not_accused(kind: Kind, equation: str) -> None:
    assert judge(kind, equation).label in ("right", "unreadable")


@pytest.mark.parametrize(("kind", "equation"), list_equations({**KINDS, **NOTATIONS}, "unfound"))
def test_a_false_equation_that_cannot_be_refuted_is_not_right(kind: Kind, equation: str) -> None:
    assert judge(kind, equation).label != "right"


@pytest.mark.xfail(strict=True, reason="values up to 4.5 are tried, and no kink beyond is seen")
@pytest.mark.parametrize(
    "equation",
    [r"|\lambda + 5| = \lambda + 5", r"\max(0, a_i - 5) = 0", r"\sqrt{(5 + a_i)^2} = 5 + a_i"],
)
def test_a_false_equation_that_holds_up_to_5_is_found(equation: str) -> None:
    assert judge(Kind(VECTORS), equation).label in FOUND


def test_a_derivative_that_may_hold_something_fixed_is_read_in_two_ways() -> None:
    finding = judge(NOTATIONS["what is made of its variable, held fixed"], r"\frac{\partial p_i}{\partial a_i} = p_i")
    assert finding.label == "unreadable"
    assert "it can be read in two ways" in finding.note


def test_a_sum_that_cannot_be_used_is_not_taken_for_its_terms() -> None:
    terms = Kind(CELL, [r"E_t = \frac{1}{2} \|h_t - y_t\|^2", r"E = \sum_{t=1}^{q} E_t"])
    finding = judge(terms, r"\frac{\partial E}{\partial h_t} = h_t - y_t")
    assert finding.label == "unreadable"
    assert "E is defined on line 6 by what cannot be used" in finding.note


def test_a_number_times_a_bracket_may_stand_on_the_left() -> None:
    assert judge(Kind(VECTORS), r"\lambda (a) = a \lambda").label == "right"


@pytest.mark.xfail(strict=True, reason="z[i] on the left is an entry only where the glossary has z")
def test_an_entry_in_brackets_may_stand_on_the_left() -> None:
    assert judge(Kind(VECTORS, ["z = M a"]), "z[i] = M[i,k] a[k]").label == "right"


@pytest.mark.parametrize("update", [r"a \gets a - \lambda b", r"a = a - \lambda b", r"M \leftarrow M - r a^\top"])
def test_an_update_is_no_claim(update: str) -> None:
    assert judge(DESCENT, update).label == "definition"


def test_what_is_0_is_shown_as_0() -> None:
    finding = judge(Kind(VECTORS, SOFTMAX), JACOBIAN + r"p_i \delta_{ik}")
    assert finding.note.startswith("at n = 1, entry i = 1, k = 1: 0 on the left, 1 on the right")
