"""Whatever comes in, `proofread` says something of every display; and what it calls right stays right, rewritten."""

import random
import re
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bptt.proofread import LABELS, Finding, GlossaryError, proofread
from bptt.proofread.document import read_document
from tests.benchmarks.documents import AXES, GLOSSARIES, LOSS, TOKENS, Formulas
from tests.proofread.test_proofread import RIGHT, judged

BY_SEVEN = " ".join(rf"\frac{{\partial}}{{\partial V_{{{by}}}}}" for by in ("ab", "cd", "ef", "gi", "jk", "lm", "no"))
MACROS = r"\newcommand{\a}{xxxxxxxxxx}" + "".join(
    rf"\newcommand{{\{new}}}{{{ten}}}" for new, ten in zip("bcde", (rf"\{old} " * 10 for old in "abcd"), strict=True)
)
FEWER = settings(max_examples=settings().max_examples // 4)


class Identity(NamedTuple):
    """An equation whose right-hand side has the terms of the left in another order, and the letters it is about."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    free: frozenset[str]

    def __str__(self) -> str:
        return f"{' + '.join(self.left)} = {' + '.join(self.right)}"


@st.composite
def identities(draw: st.DrawFn, depth: int = 1) -> Identity:
    """Sums of one to three terms with a factor in front, so that no side is a symbol that is defined by the other."""
    formulas = Formulas(draw(st.randoms(use_true_random=False)))
    indices = formulas.letters(draw(st.sampled_from(["", "h", "i", "o", "hi", "oh"])), [])
    terms = [f"{n + 2} {formulas.term(indices, draw(st.integers(0, depth)))}" for n in range(draw(st.integers(1, 3)))]
    return Identity(tuple(terms), tuple(draw(st.permutations(terms))), frozenset(indices))


def every_letter(identity: Identity) -> list[str]:
    """The letters of the indices of its right-hand side."""
    below = [letters for term in identity.right for letters in re.findall(r"_\{([^{}]*)\}", term)]
    return sorted({letter for letters in below for letter in letters.split()})


def label(equation: str) -> str:
    (finding,) = judged(equation)
    return finding.label


def said_of(text: str, glossary: str | None = None) -> list[Finding]:
    """What is said of a document, whose displays all have something said of them."""
    found = proofread(text, glossary)
    assert len(found) == len(read_document(text).displays)
    assert all(found)
    return [finding for display in found for finding in display]


def refusal(glossary: str) -> str | None:
    """Why a glossary is refused, if it is."""
    try:
        said_of("$$h = 1$$", glossary)
    except GlossaryError as error:
        return str(error)
    return None


def is_said_properly(finding: Finding) -> bool:
    return finding.label in LABELS and bool(finding.note or finding.label in ("right", "definition"))


@given(st.text() | st.text("$\\[]{}_^=&% \nab1()").map(lambda text: f"$$\n{text}\n$$"))
def test_any_text_has_a_label_for_every_display(text: str) -> None:
    assert all(map(is_said_properly, said_of(text)))


@given(st.lists(st.sampled_from(TOKENS.split()), max_size=30), st.sampled_from(["", "h_k^t = ", "Q ="]))
def test_any_tokens_have_a_label_for_every_display(found: list[str], left: str) -> None:
    findings = said_of(f"$$\n{left}{' '.join(found)}\n$$")
    assert all(map(is_said_properly, findings))
    assert all(isinstance(finding.legible, str) for finding in findings)


@given(st.sampled_from(RIGHT), st.data())
def test_a_real_equation_cut_off_anywhere_has_a_label(equation: str, data: st.DataObject) -> None:
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(equation))] * 2)))
    assert all(map(is_said_properly, said_of(f"$$\n{equation[:start]}{equation[end:]}\n$$")))


@given(st.randoms(use_true_random=False))
def test_any_formula_of_the_posts_notation_has_a_label(source: random.Random) -> None:
    assert all(map(is_said_properly, said_of(f"$$\n{Formulas(source).equation()}\n$$")))


def chain(first: str, again: str, last: str) -> list[str]:
    """Twelve definitions, each made of the one before, which is written F in `again`."""
    names = [rf"\mathrm{{f{letter}}}" for letter in "abcdefghijkl"]
    made = [f"{new} = {again.replace('F', old)}" for old, new in pairwise(names)]
    return [f"{names[0]} = {first}", *made, last.replace("F", names[-1])]


@pytest.mark.parametrize(
    "equations",
    [
        [r"h = \text{}"],
        [r"\text{} = \text{}"],
        ["0 h = 0"],
        ["Q = " + "(" * 30 + "1" + (" L" * 30 + ")") * 30],
        ["2 L = " + r"\sigma(W, W, " * 30 + "h" + ", h)" * 30],
        ["2 L = " + r"\sigma(" * 30 + "1" + ", 1, 1, 1)" * 30],
        ["Q = " + r"\mathrm{softmax}(" * 15 + "h^T" + ")" * 15],
        chain("L", "F F F F F F", r"\frac{\partial F}{\partial V_{jk}} = 2 F V_{jk}"),
        chain("L", "F + F F + F F F F", "2 L = F"),
        chain("h_k^t", "F", r"\frac{\partial F}{\partial h_l^{t-1}} = F W_{kl}"),
        [LOSS, r"\frac{\partial^4 \exp(L) L}{\partial W_{ab} \partial W_{cd} \partial h^T \partial V_{ij}} = 0"],
        [r"2 L = \frac{\partial^4 \sigma(\sigma(\sigma(L)))}{\partial y_i \partial y_j \partial y_p \partial y_u}"],
        ["Q = " + r"\nabla_{h^T} " * 45 + "1"],
    ],
    ids=lambda equations: equations[-1][:40],
)
def test_what_failed_or_took_long_once_has_a_label(equations: list[str]) -> None:
    assert all(map(is_said_properly, judged(*equations)))


def test_what_cannot_be_read_beside_an_equation_is_no_fault_of_the_program() -> None:
    soup = r"\frac{\partial \forall \begin{cases} / \mathrm{d} = ² T"
    first, _ = said_of(rf"$$ h_k = \sum_{{k=1}}^{{D_h}} \nonumber \sigma' I 2 = / y ^ \tilde{{y}} + \log {soup} $$")
    assert (first.label, first.note) == ("unreadable", "it is stated under a condition that is not read")


def test_many_letters_of_steps_are_a_limit() -> None:
    glossary = f"time.letters = {[*'abcdefgijkmn']}\nsizes.r = 'D'\nsymbols.H = {{axes = 'r', time = true}}"
    product = " ".join(f"H^{letter}" for letter in "abcdefgijkmn")
    (finding,) = said_of(f"$$2 {product} = {product}$$", glossary)
    assert finding.note == "it has more than 3 letters for steps"


def test_a_derivative_is_not_twice_itself() -> None:
    derivative = r"\frac{\partial L}{\partial W_{kl}}"
    assert label(f"{derivative} = {derivative}") == "right"
    assert label(f"{derivative} = {derivative} + {derivative}") == "wrong"


@FEWER
@given(identities())
def test_what_is_right_stays_right_with_both_sides_doubled(identity: Identity) -> None:
    assume(label(str(identity)) == "right")
    left, right = (rf"2 \left( {' + '.join(side)} \right)" for side in (identity.left, identity.right))
    assert label(f"{left} = {right}") == "right"


@FEWER
@given(identities(), st.data())
def test_what_is_right_stays_right_with_its_sides_exchanged_and_its_terms_swapped(
    identity: Identity, data: st.DataObject
) -> None:
    assume(label(str(identity)) == "right")
    swapped = data.draw(st.permutations(identity.right))
    assert label(str(identity._replace(left=tuple(swapped), right=identity.left))) == "right"


@FEWER
@given(identities(depth=0), st.data())
def test_what_is_right_stays_right_with_a_bound_index_renamed(identity: Identity, data: st.DataObject) -> None:
    bound = [letter for letter in every_letter(identity) if letter not in identity.free]
    assume(bound and label(str(identity)) == "right")
    letter = rf"(?<![A-Za-z\\]){re.escape(data.draw(st.sampled_from(bound)))}(?![A-Za-z])"
    right = tuple(re.sub(letter, r"\\nu ", term) for term in identity.right)
    assert label(str(identity._replace(right=right))) == "right"


@FEWER
@given(identities())
def test_an_identity_with_one_term_counted_twice_is_not_right(identity: Identity) -> None:
    assume(label(str(identity)) == "right" and len(identity.right) > 1)
    value = label(f"{identity.right[0]} = 0")
    assume(value == "wrong")
    assert label(str(identity._replace(right=(*identity.right, identity.right[0])))) != "right"


@pytest.mark.parametrize("equation", RIGHT)
def test_a_right_equation_stays_right_with_both_sides_doubled(equation: str) -> None:
    left, right = equation.split(" =", 1)
    assert judged(LOSS, rf"2 {left} = 2 \left( {right} \right)")[-1].label == "right"


@pytest.mark.parametrize("equation", [one for one in RIGHT if not one.endswith("= 0")])
def test_a_right_equation_with_three_halves_of_one_side_is_wrong(equation: str) -> None:
    left, right = equation.split(" =", 1)
    assert judged(LOSS, rf"{left} = \frac{{3}}{{2}} \left( {right} \right)")[-1].label in ("wrong", "contradicts")


LONG_SUM = f"({'+'.join(['L'] * 50)})"


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        (f"L = {'(' * 41}1{')' * 41}", "it is nested deeper than 40 brackets"),
        (f"L = {'+'.join(['1'] * 1_001)}", "it is longer than 2,000 tokens"),
        (f"L = {'+'.join([LONG_SUM] * 12)}", "it has 625 parts: more than 500 are not read"),
        (f"L = {'+'.join(['1'] * 5_000)}", "it has more than 10,000 tokens"),
        (f"L = {' '.join(['L'] * 61)}", "a term has more than 60 factors"),
        (f"L = {'1' * 41}", "a number has more than 40 digits"),
        ("2 L = L^{31}", "a power beyond 30"),
        ("2 L = (L)^{-31}", "a power beyond 30"),
        ("2 L = \\sigma''''(L)", "more than 3 primes"),
        (r"\frac{\partial^5 L}{\partial y_i^5} = 0", "what stands above the ∂ is not read"),
        (f"2 L = {BY_SEVEN} (L^8)", "it has more than 70,000 values of its indices"),
        (MACROS + r" L = \e", "its macros expand to more than 5,000 tokens"),
        (r"\newcommand{\a}{\a} L = \a", "its macros expand more than 1,000 times"),
    ],
)
def test_a_limit_is_named_where_an_equation_goes_beyond_it(equation: str, message: str) -> None:
    finding = judged(equation)[-1]
    assert (finding.label, message in finding.note) == ("unreadable", True), finding.note


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * 1_000_001, "a document may have 1,000,000 characters; got 1,000,001"),
        (f"$$L {'= 1' * 2_501}$$\n\n$$L {'= 1' * 2_500}$$", "a document may have 5,000 equations; .*"),
    ],
)
def test_a_limit_is_named_where_a_document_goes_beyond_it(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        proofread(text)


@given(st.sampled_from(["", *(glossary[:300] for glossary in GLOSSARIES)]), st.text())
def test_a_glossary_of_any_text_is_read_or_refused_with_the_reason(start: str, rest: str) -> None:
    assert refusal(start + rest) != ""


@pytest.mark.parametrize(
    ("glossary", "key"),
    [
        ("colour = 1", "colour"),
        ("sizes = 3", "sizes"),
        ("sizes.hidden = 3", "sizes.hidden"),
        ("sizes.hidden = 'a b'", "sizes.hidden"),
        ("time.place = 'above'", "time.place"),
        ("time.letters = [1]", "time.letters"),
        ("time.letters = ['(']", "time.letters"),
        ("time.last = ''", "time.last"),
        ("time.first = 'a'", "first"),
        ("notation.vectors = 'tall'", "notation.vectors"),
        ("notation.ignore = 1", "notation.ignore"),
        ("symbols.W = 'hidden'", "symbols.W"),
        ("symbols.W = {axes = '', timed = true}", "symbols.W"),
        ("symbols.W = {axes = '', time = 1}", "symbols.W.time"),
        ("symbols.'W +' = ''", "symbols.W +"),
        ("symbols.W = 1", "symbols.W"),
        ("definitions = ['L + ']", "L + "),
        ("defaults = ['L = M']", "L = M"),
        ("defaults = 1", "defaults"),
        (f"sizes = {'9' * 5_000}", "not TOML"),
        (f"sizes = {'[' * 5_000}", "not TOML"),
        (f"symbols.L = ''\ndefaults = ['L = {'(' * 30 + '1' + (' L' * 40 + ')') * 30}']", "the definition L = "),
        ("[symbols]\n" + "\n".join(f"'x_{{{n}}}' = ''" for n in range(1_001)), "1,000 symbols"),
    ],
)
def test_a_glossary_that_cannot_be_used_is_refused_by_the_key(glossary: str, key: str) -> None:
    with pytest.raises(GlossaryError, match=re.escape(key)):
        proofread("$$h = 1$$", glossary)


@given(st.sampled_from(sorted(AXES)), st.recursive(st.integers() | st.booleans() | st.text(), st.lists))
def test_a_symbol_declared_by_anything_is_read_or_refused_by_its_name(name: str, described: object) -> None:
    shown = repr(described).replace("True", "true").replace("False", "false")
    said = refusal(f"[symbols]\n'{name}' = {shown}")
    assert said is None or f"symbols.{name}" in said or "not TOML" in said
