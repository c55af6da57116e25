"""How many axes each symbol has that a document does not define: the choice with which most equations can be read.

It starts from what the document says, from indices and from habits (uppercase is a matrix). Then it makes the change of
one symbol, or of all that may be numbers, that makes most equations readable, while there is one.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from bptt.proofread._expressions import Claim
from bptt.proofread._traversal import expand
from bptt.proofread.semantics._claims import Equation, state_claim
from bptt.proofread.semantics._draft_letters import MEANINGLESS
from bptt.proofread.semantics._draft_page import spell_name
from bptt.proofread.semantics._draft_signs import NORMAL, Signs
from bptt.proofread.semantics._glossary import Declared, Glossary
from bptt.proofread.semantics._interpretation import Interpretation
from bptt.proofread.semantics._refusals import REFUSALS
from bptt.proofread.semantics._symbols import Name
from bptt.proofread.semantics._vocabulary import Vocabulary
from bptt.proofread.syntax import Node

ANY = "any"  # the range of every axis, until ranges are told apart
MOST_WAYS = 8  # to read an equation that are looked at
MOST_READINGS = 1_000  # of an equation under one choice: of 40 equations, 25 choices
LEAST_TRIED = 6  # choices, of however long a document
MANY_MORE = 3  # equations that a choice against habit must read to be believed
_SCALARS = frozenset({
    r"\lambda", r"\eta", r"\epsilon", r"\varepsilon", r"\alpha", r"\beta", r"\tau", r"\gamma", r"\kappa", r"\rho",
    r"\nu", r"\mu", r"\omega", r"\zeta", r"\xi", r"\sigma",
})  # fmt: skip
_NUMBERS = frozenset({r"\ell", r"\mathcal{L}", r"\mathcal{J}", r"\mathcal{E}", r"\mathcal{C}", r"\mathcal{l}"})
_DENSITY = r"(z) = \frac{\exp(-z^2 / 2)}{\sqrt{8 \arctan 1}}"
_DEFAULTS = {
    r"\sigma": r"\sigma(z) = \frac{1}{1 + \exp(-z)}",
    r"\Phi": r"\Phi(z) = \frac{1}{2} + \frac{1}{2} \operatorname{erf}(z / \sqrt{2})",
    **{name: name + _DENSITY for name in (r"\varphi", r"\phi")},
}
_LOSSES = _NUMBERS | {"L", "J", "E", "C"}  # of which these are matrices, too, where nothing differentiates them


Reader = Callable[[Glossary, int], "Reading"]  # reads a document under a glossary, each equation in so many ways


class Ways(NamedTuple):
    """The ways to read an equation, none if it cannot be read.

    `forced` if each multiplies vectors side by side entry by entry: then they may be numbers.
    """

    claims: Sequence[Claim] = ()
    forced: bool = False


class Reading(NamedTuple):
    """What came of a document under one glossary: the ways to read each equation."""

    vocabulary: Vocabulary
    ways: Sequence[Ways]

    @property
    def number(self) -> int:
        """How many equations can be read."""
        return sum(bool(one.claims) for one in self.ways)

    @property
    def forced(self) -> int:
        """How many can be read by force alone."""
        return sum(one.forced for one in self.ways)


@dataclass(frozen=True)
class Orders:
    """A choice: the number of axes of each name that is declared, those that bear steps, and how vectors stand."""

    orders: Mapping[Name, int]
    timed: frozenset[Name]
    both: frozenset[Name] = frozenset()  # those that stand without a step as well
    vectors: str = "columns"
    joined: frozenset[Name] = frozenset()  # matrices whose second axis is one range behind another
    guessed: frozenset[Name] = field(default=frozenset(), compare=False)
    unusual: frozenset[Name] = frozenset()  # those that have not the number of axes that is usual for their letter

    def list_kinds(self, name: Name) -> list[bool]:
        """List whether there is one of a name that bears steps, and one that bears none."""
        return [True, False] if name in self.both else [name in self.timed]


def list_ways(vocabulary: Vocabulary, left: Node, right: Node, most: int) -> Ways:
    """List what an equation may claim, by at most so many ways to read it."""
    vocabulary.begin_equation()
    waiting: list[tuple[int, ...]] = [()]
    plain, forced = list[Claim](), list[Claim]()
    for _ in range(MOST_WAYS):
        interpretation = Interpretation(waiting.pop(0))
        try:
            claim = state_claim(vocabulary, Equation(left, right), interpretation)
            by_entries = any(one.convention == "entry by entry" for one in interpretation.taken)
            if not (interpretation.odd or interpretation.slip):
                (forced if by_entries else plain).append(claim)
        except (*REFUSALS, RecursionError):
            pass
        waiting += interpretation.propose_others()
        if not waiting or len(plain) == most:
            break
    return Ways(plain) if plain else Ways(forced[:most], bool(forced))


def choose_orders(signs: Signs, read: Reader) -> tuple[Orders, Reading]:
    """Choose how many axes each symbol has. `read` reads the document under a glossary."""
    search = _Search(signs, read)
    start, number = search.best, search.reading.number
    search.try_rows()
    search.climb()
    if search.best != start:
        search.try_rows()
    return search.conclude(number), read(make_glossary(signs, search.best), MOST_WAYS)


def make_glossary(signs: Signs, chosen: Orders) -> Glossary:
    """Make a glossary in which all ranges are the same."""
    axis, whole = (ANY,), (ANY, ANY)
    symbols = tuple(
        Declared(
            spell_name(name),
            (axis, whole) if name in chosen.joined else (axis,) * order,
            timed,
            properties=frozenset(("one-hot",)) if order and name.base in signs.labels else frozenset(),
        )
        for name, order in chosen.orders.items()
        for timed in chosen.list_kinds(name)
    )
    sizes = {ANY: signs.sizes or ("N_{any}",)}
    return Glossary(
        sizes, symbols, signs.letters, signs.last, signs.place, MEANINGLESS, chosen.vectors, (), list_defaults(signs)
    )


def list_defaults(signs: Signs) -> tuple[str, ...]:
    """List what few write down: σ is the logistic function, and Φ and φ are those of the normal distribution."""
    named = signs.functions & {r"\sigma"} | (signs.functions & set(NORMAL) if signs.is_normal else set())
    return tuple(one for name, one in _DEFAULTS.items() if name in named)


class _Search:
    """The best choice so far."""

    def __init__(self, signs: Signs, read: Reader) -> None:
        self.signs = signs
        self._read = read
        everything = [one for found in signs.occurrences for one in found]
        timeless = [one.name for found in signs.occurrences if not any(one.timed for one in found) for one in found]
        self.uses, self.alone = Counter(one.name for one in everything), Counter(timeless)
        self.timed = {one.name for one in everything if one.timed}
        self.transposed = {one.name for one in everything if one.transposed}
        self.indices = dict.fromkeys(self.uses, 0)  # the largest number with which each name stands
        for one in everything:
            self.indices[one.name] = max(self.indices[one.name], one.indices)
        self.left = max(LEAST_TRIED, MOST_READINGS // max(1, len(signs.occurrences)))
        recurrent = self._list_recurrent()
        self.given = {name for name in self.uses if self._is_given(name) or name in recurrent}
        self.best = self._choose([name for name in self.uses if name in self.given])
        self.reading = self._try(self.best)

    def _is_given(self, name: Name) -> bool:
        """Whether a name is none that a definition could bring in."""
        letters = any(len(part) == 1 or part[0] in "\\(" for part in (*name.below, *name.above))
        return letters or name not in self.signs.subjects or name in self.signs.shapes

    def _list_recurrent(self) -> set[Name]:
        """List the names that are defined by way of others which need them at another step."""
        needs: dict[Name, set[Name]] = {}
        shifted: set[Name] = set()
        for subject, found in zip(self.signs.subjects, self.signs.occurrences, strict=True):
            if subject is not None and subject not in needs and any(one.timed for one in found if one.name == subject):
                needs[subject] = {one.name for one in found} - {subject}
                shifted |= {one.name for one in found if one.shifted}
        return {
            name for name in needs if name in shifted and name in expand(needs[name], lambda one: needs.get(one, ()))
        }

    def _choose(self, names: Sequence[Name]) -> Orders:
        orders = {name: self._guess(name) for name in names if not self._is_loss(name)}
        timed = frozenset(self.timed & orders.keys())
        both = frozenset(name for name in timed if 2 * self.alone[name] > self.uses[name])
        guessed = frozenset(name for name in orders if name not in self.signs.shapes and not self.indices[name])
        return Orders(orders, timed, both, guessed=guessed)

    def _is_loss(self, name: Name) -> bool:
        """Whether a name is a loss that is defined nowhere, which is taken for an unknown function."""
        bare = not (name.below or name.above or self.indices[name] or name in self.timed)
        bare = bare and name.base in self.signs.numerators
        return name.base in _LOSSES and bare and name not in self.signs.shapes and name not in self.signs.subjects

    def _guess(self, name: Name) -> int:
        if name in self.signs.shapes:
            return len(self.signs.shapes[name])
        if self.indices[name]:
            return max(self.indices[name], self._least(name))
        plain = name.base.partition("{")[2].rstrip("}") or name.base
        if name in self.signs.numbers and not self._least(name):
            return 0
        if name.base in self.signs.exponents | _NUMBERS | (_LOSSES & self.signs.numerators) or (
            plain in _SCALARS and name not in self.transposed
        ):
            return 0
        return 2 if plain[-1:].isupper() or plain in (r"\Sigma", r"\Lambda", r"\Delta", r"\Theta", r"\Phi") else 1

    def _try(self, chosen: Orders) -> Reading:
        self.left -= 1
        return self._read(make_glossary(self.signs, chosen), 1)

    def _take_best(self, choices: Iterable[Orders]) -> bool:
        """Take the choice with which most equations can be read, if these are more; half of those left are tried."""
        found = [(one, self._try(one)) for one in itertools.islice(choices, max(1, self.left // 2))]
        chosen, reading = max(found, key=lambda one: self._rate(*one), default=(self.best, self.reading))
        if self._rate(chosen, reading) <= self._rate(self.best, self.reading):
            return False
        self.best, self.reading = chosen, reading
        return True

    def conclude(self, start: int) -> Orders:
        """Return the best choice, with the names for which it is unusual and reads few more equations, or odd.

        A lowercase letter may be a number.
        """
        changed = {
            name
            for name, order in self.best.orders.items()
            if order != self._guess(name) and order + self._guess(name) > 1
        }
        return replace(self.best, unusual=frozenset(changed if self.reading.number < start + MANY_MORE else ()))

    def try_rows(self) -> None:
        """Let vectors stand the other way round, if that reads more."""
        if self.left > 0 and not self._is_done():
            other = "rows" if self.best.vectors == "columns" else "columns"
            self._take_best([replace(self.best, vectors=other)])

    def climb(self) -> None:
        """Change what may be numbers, or the symbols of one letter at a time, while more equations can be read."""
        while self.left > 0 and not self._is_done():
            changes = (chosen for base in self._list_suspects() for chosen in self._list_changes(base))
            if not self._take_best(itertools.chain(self._make_numbers(), changes)):
                return

    def _is_done(self) -> bool:
        return self._rate(self.best, self.reading) == (len(self.reading.ways), 0, 0, 0)

    def _rate(self, chosen: Orders, reading: Reading) -> tuple[int, int, int, int]:
        """Rate a choice by what can be read with it: by force the less, and with fewer losses that are vectors.

        What the document defines is better not declared.
        """
        held = (one for quantities in reading.vocabulary.symbols.quantities.values() for one in quantities)
        vectors = {one.name for one in held if one.axes and not one.timed} & self.signs.losses
        return reading.number, -reading.forced, -len(vectors), -len(chosen.orders.keys() - self.given)

    def _make_numbers(self) -> Iterator[Orders]:
        """Make numbers of all that were guessed to be vectors, and of which nothing shows that."""
        orders = self.best.orders
        plain = [name for name in self.best.guessed if orders.get(name) == 1 and not self._least(name)]
        if plain:
            yield replace(self.best, orders={**orders, **dict.fromkeys(plain, 0)})

    def _least(self, name: Name) -> int:
        """The least number of axes that a name has where it stands."""
        return self.signs.arrays.get(name, 0)

    def _list_suspects(self) -> list[str]:
        """List the letters, those first that stand in most of the equations that cannot be read."""
        counts = Counter(dict.fromkeys((name.base for name in self.uses), 0))
        for ways, found in zip(self.reading.ways, self.signs.occurrences, strict=True):
            if not ways.claims or ways.forced:
                counts.update({one.name.base for one in found})
        return sorted(counts, key=lambda base: (-counts[base], base))

    def _list_changes(self, base: str) -> Iterator[Orders]:
        """List what can be changed about the names of one letter, as W_f and W_i."""
        orders, names = self.best.orders, [name for name in self.uses if name.base == base]
        unknown = [name for name in names if name not in orders and not self._is_loss(name)]
        if unknown:
            more = self._choose([one for one in self.uses if one in orders or one in unknown])
            yield replace(more, orders={**more.orders, **orders}, vectors=self.best.vectors, joined=self.best.joined)
        needless = {name for name in names if name in orders} - self.given
        if needless:
            yield replace(self.best, orders={name: order for name, order in orders.items() if name not in needless})
        free = [name for name in names if name in orders and name not in self.signs.shapes]
        matrices = frozenset(name for name in free if orders[name] == 2)
        if matrices - self.best.joined:
            yield replace(self.best, joined=self.best.joined | matrices)
        for order in (0, 1, 2):
            changed = {name: order for name in free if max(self.indices[name], self._least(name)) <= order}
            if any(orders[name] != order for name in changed):
                yield replace(self.best, orders={**orders, **changed}, joined=self.best.joined - frozenset(changed))
