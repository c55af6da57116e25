"""Search for the correction of an equation that holds: each is sorted out at one point, or judged."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice

from bptt.proofread import semantics
from bptt.proofread._expressions import Claim, Properties, Range
from bptt.proofread._gradient_names import SIGNS, join_signs, split_name
from bptt.proofread.corrections._correction import Correction, Surroundings
from bptt.proofread.corrections._proposals import propose_corrections
from bptt.proofread.corrections._write import write_latex
from bptt.proofread.document import tokenize
from bptt.proofread.evaluation import Budget, TooLarge
from bptt.proofread.evaluation._screen import Screen
from bptt.proofread.semantics import Vocabulary
from bptt.proofread.syntax import Unreadable, parse
from bptt.proofread.syntax.tree import Application, Derivative, Node, Symbol, list_symbols, nodes

MOST_OPERATIONS = 6_000_000  # of one equation, for all its corrections: about 3 s
MOST_OF_DOCUMENT = 40_000_000  # of all equations of a document: about 20 s
READING = 200  # operations that a formula costs that is read: as long as it takes to state what an equation claims
MOST_READINGS = 3  # of one correction; what holds, holds under one of the first, or it is not named


class Search:
    """Searches for the corrections of the equations of one document, as long as there is time left to it."""

    def __init__(self, vocabulary: Vocabulary, formulas: Sequence[Node] = ()) -> None:
        self.vocabulary = vocabulary
        self.formulas = formulas  # all of the document
        parts = (part for side in formulas for part in nodes(side))
        self.tells_immediate = any(isinstance(part, Derivative) and part.immediate for part in parts)
        names = {symbol.name for side in formulas for symbol in list_symbols(side)}
        self.signs = frozenset(SIGNS).intersection(split_name(name)[0] for name in names)  # that name gradients
        self.left = MOST_OF_DOCUMENT

    def find(
        self,
        equation: semantics.Equation,
        others: Sequence[Node],
        properties: Properties,
        layout: int | None,
        judge: Callable[[Node, Node, Budget], bool],
    ) -> Correction | None:
        """Find the first correction that holds; None if there is none, or the budget is spent.

        Args:
            equation: the equation that is wrong
            others: formulas that stand near it
            properties: what is said of quantities beside it
            layout: how the document lays derivatives out, as far as that is settled
            judge: whether an equation is right, within a budget
        """
        budget = Budget()
        budget.left = granted = min(MOST_OPERATIONS, self.left)
        screen = Screen(self.vocabulary.definitions, budget, properties)
        around = survey(self.vocabulary, equation, others)
        around = around._replace(elsewhere=tuple(self.formulas), tells_immediate=self.tells_immediate)
        try:
            for one in propose_corrections(equation.left, equation.right, around):
                before = self.vocabulary.readings
                try:
                    read = self._read_again(one)
                    corrected = equation._replace(left=read.left, right=read.right)
                    if self._may_hold(screen, corrected, layout) and judge(read.left, read.right, budget):
                        return read
                except TooLarge:
                    raise
                except Exception:  # nobody wrote this equation: whatever is wrong with it must not cost the verdict
                    pass
                budget.spend(READING * (self.vocabulary.readings - before))
        except TooLarge:
            return None
        finally:
            self.left -= granted - max(budget.left, 0)
        return None

    def _read_again(self, one: Correction) -> Correction:
        """Parse what a correction is written as, so that what is tried is what stands there."""
        right = self._read(write_latex(one.right), 1)
        return one._replace(left=self._read(write_latex(one.left), 2) if one.is_left else one.left, right=right)

    def _read(self, latex: str, line: int) -> Node:
        return join_signs(parse(tokenize(latex, line, 1), self.vocabulary.words), self.signs)

    def _may_hold(self, screen: Screen, equation: semantics.Equation, layout: int | None) -> bool:
        """Whether it holds at one point under one of the first ways to read it. Raises `TooLarge`."""
        for claim in self._list_claims(equation, layout):
            try:
                if not screen.rejects(claim):
                    return True
            except TooLarge:
                raise
            except ValueError:  # it has no value there
                continue
        return False

    def _list_claims(self, equation: semantics.Equation, layout: int | None) -> Iterator[Claim]:
        """List what an equation may claim: first about a function of numbers, if it is about one."""
        if isinstance(equation.left, Application):
            parameters = semantics.get_parameters(self.vocabulary, equation.left)
            if parameters is not None:
                self.vocabulary.begin_equation()
                with suppress(*semantics.REFUSALS):
                    yield semantics.state_function_claim(self.vocabulary, parameters, equation.left, equation.right)
        for interpretation, claim in islice(semantics.list_claims(self.vocabulary, equation, layout), MOST_READINGS):
            if not (isinstance(claim, Exception) or interpretation.odd or interpretation.slip):
                yield claim


def survey(vocabulary: Vocabulary, equation: semantics.Equation, others: Sequence[Node]) -> Surroundings:
    """Survey what a correction may be made of: the letters of an equation and of those near it, names and sizes."""
    symbols, glossary = vocabulary.symbols, vocabulary.symbols.glossary
    sides = [equation.left, equation.right]
    letters = dict[str, Range]()
    for letter, axis in (found for side in sides for found in _list_indices(vocabulary, side)):
        letters[letter] = letters.get(letter) or axis
    standing = [one for side in sides for one in nodes(side, scripts=True) if isinstance(one, Symbol)]
    named = [one.name for side in (*sides, *others) for one in nodes(side) if isinstance(one, Symbol)]
    given = [one.latex for one in glossary.symbols if not one.axes and not one.timed]
    scalars = [*glossary.last_step[:1], *(known[0] for known in glossary.sizes.values())]
    scalars += [latex for latex in given if latex not in vocabulary.subjects]
    last = parse(tokenize(glossary.last_step[0], 1, 1)) if glossary.last_step else Symbol("T")
    return Surroundings(
        last=last,
        others=tuple(others),
        scalars=tuple(parse(tokenize(latex, 1, 1)) for latex in scalars),
        steps=frozenset(one.name for one in standing if symbols.notation.is_step_letter(symbols.notation.spell(one))),
        letters=letters,
        alike=dict(_list_alike(vocabulary, equation.right)),
        names=frozenset([*(name.base for name in symbols.quantities), *named]),
        is_function=lambda symbol: vocabulary.may_apply(symbol) and not symbol.below,
        bears_step=lambda symbol: _bears_step(vocabulary, symbol),
    )


def _bears_step(vocabulary: Vocabulary, symbol: Symbol) -> bool:
    try:
        return vocabulary.symbols.resolve(symbol).scripts.step is not None
    except Unreadable:
        return False


def _list_alike(vocabulary: Vocabulary, side: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    """List the names that may stand for each other: with as many indices, a step or none, and no scripts in them."""
    plain = {name: held for name, held in vocabulary.symbols.quantities.items() if not (name.below or name.above)}
    known = [(name.base, (len(one.axes), one.timed)) for name, held in plain.items() for one in held]
    for symbol in dict.fromkeys(one for one in nodes(side) if isinstance(one, Symbol)):
        base = vocabulary.symbols.get_base(symbol)
        own = {form for name, form in known if name == base}
        if own:
            yield symbol.name, tuple(dict.fromkeys(name for name, form in known if form in own and name != base))


def _list_indices(vocabulary: Vocabulary, side: Node) -> Iterator[tuple[str, Range]]:
    """List the letters that stand for indices in a formula, and what each runs over; () where that is not known."""
    for one in nodes(side):
        if isinstance(one, Symbol) and one.below and vocabulary.symbols.notation.find_size(one) is None:
            try:
                quantity, scripts = vocabulary.symbols.resolve(one)
                found = list(zip(scripts.indices, quantity.axes, strict=False))  # none of what has no letters
            except Unreadable:  # such as δ, which is no quantity
                found = [(item.name, ()) for item in one.below if isinstance(item, Symbol)]
            yield from ((index, axis) for index, axis in found if isinstance(index, str))
