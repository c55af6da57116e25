r"""Whether `proofread` stands whatever comes in: `python -m tests.benchmarks.proofreading [--inputs N] [--seed S]`.

Every input is a document, some with a glossary, from one of the generators below. For each it is checked that nothing
is raised but what is promised (`GlossaryError`, and `ValueError` for a document beyond the limits), that each display
has a finding, each finding one of the labels, and each label but right and definition a note; that no equation takes
more than 2 s of processor time, and no process more memory than the limit. The worst times are printed with the input
and with where the processor was, half a second apart. `--only N` prints one input and what is said of it.
"""

import argparse
import random
import re
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from rich.console import Console
from rich.progress import track

from bptt.derivation import GlossaryError, proofread
from bptt.derivation.documents import displays
from bptt.derivation.proofreading import LABELS
from tests.test_proofread import RIGHT, WRONG

MOST_SECONDS = 2.0  # for one equation
GIVEN_UP = 6.0  # seconds after which an input is stopped
MOST_MEMORY = 2 << 30  # bytes of address space of one process, above what it starts with
WORST = 12  # that are printed
DATA = Path(__file__).parent.parent / "data"
PAGES = [path.read_text(encoding="utf-8") for path in (DATA / "post.md", *sorted((DATA / "derivations").glob("*.md")))]
GLOSSARIES = [
    path.read_text(encoding="utf-8")
    for path in (
        Path(sys.modules[proofread.__module__].__file__ or "").parent / "meaning" / "post.toml",
        *sorted((DATA / "derivations").glob("*.toml")),
    )
]
REAL = [*RIGHT, *WRONG, *(" ".join(display.source.split()) for page in PAGES for display in displays(page))]


class Input(NamedTuple):
    kind: str
    text: str
    glossary: str | None = None


class Outcome(NamedTuple):
    """What came of an input: how often each label, the seconds of its slowest equation, and what is wrong with it."""

    n: int
    kind: str
    labels: Counter[str]
    seconds: float
    peak: int  # bytes, of the process so far
    violation: str = ""
    where: tuple[str, ...] = ()  # the innermost places of the samples, if it was slow


# ---- formulas of the post's notation that can be read and, mostly, evaluated

AXES = {
    "h": "h", "W": "hh", "U": "hi", "V": "oh", "x": "i", "y": "o", r"\tilde y": "o", "L": "o",
}  # fmt: skip
LETTERS = {"h": ["k", "l", r"\alpha", "n"], "i": ["m", r"\beta", "q"], "o": ["i", "j", "p"]}


class Formulas:
    """Draws formulas. An index is a letter and the range that it runs over, of h(idden), i(nput) and o(utput)."""

    def __init__(self, source: random.Random) -> None:
        self.source = source
        self.step = source.choice(["t", "T", "t", "t-1", "1", "s"])
        self._fresh = 0

    def letter(self, over: str, taken: list[tuple[str, str]]) -> tuple[str, str]:
        free = [letter for letter in LETTERS[over] if (letter, over) not in taken]
        self._fresh += not free
        return (free[0] if free else f"k_{{{self._fresh}}}", over)

    def entry(self, name: str, letters: list[str]) -> str:
        step = f"^{{{self.step}}}" if name in "xh" else ""
        below = f"_{{{' '.join(letters)}}}" if letters else ""
        return f"{name}{below}{step}"

    def factor(self, wanted: list[tuple[str, str]], taken: list[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
        """A factor that bears the first of the indices that are wanted, and what is wanted then."""
        first, *rest = wanted
        name = self.source.choice([name for name, axes in AXES.items() if first[1] in axes])
        at, letters = AXES[name].index(first[1]), []
        for n, over in enumerate(AXES[name]):
            if n == at:
                letters.append(first[0])
                continue
            match = next((index for index in rest if index[1] == over), None)
            if match and self.source.random() < 0.5:
                rest.remove(match)
            else:
                match = self.letter(over, [*taken, *wanted])
                taken.append(match)
                rest.append(match)
            letters.append(match[0])
        return self.entry(name, letters), rest

    def term(self, free: list[tuple[str, str]], depth: int) -> str:
        taken, wanted, factors = list(free), list(free), list[str]()
        while wanted and len(factors) < 6:
            made, wanted = self.factor(wanted, taken)
            factors.append(made)
        factors += [self.entry({"h": "h", "i": "x", "o": "y"}[over], [letter]) for letter, over in wanted]
        for _ in range(self.source.choice([0, 0, 1, 2]) if depth else 0):
            factors.append(self.scalar(depth - 1))
        self.source.shuffle(factors)
        return self.source.choice([" ", " ", r" \cdot "]).join(factors) or str(self.source.randint(0, 9))

    def scalar(self, depth: int) -> str:
        inner = partial(self.sum, [], depth)
        index = self.letter(self.source.choice("hio"), [])
        choices: list[Callable[[], str]] = [
            lambda: str(self.source.choice([0, 1, 2, 3, "0.5", 10 ** self.source.randint(1, 40)])),
            lambda: rf"\frac{{{inner()}}}{{{inner()}}}",
            lambda: rf"\left( {inner()} \right)",
            lambda: f"({inner()})^{{{self.source.choice([2, 3, 8, '-1', 9])}}}",
            lambda: rf"\{self.source.choice(['exp', 'log', 'tanh', 'sigma', 'sin', 'sqrt'])}{{({inner()})}}",
            lambda: rf"\sum_{{{index[0]}}} {self.sum([index], depth)}",
            lambda: rf"\prod_{{{index[0]}}} {self.term([index], 0)}",
            lambda: rf"\sum_{{t=1}}^{{T}} h_{index[0]}^t h_{index[0]}^{{t-1}}",
            lambda: self.derivative([]),
            lambda: self.source.choice([r"\|\tilde y - y\|^2", "D_h", "D_y", "T", r"y^\top \tilde y", "L"]),
        ]
        return self.source.choice(choices)()

    def sum(self, free: list[tuple[str, str]], depth: int) -> str:
        terms = [self.term(free, depth) for _ in range(self.source.choice([1, 1, 2, 3]))]
        return self.source.choice([" + ", " - "]).join(terms)

    def variable(self, taken: list[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
        name = self.source.choice(["W", "U", "V", "h", "x", "y"])
        indices = list[tuple[str, str]]()
        for over in AXES[name]:
            indices.append(self.letter(over, [*taken, *indices]))
        return self.entry(name, [letter for letter, _ in indices]), indices

    def derivative(self, free: list[tuple[str, str]], indices: list[tuple[str, str]] | None = None) -> str:
        """A derivative; where a list is given, its own indices are put there."""
        numerator = self.source.choice(["L", "L", r"\tilde y", "h"])
        own = list[tuple[str, str]]() if numerator == "L" else [self.letter({"h": "h"}.get(numerator, "o"), free)]
        below, by = self.variable([*free, *own])
        if indices is not None:
            indices += [*own, *by]
        plus = self.source.choice(["", "", "^+"])
        top = self.entry(numerator, [letter for letter, _ in own])
        return rf"\frac{{\partial{plus} {top}}}{{\partial {below}}}"

    def equation(self) -> str:
        indices: list[tuple[str, str]] = []
        depth = self.source.choice([0, 1, 1, 2])
        kind = self.source.random()
        if kind < 0.6:
            left = self.derivative([], indices)
        elif kind < 0.8:
            self.source.choice([indices.clear, lambda: indices.append(self.letter("h", []))])()
            left = self.sum(indices, 0)
        else:
            name = self.source.choice(["h", "L", r"\tilde y", "e", r"\delta", "a", "Q"])
            indices += [self.letter(over, indices) for over in AXES.get(name, "o")]
            left = self.entry(name, [letter for letter, _ in indices])
            left += "^t" if name in (r"\delta", "a") else ""
        right = left if self.source.random() < 0.15 else self.sum(indices, depth)
        return f"{left} = {right}"


# ---- the generators: from a source of random numbers to a document


def _displayed(*equations: str) -> str:
    return "\n\n".join(f"$$\n{equation}\n$$" for equation in equations)


def well_formed(source: random.Random) -> Input:
    formulas = [Formulas(source).equation() for _ in range(source.choice([1, 1, 2, 3]))]
    first = [r"L = \frac{1}{2} \sum_i (\tilde y_i - y_i)^2"] if source.random() < 0.4 else []
    return Input("well-formed", _displayed(*first, *formulas))


TOKENS = r"""
    + - = = = ( ) [ ] { } { } _ ^ _ ^ , ; . | \| / * & \\ ' ! ? : " ~ $ % # @ < > ` \quad \, \! \text{if} \text{} \left( \right)
    \left. \right| \left \right \Big( \middle| \frac \dfrac \sqrt \sum \prod \partial \nabla d \mathrm{d} \mathrm{diag} \int
    \sum_{k=1}^{D_h} \sum_t \prod_{s=t+1}^{T} \frac{\partial L}{\partial W} \frac{\partial}{\partial h} \odot \otimes \cdot
    \times \top T t t-1 s k l i j m \alpha \delta_{kl} \delta_k^t \sigma \sigma' \exp \log \tanh \softmax \tilde \bar \vec
    \mathbf \hat h h_k^t x W W_{kl} U V y \tilde{y} L L_i D_x D_h e e_i \mathbb{1} I 0 1 2 3 0.5 .5 1.2.3 99999999999 ∂ ∑ σ δ · −
    \ldots \dots \approx \equiv := \leftarrow \neq \leq \in \Rightarrow \forall \begin{aligned} \end{aligned} \begin{cases}
    \end{cases} \begin{pmatrix} \end{pmatrix} \tag{1} \label{a} \limits \displaystyle \nonumber \newcommand \def \x #1 ² ＝ é
""".split()


def token_soup(source: random.Random) -> Input:
    made = [" ".join(source.choices(TOKENS, k=source.choice([3, 8, 20, 60]))) for _ in range(source.randint(1, 3))]
    equals = source.random() < 0.6
    return Input("token soup", _displayed(*(f"h_k = {one}" if equals else one for one in made)))


def _mutated(source: random.Random, text: str) -> str:
    for _ in range(source.choice([1, 1, 2, 4])):
        a, b = sorted(source.randrange(len(text) + 1) for _ in range(2))
        b = min(b, a + source.choice([1, 3, 10]))
        other = source.choice([*TOKENS, *TOKENS, source.choice(REAL)])
        text = source.choice(
            [
                text[:a] + text[b:],
                text[:a] + other + text[a:],
                text[:a] + other + text[b:],
                text[:b] + text[a:],
                text[:a] + text[a:b] * source.choice([2, 5]) + text[b:],
                re.sub(r"[A-Za-z]", lambda m: m[0].swapcase() if source.random() < 0.03 else m[0], text),
                re.sub(r"\b[tklij]\b", lambda _: source.choice("tklijmT1"), text),
            ]
        )
    return text


def mutated_equations(source: random.Random) -> Input:
    chosen = [_mutated(source, source.choice(REAL)) for _ in range(source.choice([1, 1, 2, 3]))]
    if source.random() < 0.2:
        chosen = [chosen[0][: source.randrange(len(chosen[0]) + 1)], *chosen[1:]]
    if source.random() < 0.1:
        chosen *= source.choice([2, 5])
    return Input("mutated equation", _displayed(*chosen), source.choice([None, None, None, *GLOSSARIES]))


def mutated_pages(source: random.Random) -> Input:
    page = source.choice(PAGES)
    start = source.randrange(len(page))
    return Input("mutated page", _mutated(source, page[start : start + source.choice([200, 600])]))


def random_bytes(source: random.Random) -> Input:
    raw = source.randbytes(source.choice([5, 50, 500]))
    if source.random() < 0.5:
        raw = bytes(source.choices(b"$$$\\\\[]{}_^=&%\n\n ab1()", k=len(raw)))
    text = raw.decode("utf-8", errors=source.choice(["replace", "replace", "surrogateescape"]))
    return Input("random bytes", source.choice([text, _displayed(text), _displayed(f"h = {text}"), f"\\[{text}\\]"]))


def nesting(source: random.Random) -> Input:
    depth = source.choice([5, 15, 30, 38, 45, 200, 2000])
    opening, closing = source.choice([
        ("(", ")"), ("{", "}"), (r"\left(", r"\right)"), ("[", "]"), (r"\frac{1}{1+", "}"), (r"\sqrt{1+", "}"),
        (r"\frac", "1"), (r"\tilde", ""), ("h_{", "}"), ("h^", ""), ("h_", ""), ("x^{", "}"), (r"\exp(", ")"), (r"\|", r"\|^2"),
        (r"\mathrm{softmax}(", ")"), (r"\sigma(x,", ",x,x)"), (r"\sigma(", ")"), ("2 h(", ")"), (r"-(", ")"), (r"\mathrm{diag}(", ")"),
        (r"\frac{\partial}{\partial h_k}(", ")"), (r"\frac{\partial ", r"}{\partial h^T}"), (r"\sum_k (", ")"), (r"\sum_k ", ""),
        (r"\prod_t (1+", ")"), (r"\begin{aligned}", r"\end{aligned}"), (r"\text{", "}"), ("|", "|"), (r"\left.", r"\right|_{t=1}"),
        (r"(x^t x^t W U V h h L L L L L L L L L L L L L L L L L L L L L L L L L L L L L L L L L L L L L L L L ", ")"),
        (r"(", ")^2"), ("(", "/2)"), (r"\sin(", ")"), (r"V^\top (\tilde y - y) \odot (", ")"), (r"W (", ")"), ("[h,", "]"),
        (r"\sigma(W, W, ", ", h)"), (r"\sigma(", r", 1, 1, 1)"), (r"\log\tanh ", ""), (r"\nabla_{h^T} ", ""), ("1/(1+", ")"),
    ])  # fmt: skip
    core = source.choice(["h^T", "L", "1", "x", "h_k^t", "", r"\tilde y", "W"])
    nested = opening * depth + core + closing * (depth if source.random() < 0.9 else depth - 1)
    return Input(
        "nesting",
        _displayed(source.choice([f"Q = {nested}", f"{nested} = {nested}", f"L = {nested}", f"h_k^t = {nested}"])),
    )


def macro_bomb(source: random.Random) -> Input:
    depth, width = source.choice([(3, 3), (10, 2), (10, 10), (26, 20), (5, 200)])
    names = [f"\\m{chr(97 + n)}" for n in range(depth)]
    call = source.choice(["{}", "{}{{x}}", "{}h"])
    body = partial(source.choice, ["x", "h_k^t", "+1", "(", "#1", "{#1}", "^", r"\frac"])
    lines = [f"\\newcommand{{{names[0]}}}{source.choice(['', '[1]', '[2]'])}{{{body() * source.choice([1, 50])}}}"]
    for name, inner in zip(names[1:], names, strict=False):
        lines.append(source.choice([
            f"\\newcommand{{{name}}}{{{call.format(inner) * width}}}", f"\\def{name}#1{{{call.format(inner) * width}#1}}",
            f"\\newcommand{{{name}}}[1]{{{inner}{{#1}}{inner}{{#1#1}}}}",
        ]))  # fmt: skip
    if source.random() < 0.2:
        lines.append(f"\\def{names[0]}{{{names[-1]}}}")
    source.shuffle(lines)
    return Input("macro bomb", "\n".join(f"${line}$" for line in lines) + "\n\n" + _displayed(f"h = {names[-1]} 1"))


def function_bomb(source: random.Random) -> Input:
    """Definitions that use the ones before them more than once, as functions or as quantities."""
    depth, width = source.choice([(3, 2), (7, 2), (7, 4), (12, 3), (30, 2)])
    times = source.choice([1, 1, 3])
    kind, glue = (
        source.choice(["functions", "functions", "one", "quantities", "vectors", "timed"]),
        source.choice([" + ", " "]),
    )
    letters = [rf"\mathrm{{f{chr(97 + n // 26)}{chr(97 + n % 26)}}}" for n in range(depth)]
    if kind == "functions":
        made = [rf"{letters[0]}(u, v) = {glue.join(['u v'] * width)}"]
        made += [
            f"{b}(u, v) = {glue.join([f'{a}({a}(u, v), v)'] * width)}"
            for a, b in zip(letters, letters[1:], strict=False)
        ]
        last = f"Q = {letters[-1]}(L, 2)"
    elif kind == "one":
        made = [rf"{letters[0]}(u) = {glue.join(['u'] * width)} \exp(u)"]
        made += [f"{b}(u) = {glue.join([f'{a}({a}(u))'] * width)}" for a, b in zip(letters, letters[1:], strict=False)]
        last = f"Q = {letters[-1]}{chr(39) * source.randint(0, 3)}(L)"
    elif kind == "timed":
        made = [
            rf"{letters[0]}_k^t = h_k^t",
            *(f"{b}_k^t = {glue.join([f'{a}_k^t'] * width)}" for a, b in zip(letters, letters[1:], strict=False)),
        ]  # noqa: E501
        last = rf"\frac{{\partial {letters[-1]}_k^t}}{{\partial h_l^{{t-1}}}} = {letters[-1]}_k^t W_{{kl}}"
    else:
        below = "_i" if kind == "vectors" else ""
        made = [rf"{letters[0]}{below} = L{below}"]
        made += [
            f"{b}{below} = {glue.join([f'{a}{below}'] * width * times)}"
            for a, b in zip(letters, letters[1:], strict=False)
        ]
        last = rf"\frac{{\partial {letters[-1]}{below}}}{{\partial V_{{jk}}}} = 2 {letters[-1]}{below} V_{{jk}}"
    return Input("definition bomb", _displayed(*made, last))


def long_sums(source: random.Random) -> Input:
    size = source.choice([20, 59, 61, 200, 700])
    piece = source.choice([
        "h_k^t", "L", "W_{kl} h_l", r"\exp(L)", r"\frac{L}{2}", "2", r"\tilde y_i y_i", "x", r"\sigma'(h_k^t)", "(1+L)",
        r"\frac{\partial L}{\partial W_{kl}} W_{kl}", r"\frac{\partial L}{\partial h_k^t}", r"(\tilde y_i - y_i)", "D_h",
    ])  # fmt: skip
    made = source.choice([" + ", " ", r" \cdot ", " - ", "/", r" \times ", r" \odot ", " = ", ", "]).join(
        [piece] * size
    )
    left = source.choice(
        [r"\frac{\partial L}{\partial W_{kl}}", "Q", "L", "Q_k^t", r"\frac{\partial (" + made + r")}{\partial W_{ab}}"]
    )
    return Input("long sum or product", _displayed(f"{left} = {made}"))


def huge_numbers(source: random.Random) -> Input:
    number = source.choice(["9" * source.choice([5, 39, 41, 5000]), "0." + "0" * 30 + "1", "1" + "0" * 39, "1" * 40])
    formula = source.choice([
        "h_k^{{{0}}} + {0}", "L^{{{0}}}", "(((L^8)^8)^8)^8", r"\exp(\exp(\exp(\exp({0}))))", "{0}^{0}^{0}", r"\sin({0}{0})",
        "{0} {0} {0} {0} {0} {0} L", "(((({0})^8)^8)^8)^8", "h^{{t-{0}}}", "h^{{20}} + h^{{19}}", "W_{{{0} 1}}", "V_{{6 6}} h_6^T",
        r"\tan(\exp({0} L))", r"\frac{{1}}{{{0} - {0}}}", r"\log(-{0})", r"\sqrt{{-{0}}}", "L^{{-8}}", r"\sum_{{k=1}}^{{{0}}} h_k",
        r"\prod_{{s=1}}^{{20}} h_k^s", "0^{{-1}}", r"\log 0", r"(1 - 1)^{{-1}} 0", "{0}_{0}", r"(L - L)^{{-1}}", "h^{{21}}", "h^{{T-20}}",
        r"\tanh({0} L)", r"\cosh(\exp({0}))^8", "(" * 20 + "{0}" + ")^8" * 20, "L^{{{0}}}^{{2}}", r"\exp(" * 30 + "L" + ")" * 30,
    ]).format(number)  # fmt: skip
    left = source.choice(
        [
            "L",
            "Q",
            formula,
            r"\frac{\partial L}{\partial W_{kl}}",
            "h_k^t",
            rf"\frac{{\partial}}{{\partial V_{{ij}}}} ({formula})",
        ]
    )
    return Input("huge number", _displayed(f"{left} = {formula}"))


def many_indices(source: random.Random) -> Input:
    count, name = source.randint(2, 10), source.choice(["V", "W", "U", r"\delta"])
    letters = source.sample([c for c in "abcdfgijklmnopqruvwz"], 2 * count)
    if source.random() < 0.3:
        letters = source.choices(letters, k=2 * count)
    pairs = [f"{a} {b}" for a, b in zip(letters[::2], letters[1::2], strict=True)]
    entries = [f"{name}_{{{pair}}}" for pair in pairs]
    product = source.choice([" ", " + ", r" \cdot "]).join(entries)
    wrapped = source.choice(
        ["{}", r"\exp({})", r"\tanh({})", "({})^2", r"\frac{{1}}{{{}}}", r"\sin(\exp(\tanh({})))", r"\sigma({})"]
    ).format(product)
    sums = "".join(rf"\sum_{{{letter}}} " for letter in source.sample(letters, source.randint(0, len(letters))))
    left = source.choice([product, rf"Q_{{{' '.join(letters)}}}", wrapped, "Q", "h_a h_b"])
    changed = source.choice([wrapped, wrapped, wrapped.replace(letters[0], letters[-1])])
    return Input("many indices", _displayed(f"{left} = {sums}{source.choice(['', '2 ', '', '(1 + L) '])}{changed}"))


def repeated_derivatives(source: random.Random) -> Input:
    order = source.randint(1, 5)
    by = [source.choice([f"W_{{k_{n} l_{n}}}", f"V_{{{chr(97 + n)}{chr(107 + n)}}}", "h^T", f"h_{chr(97 + n)}^{{t-{n}}}", "W", f"W_{{{chr(97 + n)}{chr(107 + n)}}}"]) for n in range(order)]  # fmt: skip  # noqa: E501
    of = source.choice(
        ["L", "L", "h_k^t", "h^T", r"\tilde y_i", "h_k^{8}", r"\sigma(W h)", "L^8", r"h_k^{20}", r"\exp(L) L"]
    )
    below = " ".join(rf"\partial {one}" for one in by)
    whole = rf"\frac{{\partial^{{{order}}} {of}}}{{{below}}}"
    nested = "".join(rf"\frac{{\partial}}{{\partial {one}}} " for one in by) + f"({of})"
    stated = source.choice([whole, nested])
    right = source.choice(["0", stated, nested, rf"\sum_{{s=1}}^T {stated}", "1", f"2 {stated}"])
    return Input(
        "repeated derivative",
        _displayed(*([r"L = \frac12 \|\tilde y - y\|^2"] if source.random() < 0.3 else []), f"{stated} = {right}"),
    )


def glossaries(source: random.Random) -> Input:
    kind = source.random()
    if kind < 0.25:
        glossary = source.randbytes(source.choice([10, 200])).decode("utf-8", errors="replace")
    elif kind < 0.6:
        glossary = _mutated(source, source.choice(GLOSSARIES))
    elif kind < 0.8:
        lines = source.choice(GLOSSARIES).splitlines()
        glossary = "\n".join(
            source.choices(lines, k=len(lines))
            if source.random() < 0.3
            else [x for x in lines if source.random() < 0.9]
        )
    else:
        steps = source.sample("abcdefgijkmnopqruvwz", source.randint(1, 12))
        sizes = [f"r{n}" for n in range(source.choice([1, 3, 10, 40]))]
        symbols = [f"{name} = {{ axes = \"{' '.join(source.choices(sizes, k=source.randint(0, 6)))}\", time = {source.choice(['true', 'false'])} }}" for name in "HWUVxyLQ"]  # fmt: skip  # noqa: E501
        glossary = "\n".join([f"[time]\nletters = {steps}", "[sizes]", *(f'{size} = "D_{n}"' for n, size in enumerate(sizes)), "[symbols]", *symbols])  # fmt: skip
        product = " ".join(f"H^{{{step}}}" for step in steps)
        return Input(
            "glossary",
            _displayed(f"{product} = {source.choice(['', '2'])} {product}", Formulas(source).equation()),
            glossary,
        )
    return Input("glossary", _displayed(source.choice(REAL), Formulas(source).equation()), glossary)


def many_symbols(source: random.Random) -> Input:
    """Documents with many definitions and long equations that use them."""
    count = source.choice([50, 300, 1000])
    names = [f"q^{{n{chr(97 + n // 676)}{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}}}" for n in range(count)]
    values = ["2", "L", r"\frac{\partial L}{\partial W_{ab}} W_{ab}", *source.sample(names, 9)]
    made = [f"{name} = {source.choice(values)}" for name in names]
    return Input("many symbols", _displayed(*made, f"L = {' + '.join(source.choices(names, k=min(count, 150)))}"))


GENERATORS: dict[Callable[[random.Random], Input], float] = {
    well_formed: 30, token_soup: 12, mutated_equations: 20, mutated_pages: 4, random_bytes: 6, nesting: 6, macro_bomb: 3,
    function_bomb: 2, long_sums: 4, huge_numbers: 4, many_indices: 4, repeated_derivatives: 4, glossaries: 5, many_symbols: 0.1,
}  # fmt: skip


def made(seed: int, n: int) -> Input:
    source = random.Random(f"{seed} {n}")
    (generator,) = source.choices([*GENERATORS], [*GENERATORS.values()])
    return generator(source)


# ---- judging


class GivenUp(BaseException):
    """An input takes too long; no handler of an Exception may keep it."""


class _Clock:
    """Processor time from one equation to the next, and where it goes once one takes long."""

    def __init__(self) -> None:
        self.last = time.process_time()
        self.laps: list[float] = []
        self.places: Counter[str] = Counter()

    def lap(self, done: int, of: int) -> None:  # noqa: ARG002  (a progress callback)
        now = time.process_time()
        self.laps.append(now - self.last)
        self.last = now

    def sample(self, signal_: int, frame: FrameType | None) -> None:  # noqa: ARG002
        stack = traceback.extract_stack(frame)
        own = [place for place in stack if "/bptt/" in place.filename][-3:]
        self.places[" < ".join(f"{Path(p.filename).name}:{p.lineno} {p.name}" for p in reversed(own))] += 1
        if time.process_time() - self.last > GIVEN_UP:
            raise GivenUp

    def slowest(self) -> float:
        """Seconds of the slowest equation; what comes before all of them is shared among them."""
        first, *others = [*self.laps, time.process_time() - self.last]
        return max(first / max(1, len(self.laps) - 2), *others, 0.0)


def judged(seed: int, n: int) -> Outcome:
    one = made(seed, n)
    clock = _Clock()
    labels: Counter[str] = Counter()
    violation = ""
    signal.signal(signal.SIGPROF, clock.sample)
    signal.setitimer(signal.ITIMER_PROF, 0.5, 0.5)
    try:
        violation = _violation(one, clock, labels)
    except GivenUp:
        violation = f"given up after {GIVEN_UP:.0f} s"
    except Exception as error:  # noqa: BLE001  (what is looked for)
        own = [f"{Path(p.filename).name}:{p.lineno} {p.name}" for p in traceback.extract_tb(error.__traceback__)][-4:]
        violation = f"{type(error).__name__}: {str(error)[:200]} at {' > '.join(own)}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    seconds = clock.slowest()
    if not violation and seconds > MOST_SECONDS:
        violation = f"{seconds:.1f} s for one equation"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    where = tuple(f"{count}x {place}" for place, count in clock.places.most_common(3))
    return Outcome(n, one.kind, labels, seconds, peak, violation, where)


def _violation(one: Input, clock: _Clock, labels: Counter[str]) -> str:
    """What is wrong with what is said of an input."""
    try:
        found = proofread(one.text, one.glossary, clock.lap)
    except GlossaryError as error:
        labels["(glossary refused)"] += 1
        return "" if str(error) else "a GlossaryError without a message"
    except ValueError as error:
        labels["(document refused)"] += 1
        if type(error) is ValueError and str(error).startswith("a document may have"):
            return ""
        raise
    labels.update(finding.label for display in found for finding in display)
    if len(found) != len(displays(one.text)) or not all(found):
        return "a display has no finding"
    for finding in (finding for display in found for finding in display):
        if finding.label not in LABELS:
            return f"the label {finding.label!r}"
        if finding.label not in ("right", "definition") and not finding.note.strip():
            return f"{finding.label} without a note"
        if not isinstance(finding.legible, str):
            return "not legible"
    return ""


def _limited() -> None:
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MOST_MEMORY, now + MOST_MEMORY))


def _outcomes(seed: int, numbers: range, processes: int) -> Iterator[Outcome]:
    with ProcessPoolExecutor(processes, get_context("spawn"), _limited) as pool:
        yield from pool.map(partial(judged, seed), numbers, chunksize=20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", type=int, help="print this input, and what is said of it")
    options = parser.parse_args()
    if options.only is not None:
        _print_one(options.seed, options.only)
        return
    labels: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = {}
    worst: list[Outcome] = []
    violations: list[Outcome] = []
    peak = 0
    numbers = range(options.first, options.first + options.inputs)
    start = time.perf_counter()
    outcomes = _outcomes(options.seed, numbers, options.processes)
    console = Console(stderr=True)
    for outcome in track(outcomes, "proofreading", options.inputs, console=console):
        if outcome.violation:
            console.print(f"--only {outcome.n}: {outcome.violation}", markup=False, highlight=False)
        labels += outcome.labels
        kinds.setdefault(outcome.kind, Counter()).update(outcome.labels)
        worst = sorted([*worst, outcome], key=lambda one: -one.seconds)[:WORST]
        peak = max(peak, outcome.peak)
        violations += [outcome] if outcome.violation else []
    print(f"{options.inputs:,} inputs, seed {options.seed}, {time.perf_counter() - start:.0f} s")
    print(f"peak memory of a process {peak / 2**20:.0f} MiB; labels:")
    columns = [*LABELS, *sorted(set(labels) - set(LABELS))]
    print(f"{'':<22}" + "".join(f"{name:>20}" for name in columns))
    for kind, counts in [*sorted(kinds.items()), ("all", labels)]:
        print(f"{kind:<22}" + "".join(f"{counts[name]:>20,}" for name in columns))
    print("\nthe slowest equations:")
    for outcome in worst:
        print(f"{outcome.seconds:6.2f} s  {_shown(options.seed, outcome)}", *outcome.where, sep="\n          ")
    print(f"\n{len(violations)} violations")
    alike: dict[str, list[Outcome]] = {}
    for outcome in violations:
        alike.setdefault(re.sub(r"[0-9.]+ s ", "", f"{outcome.kind}: {outcome.violation}"), []).append(outcome)
    for name, those in sorted(alike.items()):
        print(f"\n{len(those)}x {name}; {', '.join(str(one.n) for one in those[:20])}")
        for outcome in those[:3]:
            print(f"          {_shown(options.seed, outcome)}", *outcome.where, sep="\n            ")
    sys.exit(1 if violations else 0)


def _shown(seed: int, outcome: Outcome) -> str:
    text = " ".join(made(seed, outcome.n).text.replace("$$", " ").split())
    short = text if len(text) < 300 else f"{text[:140]} … {text[-140:]}"
    return ascii(f"--only {outcome.n} ({outcome.kind}): {short}").replace("\\\\", "\\")


def _print_one(seed: int, n: int) -> None:
    one = made(seed, n)
    print(one.text, one.glossary or "", "", sep="\n")
    for display in proofread(one.text, one.glossary):
        for finding in display:
            print(finding.label, finding.latex[:300], finding.note, sep=" | ")
    print(judged(seed, n))


if __name__ == "__main__":
    main()
