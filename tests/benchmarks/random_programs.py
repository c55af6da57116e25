"""Random programs of up to 13 steps of NumPy, and their gradients in reverse: code, with slips in it if wanted.

A step is a line or a loop that makes a new value, and the lines that add its share to the gradients by its operands.
NEW stands for its name, A and B for its operands and C for a constant. What stands in «…» may slip.
"""

import itertools
import linecache
import re
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from tests.benchmarks.exact import Function

Lines: TypeAlias = tuple[list[str], list[str]]  # of the forward pass, and of the pass back; «…» may slip
TYPES = ["float64", "float32", "float16", "mixed"]
# Of a gradient before anything is added to it; "": none, where the first thing is assigned.
BUFFERS = ["np.zeros_like({v})", "np.zeros({v}.shape)", "np.zeros({v}.shape, dtype={v}.dtype)", ""]

BINARY = {
    "A + B": ("g_NEW", "g_NEW"),
    "A - B": ("g_NEW", "-g_NEW"),
    "A * B": ("g_NEW * B", "g_NEW * A"),
    "A / (1 + B**2)": ("g_NEW / (1 + B**2)", "-g_NEW * A * 2 * B / (1 + B**2) ** 2"),
    "A / (2 + np.sin(B))": ("g_NEW / (2 + np.sin(B))", "-g_NEW * NEW / (2 + np.sin(B)) * np.cos(B)"),
    "np.sqrt(A**2 + B**2 + 0.5)": ("g_NEW * A / NEW", "g_NEW * B / NEW"),
}
UNARY = {
    "C * A": "C * g_NEW",
    "A + C": "g_NEW",
    "C - A": "-g_NEW",
    "A / C": "g_NEW / C",
    "-A": "-g_NEW",
    "A**2": "2 * g_NEW * A",
    "np.square(A)": "g_NEW * 2 * A",
    "A**3": "3 * A**2 * g_NEW",
    "0.5 * A * A": "g_NEW * A",
    "np.tanh(A)": "g_NEW * (1 - NEW**2)",
    "np.sin(A)": "g_NEW * np.cos(A)",
    "np.cos(A)": "-g_NEW * np.sin(A)",
    "np.arctan(A)": "g_NEW / (1 + A**2)",
    "np.exp(A)": "g_NEW * NEW",
    "np.expm1(0.5 * A)": "0.5 * g_NEW * np.exp(0.5 * A)",
    "np.exp(-0.5 * A**2)": "-g_NEW * A * NEW",
    "np.log(1 + A**2)": "2 * A * g_NEW / (1 + A**2)",
    "np.log1p(np.exp(A))": "g_NEW / (1 + np.exp(-A))",
    "np.logaddexp(0, A)": "g_NEW / (1 + np.exp(-A))",
    "np.sqrt(1 + A**2)": "g_NEW * A / NEW",
    "1 / (1 + np.exp(-A))": "g_NEW * NEW * (1 - NEW)",
}
# With the places of their kinks and jumps, and how far values stay from them.
PIECEWISE: dict[str, tuple[str, list[float], float]] = {
    "np.maximum(A, 0.3)": ("g_NEW * (A > 0.3)", [0.3], 1e-6),
    "np.maximum(0, A)": ("np.where(A > 0, g_NEW, 0.0)", [0], 1e-6),
    "np.minimum(A, 0.3)": ("g_NEW * (A < 0.3)", [0.3], 1e-6),
    "np.abs(A)": ("g_NEW * np.sign(A)", [0], 1e-6),
    "np.clip(A, -0.7, 0.7)": ("g_NEW * ((A > -0.7) & (A < 0.7))", [-0.7, 0.7], 1e-6),
    "np.where(A > 0, A, 0.1 * A)": ("g_NEW * np.where(A > 0, 1.0, 0.1)", [0], 1e-6),
    "np.where(A > 0.1, A**2, np.sin(A))": ("g_NEW * np.where(A > 0.1, 2 * A, np.cos(A))", [0.1], 0.03),
    "A * (A > 0)": ("g_NEW * (A > 0)", [0], 1e-6),
}
PRODUCTS = {  # by the numbers of axes
    (2, 2): ("g_NEW @ B.T", "A.T @ g_NEW"),
    (2, 1): ("np.outer(g_NEW, B)", "A.T @ g_NEW"),
    (1, 2): ("B @ g_NEW", "A[:, None] * g_NEW"),
    (1, 1): ("g_NEW * B", "g_NEW * A"),
}
_WITHOUT_SUM = {".sum(axis=0)": "[0]", ".sum(axis=0, keepdims=True)": "[:1]", ".sum(axis=1, keepdims=True)": "[:, :1]"}
SLIPS: dict[str, Callable[[str], str]] = {
    "factor 1.001": lambda text: f"1.001 * ({text})",
    "factor 1 + 1e-9": lambda text: f"(1 + 1e-9) * ({text})",
    "sign": lambda text: f"-({text})",
    "dropped": lambda text: f"0.0 * ({text})",
    "transposed": lambda text: f"np.transpose({text})",
    "missing sum": lambda text: re.sub(r"\.sum\(axis[^)]+\)", lambda found: _WITHOUT_SUM[found[0]], text),
}


class Program:
    """Grown step by step; each is evaluated as it is added, and not added where a value or its size is large."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.type = str(rng.choice(TYPES, p=[0.4, 0.25, 0.15, 0.2]))
        self.values: dict[str, Any] = {}
        self.forward: list[str] = []
        self.back: list[list[str]] = []
        self.arguments = ["x", "y", "z"][: rng.integers(1, 4)]
        for name in self.arguments:
            dtype = rng.choice(TYPES[:3]) if self.type == "mixed" else self.type
            axes = rng.choice([1, 2, 0], p=[0.5, 0.5, 0] if name == "x" else [0.45, 0.45, 0.1])
            self.values[name] = rng.normal(size=rng.integers(1, 5, axes)).astype(dtype) if axes else float(rng.normal())
        self.names = list(self.arguments)
        length = rng.integers(2, 14)
        for _ in range(200):
            if len(self.back) < length:
                self.add(STEPS[rng.integers(len(STEPS))](self))
        self.finish()

    def add(self, lines: Lines | None) -> None:
        if lines is None:
            return
        name = f"v{len(self.back)}"
        forward, back = ([line.replace("NEW", name) for line in part] for part in lines)
        space = {"np": np, **self.values}
        with np.errstate(all="ignore"):
            exec("\n".join(forward), space)
        value = space[name]
        if np.all(np.abs(value) <= 8) and 0 < np.size(value) <= 40:
            self.values[name] = value
            self.names.append(name)
            self.forward += forward
            self.back.append(back)

    def finish(self) -> None:
        """Let f sum what nothing else uses."""
        terms, back = [], []
        for name in self.names:
            is_used = any(adds_to(line, name) for lines in self.back for line in lines)
            if not is_used or self.rng.random() < 0.1:
                c, is_linear = self.draw_constant(), self.rng.random() < 0.5
                terms.append(f"np.sum({c} * {name})" if is_linear else f"np.sum({c} * {name}**2)")
                by = f"{c} * np.ones_like({name})" if is_linear else f"2 * {c} * {name}"
                back.append(f"g_{name} += «{by}»")
        self.result = " + ".join(terms)
        self.back.append(back)
        self.buffer = BUFFERS[self.rng.integers(len(BUFFERS))]
        self.places = [place for line in self.lines_back() for place in re.findall("«(.*?)»", line)]

    def lines_back(self) -> list[str]:
        return [line for lines in reversed(self.back) for line in lines]

    def write_f(self) -> str:
        return self.write("f", [*self.forward, f"return {self.result}"])

    def write_gradient(self, slip: str = "", slipping: int = -1) -> str:
        """Return the code; the expression of that number slips."""
        count = itertools.count()

        def write_place(found: re.Match[str]) -> str:
            return SLIPS[slip](found[1]) if next(count) == slipping else found[1]

        back = [re.sub("«(.*?)»", write_place, line) for line in self.lines_back()]
        buffers = []
        for name in self.names:
            plain = [n for n, line in enumerate(back) if line.startswith(f"g_{name} += ")]
            if self.buffer or sum(adds_to(line, name) for line in back) > len(plain):
                make = self.buffer or BUFFERS[0]
                buffers.append(f"g_{name} = " + (make.format(v=name) if self.has_axes(name) else "0.0"))
                continue
            for n in plain:  # g_x = g_y may be one array with two names, which no += must change
                sum_so_far = "" if n == plain[0] else f"g_{name} + "
                back[n] = back[n].replace(f"g_{name} += ", f"g_{name} = {sum_so_far}", 1)
        returned = "return " + ", ".join(f"g_{name}" for name in self.arguments)
        return self.write("gradient", [*self.forward, *buffers, *back, returned])

    def write(self, name: str, lines: list[str]) -> str:
        return "\n    ".join([f"def {name}({', '.join(self.arguments)}):", *lines]) + "\n"

    def has_axes(self, name: str) -> bool:
        return np.ndim(self.values[name]) > 0

    def pick(self, is_fit: Callable[[tuple[int, ...]], bool] = lambda _: True) -> str:
        """Return a value of a shape that fits, later ones more often; x if there is none."""
        fit = [name for name in self.names if is_fit(np.shape(self.values[name]))] or ["x"]
        weights = np.arange(1, len(fit) + 1) ** 0.7
        return fit[self.rng.choice(len(fit), p=weights / weights.sum())]

    def pick_array(self, axes: int | None = None) -> tuple[str, tuple[int, ...]]:
        name = self.pick(lambda shape: len(shape) == axes if axes else len(shape) > 0)
        return name, np.shape(self.values[name])

    def draw_constant(self) -> str:
        c = repr(round(float(self.rng.uniform(0.1, 1.5)), 2))
        return f"np.float64({c})" if self.rng.random() < 0.12 else c


def adds_to(line: str, name: str) -> bool:
    """Tell whether the line adds to the gradient by that value."""
    return re.match(rf" *(np\.add\.at\()?g_{name}\b", line) is not None


def add_binary(p: Program) -> Lines | None:
    a, b = p.pick(), p.pick()
    source, shapes = np.broadcast(p.values[a], p.values[b]).shape if can_broadcast(p, a, b) else None, (a, b)
    if source is None:
        return None
    line = list(BINARY)[p.rng.integers(len(BINARY))]
    back = [
        f"g_{name} += «{sum_to(fill(by, a, b), source, np.shape(p.values[name]))}»"
        for name, by in zip(shapes, BINARY[line], strict=True)
    ]
    return [f"NEW = {fill(line, a, b)}"], back


def can_broadcast(p: Program, a: str, b: str) -> bool:
    pairs = zip(reversed(np.shape(p.values[a])), reversed(np.shape(p.values[b])), strict=False)
    return all(m == n or 1 in (m, n) for m, n in pairs)


def sum_to(text: str, source: tuple[int, ...], target: tuple[int, ...]) -> str:
    """Write the sum over the axes along which a value was broadcast."""
    if source == target:
        return text
    if target == ():
        return f"np.sum({text})"
    lead = len(source) - len(target)
    kept = [axis for axis, size in enumerate(target) if size != source[lead + axis]]
    sums = [".sum(axis=0)"] * lead + [f".sum(axis={axis}, keepdims=True)" for axis in kept]
    return f"({text})" + "".join(sums)


def fill(text: str, a: str, b: str = "", c: str = "") -> str:
    return re.sub(r"\b[ABC]\b", lambda found: {"A": a, "B": b, "C": c}[found[0]], text)


def add_unary(p: Program) -> Lines | None:
    a, c, line = p.pick(), p.draw_constant(), list(UNARY)[p.rng.integers(len(UNARY))]
    return [f"NEW = {fill(line, a, c=c)}"], [f"g_{a} += «{fill(UNARY[line], a, c=c)}»"]


def add_piecewise(p: Program) -> Lines | None:
    a, line = p.pick(), list(PIECEWISE)[p.rng.integers(len(PIECEWISE))]
    by, edges, room = PIECEWISE[line]
    if any(np.min(np.abs(np.float64(p.values[a]) - edge)) < room for edge in edges):
        return None
    return [f"NEW = {fill(line, a)}"], [f"g_{a} += «{fill(by, a)}»"]


def add_product(p: Program) -> Lines | None:
    (a, m), (b, n) = p.pick_array(), p.pick_array()
    if m[-1] != n[0]:
        return None
    by_a, by_b = PRODUCTS[len(m), len(n)]
    line = p.rng.choice(["A @ B", "np.dot(A, B)"])
    return [f"NEW = {fill(line, a, b)}"], [f"g_{a} += «{fill(by_a, a, b)}»", f"g_{b} += «{fill(by_b, a, b)}»"]


def add_reduction(p: Program) -> Lines | None:
    a, shape = p.pick_array()
    axis, kind = int(p.rng.integers(-1, len(shape))), p.rng.choice(["sum", "mean"])
    line = f"{a}.{kind}()" if axis < 0 else f"{a}.{kind}(axis={axis})"
    by = "g_NEW[:, None]" if axis == 1 else "g_NEW"
    size = np.prod(shape) if axis < 0 else shape[axis]
    return [f"NEW = {line}"], [f"g_{a}[...] += «{by}{f' / {size}' if kind == 'mean' else ''}»"]


def add_index(p: Program) -> Lines | None:
    a, shape = p.pick_array()
    if p.rng.random() < 0.3:
        rows = p.rng.integers(0, shape[0], p.rng.integers(1, 5)).tolist()
        return [f"NEW = {a}[{rows}]"], [f"np.add.at(g_{a}, {rows}, «g_NEW»)"]
    index = p.rng.choice(["0", "-1", "1:", ":-1", "::2", *([":, 0", ":, 1:", "0, -1"] if len(shape) == 2 else [])])
    return [f"NEW = {a}[{index}]"], [f"g_{a}[{index}] += «g_NEW»"]


def add_move(p: Program) -> Lines | None:
    a, shape = p.pick_array()
    of_matrix = [(".T", ".T"), (".reshape(-1)", f".reshape({a}.shape)")]
    of_vector = [("[:, None]", "[:, 0]"), ("[::-1]", "[::-1]")]
    move, back = (of_matrix if len(shape) == 2 else of_vector)[p.rng.integers(2)]
    return [f"NEW = {a}{move}"], [f"g_{a} += «g_NEW{back}»"]


def add_join(p: Program) -> Lines | None:
    a, shape = p.pick_array()
    b = p.pick(lambda other: len(other) == len(shape) and other[1:] == shape[1:])
    if np.shape(p.values[b])[1:] != shape[1:] or np.ndim(p.values[b]) != len(shape):
        return None
    return [f"NEW = np.concatenate([{a}, {b}])"], [f"g_{a} += «g_NEW[:{shape[0]}]»", f"g_{b} += «g_NEW[{shape[0]}:]»"]


def add_recurrence(p: Program) -> Lines | None:
    """h[t+1] = tanh(W h[t] + xs[t]), of which the last is kept."""
    W, square = p.pick_array(2)
    xs, shape = p.pick_array(2)
    if len(square) < 2 or len(shape) < 2 or square != (shape[1], shape[1]) or xs == W:
        return None
    forward = [
        f"h_NEW = [np.zeros({shape[1]}, dtype={xs}.dtype)]",
        f"for t in range({shape[0]}):",
        f"    h_NEW.append(np.tanh({W} @ h_NEW[-1] + {xs}[t]))",
        "NEW = h_NEW[-1]",
    ]
    back = [
        "h_bar = g_NEW",
        f"for t in reversed(range({shape[0]})):",
        "    a_bar = h_bar * (1 - h_NEW[t + 1] ** 2)",
        f"    g_{W} += «np.outer(a_bar, h_NEW[t])»",
        f"    g_{xs}[t] += «a_bar»",
        f"    h_bar = «{W}.T @ a_bar»",
    ]
    return forward, back


_numbers = itertools.count()


def compile_function(code: str, name: str) -> Function:
    """Return the function of that name, whose code can be read as that of a function in a file can."""
    file = f"<{name} {next(_numbers)}>"
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    space: dict[str, Any] = {"np": np}
    exec(compile(code, file, "exec"), space)
    return space[name]


STEPS = [
    *[add_binary] * 5, *[add_unary] * 6, *[add_piecewise] * 2, *[add_product] * 3, *[add_reduction] * 2,
    add_index, add_move, add_join, *[add_recurrence] * 2,
]  # fmt: skip
