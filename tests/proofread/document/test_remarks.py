"""What is stated beside an equation is kept with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptt.proofread.document import spell
from tests.proofread.document.texts import cut, read_rows

FULL = r"a = W b"


def read_beside(rows: str) -> list[tuple[str, list[str]]]:
    """Each equation with its remarks; behind < are those that lead it."""
    return [
        (one.unreadable or one.latex, ["<" * remark.leads + spell(remark.tokens).strip() for remark in one.remarks])
        for one in read_rows(rows)
    ]


@pytest.mark.parametrize(
    ("beside", "remarks"),
    [
        (r", \quad i = j", ["i = j"]),
        (r"\quad i \neq j", [r"i \neq j"]),
        (r", i = j", ["i = j"]),
        (r"\quad \text{for } i = j", [r"\text{for } i = j"]),
        (r"\quad \text{if } c = W d", [r"\text{if } c = W d"]),
        (r"\quad \text{where } i \neq j", [r"\text{where } i \neq j"]),
        (r"\quad \text{since } A = A^\top", [r"\text{since } A = A^\top"]),
        (r"\quad \text{for symmetric } A", [r"\text{for symmetric } A"]),
        (r"\quad \text{if $i = j$}", [r"\text{if $i = j$}"]),
        (r"\quad \forall i", [r"\forall i"]),
        (r", \quad t = 1, \dots, T", [r"t = 1, \dots, T"]),
        (r", \quad i, j = 1, \dots, n, \; i \ne j", [r"i, j = 1, \dots, n", r"i \ne j"]),
        (r"\quad (t < T)", ["(t < T)"]),
        (r", (t < T)", ["(t < T)"]),
        (r"\text{ for } t = T", [r"\text{ for } t = T"]),
        (r"\hspace{1cm} t < T", ["t < T"]),
        (r", \quad x \in \mathbb{R}^n", [r"x \in \mathbb{R}^n"]),
        (r"\quad \text{(chain rule)}", [r"\text{(chain rule)}"]),
        (r"&& \text{by the chain rule}.", [r"\text{by the chain rule}"]),
        (r"\qquad \text{if } i = j \text{ and } k = l", [r"\text{if } i = j", r"\text{ and } k = l"]),
        (r"\\ & \text{where } i = j", [r"\text{where } i = j"]),
        (r"\\ \intertext{by (3)}", [r"\text{by (3)}"]),
        (r"\Rightarrow x > 0", [r"\Rightarrow x > 0"]),
        (r"\quad (3)", []),
        (r"\hspace{1cm} (3.2a)", []),
        (r"\tag{3} \label{a}", []),
        (r"\space \,.", []),
    ],
)
def test_what_stands_behind_an_equation_is_said_of_it(beside: str, remarks: list[str]) -> None:
    assert read_beside(FULL + beside) == [(FULL, remarks)]


@pytest.mark.parametrize(
    ("beside", "remarks"),
    [
        (r"\text{If } i \ne j, \quad", [r"<\text{If } i \ne j"]),
        (r"i = j: \quad", ["<i = j"]),
        (r"i \neq j \Rightarrow", [r"<i \neq j \Rightarrow"]),
        (r"A = A^\top \Rightarrow", [r"<A = A^\top \Rightarrow"]),
        (r"\text{Let }", [r"<\text{Let }"]),
        (r"\text{(Gate) }", [r"<\text{(Gate) }"]),
        (r"\mbox{So }", [r"<\mbox{So }"]),
        (r"\text{So}", [r"<\text{So}"]),
        (r"\therefore", [r"<\therefore"]),
        (r"\implies", [r"<\implies"]),
        (r"\textbf{Step 2: }", [r"<\textbf{Step 2: }"]),
        (r"\text{Backward: } \quad", [r"<\text{Backward: }"]),
        (r"\text{From (3) }", [r"<\text{From (3) }"]),
        (r"\text{For } i = j: \\", [r"<\text{For } i = j"]),
        (r"(i) \quad", ["<(i)"]),
        (r"(3) \quad", []),
    ],
)
def test_what_leads_an_equation_is_said_of_it(beside: str, remarks: list[str]) -> None:
    ((equation, found),) = read_beside(f"{beside} {FULL}")
    assert (equation, [remark.replace(" }", "}") for remark in found]) == (
        FULL,
        [one.replace(" }", "}") for one in remarks],
    )


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (r"a = W b \hspace{1cm} c = W y", [("a = W b", []), ("c = W y", [])]),
        (r"a = W b \qquad \text{and} \qquad c = W y", [("a = W b", []), ("c = W y", [r"<\text{and}"])]),
        (r"a = W b \Rightarrow c = W y", [("a = W b", []), ("c = W y", [r"<\Rightarrow"])]),
        (r"a = W b \text{ for } t < T, \quad c = W y \text{ for } t = T",
         [("a = W b", [r"\text{ for } t < T"]), ("c = W y", [r"\text{ for } t = T"])]),
        (r"\text{For } i = j: \\ a &= W b \\ \text{For } i \neq j: \\ a &= W c",
         [("a = W b", [r"<\text{For } i = j"]), ("a = W c", [r"<\text{For } i \neq j"])]),
        (r"\text{if } i = j: \; a = W b, \quad \text{otherwise: } c = W y",
         [("a = W b", [r"<\text{if } i = j"]), ("c = W y", [r"<\text{otherwise: }"])]),
        (r"\text{If } i = j, \quad a = W b \text{ and } c = W y",
         [("a = W b", [r"<\text{If } i = j"]), ("c = W y", [r"<\text{If } i = j", r"<\text{ and }"])]),
        (r"a = W b, \text{ since } x = y z, c = d", [("a = W b", [r"\text{ since } x = y z", "c = d"])]),
        (r"i = j, \quad t = T", [("i = j", []), ("t = T", [])]),
        (r"x \in X, \quad t < T", [(r"x \in X", []), ("t < T", [])]),
        (r"x = 1, \quad t < T", [("x = 1", ["t < T"])]),
        (r"w \leftarrow w - g, \quad g > 0", [(r"w \leftarrow w - g", ["g > 0"])]),
    ],
)  # fmt: skip
def test_what_is_a_condition_depends_on_what_stands_beside_it(rows: str, found: list[tuple[str, list[str]]]) -> None:
    assert read_beside(rows) == found


@pytest.mark.parametrize(
    "row",
    [
        r"L = \text{MSE}(x)",
        r"\text{Loss} = \text{tanh}(x) + \text{tanh}(y)",
        r"L = y \text{ log }(a)",
        r"x^{\text{for}} = x^\text{if}",
        r"a = f(t = 1, \dots, T)",
        r"a = P(x < 3) / 2",
        r"a = f, g",
        r"a = \begin{cases} 1, & \text{if } i = j \\ 0, & i \neq j \end{cases}",
        r"\sum_{i \neq j} a_i = \lim_{t \to \infty} b",
    ],
)
def test_what_is_part_of_an_equation_is_no_remark(row: str) -> None:
    assert read_beside(row) == [(row, [])]


@pytest.mark.parametrize(
    ("sign", "note"),
    [
        (r"\overset{i \neq j}{=}", [r"i \neq j"]),
        (r"\stackrel{(1)}{=}", ["(1)"]),
        (r"\underset{t < T}{=}", ["t < T"]),
        (r"\overset{\text{def}}{:=}", [r"\text{def}"]),
        (r"\overset!=", ["!"]),
        (r"\overset{}{=}", []),
    ],
)
def test_what_stands_over_a_relation_is_a_remark(sign: str, note: list[str]) -> None:
    ((latex, remarks),) = read_beside(f"a {sign} W b")
    assert (latex.replace(":=", "="), remarks) == (FULL, note)


def test_what_stands_over_anything_else_stays() -> None:
    assert read_beside(r"\overset{\cdot}{a} = b") == [(r"\overset{\cdot}{a} = b", [])]


def test_a_remark_holds_for_the_rest_of_its_chain() -> None:
    assert read_beside(r"a &= W b, & t < T \\ &= c \\ &= d \quad \text{by (1)} \\ e &= f g") == [
        ("a = W b", ["t < T"]), ("a = c", ["t < T"]), ("a = d", ["t < T", r"\text{by (1)}"]), ("e = f g", []),
    ]  # fmt: skip


def test_an_equation_goes_on_behind_a_remark_in_the_middle_of_it() -> None:
    assert read_beside(r"a &= W b && \text{(first)} \\ &+ c") == [("a = W b + c", [r"\text{(first)}"])]


@pytest.mark.parametrize(
    "wrapper",
    [r"\boxed{@}", r"\bbox[yellow]{@}", r"\bbox[5px, border: 1px]{@}", r"\colorbox{red}{$@$}", r"\mathrm{@}", r"{@}"]
    + [r"\fcolorbox{a}{b}{@}", r"\textcolor{red}{@}", r"{\color{red} @}", r"\boldsymbol{@}"],
)
def test_what_wraps_a_whole_equation_means_nothing(wrapper: str) -> None:
    assert read_beside(wrapper.replace("@", FULL)) == [(FULL, [])]
    assert read_beside("x = y " + wrapper.replace("@", FULL)) != [(f"x = y {FULL}", [])]


def test_the_tokens_of_a_remark_know_their_place() -> None:
    (equation,) = cut("$$\na = W b\n  \\quad \\text{for } t < T\n$$")
    assert [(token.text, token.line, token.column) for token in equation.remarks[0].tokens] == [
        ("\\text", 3, 9), ("{", 3, 14), ("for ", 3, 15), ("}", 3, 19), ("t", 3, 21), ("<", 3, 23), ("T", 3, 25),
    ]  # fmt: skip


CLAUSES = [
    r"i \neq j",
    r"\text{for } t < T",
    r"\text{since } A = A^\top",
    r"\forall t",
    r"t = 1, \dots, T",
    "(t < T)",
    "n > 1",
]


@given(st.lists(st.sampled_from(CLAUSES), max_size=3), st.booleans())
def test_no_token_beside_an_equation_is_lost(clauses: list[str], leads: bool) -> None:
    beside = r", \quad ".join(clauses)
    ((_, *_, remarks, _),) = read_rows(rf"{beside}: \quad {FULL}" if leads and clauses else rf"{FULL}, \quad {beside}")
    kept = "".join(token.text for remark in remarks for token in remark.tokens if token.text != ",")
    assert kept == "".join(clauses).replace(", ", "").replace("for }", "for@}").replace(" ", "").replace(
        "@", " "
    ).replace("since}", "since }").replace(",", "")
