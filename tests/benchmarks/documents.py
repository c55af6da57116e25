r"""Documents to proofread, drawn from a source of random numbers: formulas of the post's notation, real equations with
mistakes, noise, and what is made to be deep, long, large or slow. `GENERATORS` says how often each."""

import random
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bptt.proofread.document import read_document
from tests.proofread.test_proofread import RIGHT, WRONG

DATA = Path(__file__).parent.parent / "data"
PAGES = [path.read_text(encoding="utf-8") for path in (DATA / "post.md", *sorted((DATA / "derivations").glob("*.md")))]
GLOSSARIES = [path.read_text(encoding="utf-8") for path in sorted((DATA / "derivations").glob("*.toml"))]
GLOSSARIES.append((files("bptt.proofread.semantics") / "post.toml").read_text(encoding="utf-8"))
SMALL = """
    time.letters = ["t", "s"]
    sizes = { hidden = "D_h", input = "D_x" }
    symbols = { h = { axes = "hidden", time = true }, x = { axes = "input", time = true }, W = "hidden hidden", L = "" }
"""  # read in a fifth of the time of the post's
REAL = [*RIGHT, *WRONG, *(one.latex for page in PAGES for display in read_document(page).displays for one in display)]
LOSS = r"L = \frac{1}{2} \sum_i (\tilde y_i - y_i)^2"

AXES = {"h": "h", "W": "hh", "U": "hi", "V": "oh", "x": "i", "y": "o", r"\tilde y": "o", "L": "o"}
LETTERS = {"h": ["k", "l", r"\alpha", "n", "a", "b"], "i": ["m", r"\beta", "q", "r"], "o": ["i", "j", "p", "u"]}
RANGES = {letter: over for over, letters in LETTERS.items() for letter in letters}
TOKENS = r"""
    + - = = = ( ) [ ] { } { } _ ^ _ ^ , ; . | \| / * & \\ ' ! ? : " ~ $ % # @ < > ` \quad \, \! \text{if} \text{}
    \left( \right) \left. \right| \left \right \Big( \middle| \frac \dfrac \sqrt \sum \prod \partial \nabla d \mathrm{d}
    \mathrm{diag} \int \sum_{k=1}^{D_h} \sum_t \prod_{s=t+1}^{T} \frac{\partial L}{\partial W} \frac{\partial}{\partial
    h} \odot \otimes \cdot \times \top T t t-1 s k l i j m \alpha \delta_{kl} \delta_k^t \sigma \sigma' \exp \log \tanh
    \softmax \tilde \bar \vec \mathbf \hat h h_k^t x W W_{kl} U V y \tilde{y} L L_i D_x D_h e e_i \mathbb{1} I 0 1 2 3
    0.5 .5 1.2.3 99999999999 ∂ ∑ σ δ · − \ldots \dots \approx \equiv := \leftarrow \neq \leq \in \Rightarrow \forall
    \begin{aligned} \end{aligned} \begin{cases} \end{cases} \begin{pmatrix} \end{pmatrix} \tag{1} \label{a} \limits
    \displaystyle \nonumber \newcommand \def \x #1 ² ＝ é
"""
NESTED = r"""
    (…); {…}; \left(…\right); […]; \frac{1}{1+…}; \sqrt{1+…}; \frac…1; \tilde…; h_{…}; h^…; h_…; x^{…}; \exp(…); |…|;
    \|…\|^2; \mathrm{softmax}(…); \sigma(x,…,x,x); \sigma(…); 2 h(…); -(…); \mathrm{diag}(…); \sum_k (…); \sum_k …;
    \frac{\partial}{\partial h_k}(…); \frac{\partial …}{\partial h^T}; \prod_t (1+…); \begin{aligned}…\end{aligned};
    \text{…}; \left.…\right|_{t=1}; (L L L L L L L L …); (…/2); \sin(…); V^\top (\tilde y - y) \odot (…); W (…); (…)^2;
    \sigma(W, W, …, h); \sigma(…, 1, 1, 1); \log\tanh …; \nabla_{h^T} …; 1/(1+…); [h,…]
"""
PIECES = r"""
    h_k^t; L; W_{kl} h_l; \exp(L); \frac{L}{2}; 2; \tilde y_i y_i; x; \sigma'(h_k^t); (1+L); D_h;
    \frac{\partial L}{\partial W_{kl}} W_{kl}; \frac{\partial L}{\partial h_k^t}
"""
LARGE = r"""
    h_k^{N} + N; L^{N}; (((L^8)^8)^8)^8; \exp(\exp(\exp(\exp(N)))); N^N^N; \sin(NN); N N N N N N L; h^{t-N}; N_N;
    ((((N)^8)^8)^8)^8; W_{N 1}; V_{6 6} h_6^T; \tan(\exp(N L)); \frac{1}{N - N}; \log(-N); \sqrt{-N}; L^{-8}; 0^{-1};
    \sum_{k=1}^{N} h_k; \prod_{s=1}^{20} h_k^s; \log 0; (1 - 1)^{-1} 0; (L - L)^{-1}; h^{20} + h^{21}; h^{T-20};
    \tanh(N L); \cosh(\exp(N))^8; L^{N}^{2}
"""
SCALARS = r"""
    N; D_h; T; L; \frac{S}{S}; \left( S \right); (S)^2; (S)^{-1}; (S)^8; \exp(S); \log(S); \tanh{(S)}; \sigma(S);
    \sin(S); \sum_{I} E; \prod_{I} E; \sum_{t=1}^{T} h_k^t h_k^{t-1}; P; \|\tilde y - y\|^2; y^\top \tilde y
"""  # S stands for a sum, E for a term in the index I, P for a derivative, N for a number
DEFINED = [  # what is defined, the first of them, how it is made from the one before, and what is asked of the last
    ("F(u, v)", "u v", "F(F(u, v), v)", "Q = F(L, 2)"),
    ("F(u)", r"u \exp(u)", "F(F(u))", "Q = F'''(L)"),
    ("F", "L", "F", r"\frac{\partial F}{\partial V_{jk}} = 2 F V_{jk}"),
    ("F_i", "L_i", "F_i", r"\frac{\partial F_i}{\partial V_{jk}} = F_i V_{jk}"),
    ("F_k^t", "h_k^t", "F_k^t", r"\frac{\partial F_k^t}{\partial h_l^{t-1}} = F_k^t W_{kl}"),
]


class Document(NamedTuple):
    text: str
    glossary: str | None = None


class Formulas:
    """Draws formulas of the post's notation, in which an index is a letter of the range that it runs over."""

    def __init__(self, source: random.Random) -> None:
        self.source = source
        self.step = source.choice(["t", "T", "t", "t-1", "1", "s"])

    def letters(self, axes: str, taken: list[str]) -> list[str]:
        """Indices for the axes, none of them taken; they are then."""
        drawn: list[str] = []
        for over in axes:
            free = [letter for letter in LETTERS[over] if letter not in [*taken, *drawn]]
            drawn.append([*free, LETTERS[over][-1]][0])
        taken += drawn
        return drawn

    def entry(self, name: str, letters: list[str]) -> str:
        return name + (f"_{{{' '.join(letters)}}}" if letters else "") + (f"^{{{self.step}}}" if name in "xh" else "")

    def term(self, free: list[str], depth: int) -> str:
        """A product in which each free index stands once, and each of the others twice."""
        wanted, taken, factors = list(free), list(free), list[str]()
        while wanted:
            index = wanted.pop(0)
            fitting = [name for name, axes in AXES.items() if RANGES[index] in axes and len(axes) + len(factors) < 5]
            name = self.source.choice(fitting or [{"h": "h", "i": "x", "o": "y"}[RANGES[index]]])
            before, after = AXES[name].split(RANGES[index], 1)
            left, right = self.letters(before, taken), self.letters(after, taken)
            wanted += left + right
            factors.append(self.entry(name, [*left, index, *right]))
        factors += [self.scalar(depth - 1) for _ in range(self.source.choice([0, 0, 1, 2]) if depth else 0)]
        self.source.shuffle(factors)
        return self.source.choice([" ", r" \cdot "]).join(factors) or str(self.source.randint(0, 9))

    def sum(self, free: list[str], depth: int) -> str:
        terms = [self.term(free, depth) for _ in range(self.source.choice([1, 1, 2, 3]))]
        return self.source.choice([" + ", " - "]).join(terms)

    def scalar(self, depth: int) -> str:
        (index,) = self.letters(self.source.choice("hio"), [])
        shape = one_of(SCALARS, self.source)
        marks: dict[str, Callable[[], str]] = {
            "S": partial(self.sum, [], depth),
            "E": partial(self.term, [index], depth),
            "P": partial(self.derivative, []),
            "I": lambda: index,
            "N": lambda: self.source.choice(["0", "1", "2", "0.5", "1" + "0" * 30]),
        }
        for mark, made in marks.items():
            shape = made().join(shape.split(mark)) if mark in shape else shape
        return shape

    def derivative(self, indices: list[str]) -> str:
        """A derivative, whose own indices are put among those given."""
        top, below = self.source.choice(["L", "L", r"\tilde y", "h"]), self.source.choice("WUVhxy")
        of = self.entry(top, [] if top == "L" else self.letters(AXES[top], indices))
        by = self.entry(below, self.letters(AXES[below], indices))
        return rf"\frac{{\partial{self.source.choice(['', '', '^+'])} {of}}}{{\partial {by}}}"

    def equation(self) -> str:
        indices: list[str] = []
        kind, depth = self.source.random(), self.source.choice([0, 0, 1, 1, 2])
        if kind < 0.6:
            left = self.derivative(indices)
        elif kind < 0.8:
            left = self.sum(self.letters(self.source.choice(["", "h"]), indices), 0)
        else:
            name, axes = self.source.choice([("h", "h"), ("L", ""), (r"\tilde y", "o"), ("e", "o"), ("Q", "")])
            left = self.entry(name, self.letters(axes, indices))
        return f"{left} = {left if self.source.random() < 0.15 else self.sum(indices, depth)}"


def one_of(table: str, source: random.Random) -> str:
    return source.choice(table.split(";")).strip()


def displayed(*equations: str, glossary: str | None = None) -> Document:
    return Document("\n\n".join(f"$$\n{equation}\n$$" for equation in equations), glossary)


def well_formed(source: random.Random) -> Document:
    return displayed(*source.choice([[], [], [LOSS]]), Formulas(source).equation())


def token_soup(source: random.Random) -> Document:
    left = source.choice(["h_k = ", "h_k = ", ""])
    tokens = source.choices(TOKENS.split(), k=source.choice([3, 8, 20, 60]))
    return displayed(left + " ".join(tokens), glossary=source.choice([None, SMALL]))


def _mutated(source: random.Random, text: str) -> str:
    for _ in range(source.choice([1, 1, 2, 4])):
        start = source.randrange(len(text) + 1)
        end = start + source.choice([0, 1, 3, 10])
        other = source.choice([*TOKENS.split(), source.choice(REAL), "", text[start:end] * source.choice([2, 5])])
        text = text[:start] + other + text[end:]
    return text


def mutated_equation(source: random.Random) -> Document:
    return displayed(_mutated(source, source.choice(REAL)), glossary=source.choice([*[None] * 9, *GLOSSARIES]))


def mutated_page(source: random.Random) -> Document:
    page = source.choice(PAGES)
    start = source.randrange(len(page))
    return Document(_mutated(source, page[start : start + source.choice([200, 600])]))


def random_bytes(source: random.Random) -> Document:
    size = source.choice([5, 50, 500])
    raw = source.choice([source.randbytes(size), bytes(source.choices(b"$$$\\\\[]{}_^=&%\n\n ab1()", k=size))])
    text = raw.decode("utf-8", errors=source.choice(["replace", "surrogateescape"]))
    document = source.choice([text, f"$$\n{text}\n$$", f"$$h = {text}$$", f"\\[{text}\\]"])
    return Document(document, source.choice([None, SMALL, SMALL]))


def nesting(source: random.Random) -> Document:
    depth = source.choice([2, 5, 15, 38, 45, 200])
    opening, closing = one_of(NESTED, source).split("…")
    core = source.choice(["h^T", "L", "1", "x", "h_k^t", "", r"\tilde y", "W"])
    nested = opening * depth + core + closing * source.choice([depth] * 9 + [depth - 1])
    return displayed(f"{source.choice(['Q', 'L', 'h_k^t', nested])} = {nested}")


def macro_bomb(source: random.Random) -> Document:
    depth, width = source.choice([(3, 3), (10, 2), (10, 10), (26, 20), (5, 100)])
    names = [rf"\m{chr(97 + n)}" for n in range(depth)]
    innermost = source.choice(["x", "(", "#1", "{#1}", "^", r"\frac"]) * width
    lines = [rf"\newcommand{{{names[0]}}}[1]{{{innermost}}}"]
    for inner, name in pairwise(names):
        body = source.choice([f"{inner}{{}}", f"{inner}{{x}}", f"{inner}h", f"{inner}{{#1#1}}"]) * width
        lines.append(source.choice([rf"\newcommand{{{name}}}[1]{{{body}}}", rf"\def{name}#1{{{body}#1}}"]))
    lines.append(rf"\def{names[0]}{{{source.choice(names)}}}")
    return displayed(*(source.sample(lines, depth)), f"h = {names[-1]} 1")


def definition_bomb(source: random.Random) -> Document:
    depth, width = source.choice([(3, 2), (7, 2), (7, 4), (12, 3), (26, 2)])
    defined, first, again, asked = source.choice(DEFINED)
    body = source.choice([" + ", " "]).join([again] * width)
    names = [rf"\mathrm{{f{chr(97 + n)}}}" for n in range(depth)]
    made = [f"{defined.replace('F', new)} = {body.replace('F', old)}" for old, new in pairwise(names)]
    return displayed(f"{defined.replace('F', names[0])} = {first}", *made, asked.replace("F", names[-1]))


def long_sum(source: random.Random) -> Document:
    glue = source.choice([" + ", " ", r" \cdot ", " - ", "/", r" \times ", r" \odot ", " = ", ", "])
    made = glue.join([one_of(PIECES, source)] * source.choice([5, 20, 59, 61, 300]))
    derivative = rf"\frac{{\partial ({made})}}{{\partial W_{{ab}}}}"
    return displayed(f"{source.choice([LOSS[:1], 'Q', 'Q_k^t', derivative])} = {made}")


def huge_number(source: random.Random) -> Document:
    number = source.choice(["9" * 5, "9" * 39, "9" * 41, "9" * 5000, "0." + "0" * 30 + "1", "1" + "0" * 39])
    formula = one_of(LARGE, source).replace("N", number)
    left = source.choice(["L", "Q", "h_k^t", formula, r"\frac{\partial L}{\partial W_{kl}}"])
    return displayed(f"{left} = {formula}")


def many_indices(source: random.Random) -> Document:
    letters = source.choices("abcdfgijklmnopqruvwz", k=2 * source.randint(2, 9))
    entries = [f"{source.choice('VWU')}_{{{a} {b}}}" for a, b in zip(letters[::2], letters[1::2], strict=True)]
    shape = source.choice(["F", r"\exp(F)", "(F)^2", r"\frac{1}{F}", r"\sin(\exp(\tanh(F)))", r"\sigma(F)"])
    made = shape.replace("F", source.choice([" ", " + ", r" \cdot "]).join(entries))
    sums = "".join(rf"\sum_{{{letter}}} " for letter in source.sample(letters, source.randint(0, len(letters))))
    left = source.choice([made, rf"Q_{{{' '.join(letters)}}}", "Q"])
    return displayed(f"{left} = {sums}{source.choice([made, made.replace(letters[0], letters[-1])])}")


def repeated_derivative(source: random.Random) -> Document:
    by = source.choices(["W_{ab}", "W_{cd}", "V_{ij}", "h^T", "h_k^{t-1}", "h_l^{t-2}", "W"], k=source.randint(1, 5))
    of = source.choice(["L", "h_k^t", "h^T", r"\tilde y_i", "h_k^{8}", r"\sigma(W h)", "L^8", "h_k^{20}", r"\exp(L) L"])
    below = " ".join(rf"\partial {one}" for one in by)
    whole = rf"\frac{{\partial^{len(by)} {of}}}{{{below}}}"
    nested = "".join(rf"\frac{{\partial}}{{\partial {one}}} " for one in by) + f"({of})"
    stated = source.choice([whole, nested])
    right = source.choice(["0", stated, nested, rf"\sum_{{s=1}}^T {stated}", f"2 {stated}"])
    return displayed(*source.choice([[], [LOSS]]), f"{stated} = {right}")


def changed_glossary(source: random.Random) -> Document:
    glossary = source.choice(GLOSSARIES)
    lines = glossary.splitlines()
    del lines[source.randrange(len(lines))]
    noise = source.randbytes(50).decode("utf-8", errors="replace")
    old, new = source.sample(["input", "hidden", "output", "true", "false", "superscript", "subscript"], 2)
    other = new.join(glossary.rsplit(old, source.randint(1, 4)))  # of the symbols, which stand last
    changed = source.choice([noise, _mutated(source, glossary), "\n".join(lines), other, other, other])
    return displayed(source.choice([source.choice(REAL), Formulas(source).equation()]), glossary=changed)


def made_glossary(source: random.Random) -> Document:
    steps = source.sample("abcdefgijkmnopqruvwz", source.randint(1, 12))
    sizes = [f"r{n}" for n in range(source.choice([1, 3, 10, 40]))]
    lines = [f"[time]\nletters = {steps}", "[sizes]", *(f"{size} = 'D_{size[1:]}'" for size in sizes), "[symbols]"]
    for name in "HWUVxyLQ":
        axes, time_ = source.choices(sizes, k=source.randint(0, 5)), source.choice(["true", "false"])
        lines.append(f"{name} = {{ axes = '{' '.join(axes)}', time = {time_} }}")
    product = " ".join(f"{source.choice('HWQ')}^{{{step}}}" for step in steps)
    return displayed(f"{product} = {source.choice(['', '2'])} {product}", glossary="\n".join(lines))


def many_symbols(source: random.Random) -> Document:
    names = [f"q^{{n{chr(97 + n // 26)}{chr(97 + n % 26)}}}" for n in range(source.choice([20, 150, 600]))]
    values = ["2", "L", r"\frac{\partial L}{\partial W_{ab}} W_{ab}", *source.sample(names, 9)]
    return displayed(*(f"{name} = {source.choice(values)}" for name in names), f"L = {' + '.join(names[:150])}")


GENERATORS: dict[Callable[[random.Random], Document], float] = {
    well_formed: 7,
    token_soup: 34,
    mutated_equation: 20,
    mutated_page: 1,
    random_bytes: 25,
    nesting: 3,
    macro_bomb: 0.2,
    definition_bomb: 0.05,
    long_sum: 0.3,
    huge_number: 2,
    many_indices: 0.6,
    repeated_derivative: 0.12,
    changed_glossary: 5,
    made_glossary: 2,
    many_symbols: 0.02,
}  # of a hundred


def drawn(seed: int, n: int) -> tuple[str, Document]:
    source = random.Random(f"{seed} {n}")
    (generator,) = source.choices([*GENERATORS], [*GENERATORS.values()])
    return generator.__name__, generator(source)
