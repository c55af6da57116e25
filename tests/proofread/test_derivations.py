"""Derivations in other notations than the post's: every equation of them, and the mistakes planted among them."""

import functools
from pathlib import Path
from typing import NamedTuple

import pytest

from bptt.proofread import Finding, proofread

DERIVATIONS = Path(__file__).parents[1] / "data" / "derivations"

LABELS = {
    "time_below": """
        12 definition    13 definition    19 definition    24 definition    24 definition    29 definition
        31 definition    36 right         43 right         48 right         55 right         56 right
        57 right         62 wrong         67 right         69 right         75 right         83 right
        88 wrong         94 right         95 right        101 wrong        107 unreadable   114 definition
       119 right        125 contradicts  130 right        135 right        142 wrong        147 right
       148 right        154 right        161 right        167 wrong        172 definition   178 definition
       182 right        186 right
    """,
    "row_vectors": """
        10 definition    11 definition    12 definition    18 right         24 definition    25 definition
        26 definition    34 right         40 right         41 wrong         49 definition    55 right
        62 right         64 right         71 right         72 contradicts   79 right         85 wrong
        91 right         99 right        100 wrong        101 right        107 wrong        113 definition
       119 right        125 definition   133 definition   134 definition   140 definition   146 right
       152 definition   153 right        159 right        165 right
    """,
    "lstm": """
        10 definition    10 definition    16 definition    23 definition    23 definition    24 definition
        24 definition    32 definition    33 definition    34 definition    35 definition    43 definition
        44 definition    51 right         57 contradicts   63 definition    63 definition    71 right
        71 right         77 right         78 right         84 right         90 right         98 right
       104 wrong        111 right        117 right        129 right        135 right        141 right
       148 right        154 wrong        161 wrong        162 right        163 right        170 definition
       171 definition   172 definition   173 definition   180 right        181 right        182 contradicts
       183 contradicts  190 right        198 right        204 right        205 right        211 right
       217 right
    """,
}  # what a mathematician says of each equation, by the line that its right-hand side starts on


class Mistake(NamedTuple):
    """A mistake that was planted in a document, and what should stand there."""

    document: str
    printed: str
    correct: str


MISTAKES = {
    "a sign": Mistake("time_below", r"= y_t - \hat y_t$$", r"= \hat y_t - y_t$$"),
    "the slope of tanh is one minus its square": Mistake(
        "time_below", r"\operatorname{diag}(1 - h_t)\,", r"\operatorname{diag}(1 - h_t^2)\,"
    ),
    "the order of matrices": Mistake(
        "time_below",
        r"= \operatorname{diag}(1 - h_t^2) \operatorname{diag}(1 - h_{t-1}^2)\, W_{hh} W_{hh}",
        r"= \operatorname{diag}(1 - h_t^2)\, W_{hh} \operatorname{diag}(1 - h_{t-1}^2)\, W_{hh}",
    ),
    "a transpose": Mistake("time_below", r"W_{hh} \delta_{t+1}", r"W_{hh}^\top \delta_{t+1}"),
    "the step of the state before": Mistake(
        "time_below", r"= \sum_{t=1}^{T} \delta_t h_t^\top", r"= \sum_{t=1}^{T} \delta_t h_{t-1}^\top"
    ),
    "the paths through earlier states": Mistake(
        "time_below",
        r"= \frac{\partial L_t}{\partial h_t} \frac{\partial^+ h_t}{\partial W_{hh}}",
        r"= \sum_{s=1}^{t} \frac{\partial L_t}{\partial h_s} \frac{\partial^+ h_s}{\partial W_{hh}}",
    ),
    "the factor of a mean": Mistake(
        "row_vectors", r"&= \sum_{t=1}^{T} \mathbf{e}_t", r"&= \frac{1}{T} \sum_{t=1}^{T} \mathbf{e}_t"
    ),
    "a transpose on the right": Mistake(
        "row_vectors", r"\mathbf{W}_{hh}\right)" + "\n     ", r"\mathbf{W}_{hh}^\top\right)" + "\n     "
    ),
    "the order in row vectors": Mistake(
        "row_vectors",
        r"= \operatorname{diag}(1 - \mathbf{h}_t^2) \mathbf{W}_{hh}",
        r"= \mathbf{W}_{hh} \operatorname{diag}(1 - \mathbf{h}_t^2)",
    ),
    "the step of the row before": Mistake(
        "row_vectors", r"\mathbf{h}_t^\top \boldsymbol{\delta}_t", r"\mathbf{h}_{t-1}^\top \boldsymbol{\delta}_t"
    ),
    "the factors of an outer product": Mistake(
        "row_vectors", r"\boldsymbol{\delta}_t^\top \mathbf{x}_t", r"\mathbf{x}_t^\top \boldsymbol{\delta}_t"
    ),
    "the gates": Mistake(
        "lstm",
        r"c_t = i_t \odot c_{t-1} + f_t \odot \tilde{c}_t",
        r"c_t = f_t \odot c_{t-1} + i_t \odot \tilde{c}_t",
    ),
    "the mark of an immediate derivative": Mistake(
        "lstm",
        r"\frac{\partial c_t}{\partial c_{t-1}} = \operatorname{diag}(f_t)",
        r"\frac{\partial^+ c_t}{\partial c_{t-1}} = \operatorname{diag}(f_t)",
    ),
    "the path through the next cell": Mistake(
        "lstm",
        r"\frac{\partial L}{\partial c_t} = \frac{\partial L}{\partial h_t} \odot o_t \odot (1 - \tanh^2(c_t))",
        r"\frac{\partial L}{\partial c_t} = \frac{\partial L}{\partial h_t} \odot o_t \odot (1 - \tanh^2(c_t))"
        r" + \frac{\partial L}{\partial c_{t+1}} \odot f_{t+1}",
    ),
    "the step of the cell before": Mistake(
        "lstm", r"\frac{\partial L}{\partial c_t} \odot c_t \\", r"\frac{\partial L}{\partial c_t} \odot c_{t-1} \\"
    ),
    "a factor of the logistic slope": Mistake("lstm", r"\odot (1 - o_t)", r"\odot o_t \odot (1 - o_t)"),
    "the square in the candidate's slope": Mistake(
        "lstm", r"i_t \odot (1 - \tilde{c}_t)" + "\n", r"i_t \odot (1 - \tilde{c}_t^2)" + "\n"
    ),
}

every_document = pytest.mark.parametrize("document", LABELS)
every_mistake = pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())


@functools.cache
def read(document: str) -> str:
    return (DERIVATIONS / f"{document}.md").read_text(encoding="utf-8")


@functools.cache
def findings(document: str, text: str) -> list[Finding]:
    glossary = (DERIVATIONS / f"{document}.toml").read_text(encoding="utf-8")
    return [finding for display in proofread(text, glossary) for finding in display]


def expected(document: str) -> list[tuple[int, str]]:
    words = LABELS[document].split()
    return [(int(line), label) for line, label in zip(words[::2], words[1::2], strict=True)]


def line_of(mistake: Mistake) -> int:
    """The line on which the mistake stands, found by its text, which must be there once."""
    text = read(mistake.document)
    assert text.count(mistake.printed) == 1
    return text[: text.index(mistake.printed)].count("\n") + 1


@every_document
def test_every_equation_has_the_label_that_a_mathematician_gives(document: str) -> None:
    found = [(finding.line, finding.label) for finding in findings(document, read(document))]
    assert found == expected(document)


@every_document
def test_no_right_equation_and_no_definition_is_accused(document: str) -> None:
    fine = {line for line, label in expected(document) if label in ("right", "definition")}
    accused = {finding.line: finding.note for finding in findings(document, read(document)) if finding.is_finding}
    assert {line: note for line, note in accused.items() if line in fine} == {}


@every_mistake
def test_a_planted_mistake_is_found(mistake: Mistake) -> None:
    (found,) = (one for one in findings(mistake.document, read(mistake.document)) if one.line == line_of(mistake))
    assert found.is_finding, f"{found.latex}: {found.label}, {found.note}"


@functools.cache
def correct(document: str) -> str:
    """The document as it should read, on the same lines."""
    text = read(document)
    for mistake in MISTAKES.values():
        text = text.replace(mistake.printed, mistake.correct) if mistake.document == document else text
    return text


@every_document
def test_planted_mistakes_that_are_corrected_are_right(document: str) -> None:
    planted = [mistake for mistake in MISTAKES.values() if mistake.document == document]
    found = findings(document, correct(document))
    labels = {finding.line: (finding.label, finding.latex, finding.note) for finding in found}
    assert {
        line_of(mistake): labels[line_of(mistake)] for mistake in planted if labels[line_of(mistake)][0] != "right"
    } == {}


@every_document
def test_every_finding_that_is_expected_is_a_planted_mistake(document: str) -> None:
    wrong = {line for line, label in expected(document) if label in ("wrong", "contradicts", "orders differ")}
    assert wrong == {line_of(mistake) for mistake in MISTAKES.values() if mistake.document == document}
