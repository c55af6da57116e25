"""What symbols stand for within one equation: entries, steps, limits, and what means the same everywhere."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import (
    LAST_STEP,
    ONE,
    ZERO,
    Delta,
    Entry,
    Expression,
    Index,
    Mask,
    Quantity,
    Size,
    Step,
)
from bptt.proofread._traversal import rename
from bptt.proofread.semantics._interpretation import Interpretation
from bptt.proofread.semantics._notation import SLICE, is_transpose
from bptt.proofread.semantics._symbols import Reference, Stand
from bptt.proofread.semantics._values import Value, VectorAlgebra
from bptt.proofread.semantics._vocabulary import Vocabulary, is_standard
from bptt.proofread.syntax.tree import (
    UPRIGHT_PI,
    Node,
    Number,
    Place,
    Relation,
    Symbol,
    Unreadable,
    is_bare,
    strip_brackets,
)

INDICATORS = (r"\mathbb{1}", r"\mathbf{1}", r"\mathbb{I}", r"\mathds{1}", "1", r"\mathbf{I}", "I", r"\mathrm{1}")


class Variable(NamedTuple):
    """An entry; with names of its own for its `axes` where it has no letters."""

    axes: tuple[str, ...]
    entry: Entry
    stand: Stand = "either"


class Scope:
    """The names of one equation under one interpretation, and what has been found of it so far.

    Attributes:
        parameters: what letters stand for that are no symbols here
        silent: the step at which a timed symbol without one is meant
        allows_immediate: whether a derivative may be taken for an immediate one
        last_is: the number of steps that the equation is stated for
        below_brackets: the letters below a bracket, which are no sums
        left_indices: the letters that stand as indices on the left
        varied: what varies in an equation between differentials
        dependencies: what is said in a bracket that a symbol is made of, as in L(W)
        chained: the derivatives that stand in a product with another, by their identity
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        interpretation: Interpretation,
        parameters: Mapping[str, Value] | None = None,
        silent: Step = LAST_STEP,
    ) -> None:
        self.vocabulary = vocabulary
        self.symbols = vocabulary.symbols
        self.notation = vocabulary.symbols.notation
        self.interpretation = interpretation
        self.algebra = VectorAlgebra(interpretation, vocabulary.symbols.default_stand)
        self.parameters = parameters or {}
        self.silent = silent
        self.allows_immediate = False
        self.last_is: int | None = None
        self.varied: tuple[Quantity, ...] = ()
        self.left_indices: frozenset[str] = frozenset()
        self.below_brackets: set[str] = set()
        self.chained: set[int] = set()
        self.calls = 0
        self.dependencies: dict[str, tuple[Node, ...]] = {}
        self._bound_steps: dict[str, str] = {}

    def elaborate(self, node: Node) -> Value:
        """Return what a formula stands for. Raises one of `REFUSALS`."""
        raise NotImplementedError

    def make_axes(self, count: int) -> tuple[str, ...]:
        """Name so many axes without a letter."""
        return tuple(self.vocabulary.make_index() for _ in range(count))

    def is_function(self, name: str, arguments: int) -> bool:
        """Whether the name is a function of so many arguments here."""
        return (name, arguments) in self.vocabulary.functions or (arguments == 1 and is_standard(name))

    @contextmanager
    def bind_step(self, letter: str) -> Iterator[str]:
        """Let a letter stand for the steps of a sum; yield the name that it has there."""
        bound, outer = self.vocabulary.make_index(letter), self._bound_steps
        letters = self.notation.bound_letters
        self.notation.bound_letters = letters | {letter}
        self._bound_steps = {**outer, letter: bound}
        try:
            yield bound
        finally:
            self._bound_steps, self.notation.bound_letters = outer, letters

    def name_step(self, step: Step) -> Step:
        """Rename the letter of a step that a sum binds."""
        return Step(self._bound_steps.get(step.anchor, step.anchor), step.offset)

    def get_entry(self, reference: Reference) -> Variable:
        """Return the entry, or the vector or matrix without letters, that a symbol stands for."""
        quantity, scripts = reference
        family = self.symbols.families.get(quantity, ())
        bare = len(scripts.indices) + len(family) == len(quantity.axes)
        indices: tuple[Index, ...] = scripts.indices + (family if bare else ())
        if scripts.transposed and len(indices) == len(quantity.axes):
            indices = indices[::-1]
        indices += (SLICE,) * (len(quantity.axes) - len(indices))
        axes: list[str] = []
        for n, index in enumerate(indices):
            if index == SLICE:
                axes.append(self.vocabulary.make_index())
                indices = (*indices[:n], axes[-1], *indices[n + 1 :])
        stand = self.symbols.get_stand(quantity)
        if SLICE in scripts.indices and len(axes) == 1 and len(indices) == 2:
            stand = "row" if indices[1] == axes[0] else "column"
        step = None
        if quantity.timed:  # a step that a sum binds is renamed with its letter; a silent one stands outside all sums
            step = self.silent if scripts.step is None else self.name_step(scripts.step)
        return Variable(tuple(axes), Entry(quantity, step, indices), stand)

    def find_label(self, node: Node) -> Variable | None:
        """Find the one-hot vector that a symbol stands for without an index: where it is an index, it is a label."""
        reference = self.symbols.find(node) if isinstance(node, Symbol) else None
        if reference is None or "one-hot" not in self.vocabulary.definitions.properties.get(reference.quantity, ()):
            return None
        found = self.get_entry(reference)
        return found if len(found.axes) == 1 else None

    def get_constant(self, node: Symbol) -> Value | None:
        """Return what a symbol means everywhere unless the glossary has it, such as δ_ij and I; None for others."""
        base = self.symbols.get_base(node)
        bare = is_bare(node)
        if base in (r"\delta", r"\mathbb{1}", r"\mathbf{1}") and len(node.below) == 2 and not node.above:
            return Value((), self.make_delta(*node.below, node))
        ones = base in (r"\mathbf{1}", r"\vec{1}", r"\mathbb{1}")
        if ones and (not node.below or self._bears_size(node)):
            return self._get_ones(node)
        if base in INDICATORS and node.below and not node.above:
            return self._get_indicator(node)
        if base in (r"\mathbf{0}", r"\vec{0}", "0") and bare:
            return Value((), ZERO)
        if base in ("I", r"\mathbf{I}", r"\mathbb{I}", r"\mathbb{1}") and (
            bare or (self._bears_size(node) and not node.above)
        ):
            left, right = self.make_axes(2)
            return Value((left, right), Delta(left, right))
        if bare and (base == UPRIGHT_PI or (base == r"\pi" and base not in self.vocabulary.subjects)):
            return Value((), ex.multiply(ex.Constant(Fraction(4)), ex.Function("arctan", 0, ONE)))
        size = self.notation.find_size(node)
        if size is not None or self.notation.parse_step(node) == LAST_STEP:
            return Value((), Size(size))
        return None

    def _bears_size(self, node: Symbol) -> bool:
        """Whether what stands below I, or below ones, is the size of it."""
        below = node.below[0] if len(node.below) == 1 else None
        return isinstance(below, Symbol) and self.notation.find_size(below) is not None

    def _get_ones(self, node: Symbol) -> Value:
        if not all(map(is_transpose, node.above)):
            raise Unreadable("what stands above the ones is not read", node.place)
        # A column also where vectors are rows: it stands for the rows of a batch.
        return Value(self.make_axes(1), ONE, "row" if node.above else "column")

    def make_delta(self, left: Node, right: Node, node: Symbol) -> Expression:
        """Build Kronecker's δ of two indices, or of two steps."""
        steps = self._parse_steps(left, right)
        if steps is not None:
            return Mask("=", *steps)
        labelled = self._compare_with_label(left, right)
        if labelled is not None:
            return labelled
        return Delta(self.notation.parse_index(left, node), self.notation.parse_index(right, node))

    def _parse_steps(self, left: Node, right: Node) -> tuple[Step, Step] | None:
        """Read two steps that are not both fixed; None for anything else."""
        one, two = map(self.notation.parse_step, (left, right))
        if one is None or two is None or (one.is_fixed and two.is_fixed):
            return None
        return self.name_step(one), self.name_step(two)

    def _get_indicator(self, node: Symbol) -> Value | None:
        if len(node.below) > 1:
            return None
        where = strip_brackets(node.below[0])
        if isinstance(where, Relation):
            return Value((), self.make_mask(where, node.place))
        if isinstance(where, Symbol) and self.notation.find_size(where) is not None:
            return Value(self.make_axes(1), ONE, "column")
        index = self.notation.parse_index(where, node)
        return Value((), Mask("=", index, index))  # an entry of the vector of ones

    def make_mask(self, where: Relation, place: Place | None) -> Expression:
        """Build what is 1 where a relation between two indices, steps or numbers holds. Raises `Unreadable`."""
        sign, left, right = where.sign, where.left, where.right
        if isinstance(left, Relation):
            both = left, Relation(left.right, sign, right)
            return ex.multiply(*(self.make_mask(one, place) for one in both))
        if sign in (r"\ge", ">"):
            sign, left, right = {r"\ge": r"\le", ">": "<"}[sign], right, left
        steps = self._parse_steps(left, right)
        if sign in _MASKS and steps is not None:
            return Mask(_MASKS[sign], *steps)
        labelled = self._compare_with_label(left, right) if sign in ("=", r"\neq") else None
        if labelled is not None:
            return labelled if sign == "=" else ex.add(ONE, ex.negate(labelled))
        if sign in _MASKS and self.is_index(left) and self.is_index(right):
            symbol = Symbol("the condition", place=place)
            one, two = (self.notation.parse_index(side, symbol) for side in (left, right))
            return Delta(one, two) if sign == "=" else Mask(_MASKS[sign], one, two)
        if sign in ("<", r"\le"):
            greater, less = self.elaborate(right), self.elaborate(left)
            difference = self.algebra.add([greater, less._replace(body=ex.negate(less.body))])
            if not difference.axes:
                return ex.Function("step", 0, difference.body)
        raise Unreadable("the condition is not read", place)

    def _compare_with_label(self, left: Node, right: Node) -> Expression | None:
        """Build what is 1 where an index is that of a label: the entry of the one-hot vector."""
        for one, other in ((left, right), (right, left)):
            label = self.find_label(strip_brackets(other)) if self.is_index(one) else None
            if label is not None:
                index = self.notation.parse_index(one, Symbol("the label", place=None))
                return rename(label.entry, {label.axes[0]: index})
        return None

    def is_index(self, node: Node) -> bool:
        """Whether a formula can be an index: a letter that is no symbol of the glossary, or a number."""
        node = strip_brackets(node)
        if isinstance(node, Number):
            return node.value.denominator == 1 and node.value > 0
        return isinstance(node, Symbol) and not node.above and not self.symbols.is_declared(node)

    def is_free(self, node: Symbol) -> bool:
        """Whether the glossary leaves a symbol to what it means everywhere: δ_ij and e^x, where it has δ_k and e_i."""
        if self.symbols.find_name(node) is None:
            return True
        base = self.symbols.get_base(node)
        if base != r"\delta":
            return False
        found = self.symbols.find(node)
        if found is None:
            return True
        # δ with one index may be a slope, of which δ_ij with two is no entry.
        slope = len(found.scripts.indices) != len(found.quantity.axes) and not found.quantity.timed
        return len(node.below) == 2 and (slope or set(map(self.notation.spell, node.below)) <= self.left_indices)

    def get_variable(self, node: Node, place: Place | None) -> Variable:
        """Return the entry that a derivative is by. Raises `Unreadable` for what is none."""
        node = strip_brackets(node)
        if not isinstance(node, Symbol):
            raise Unreadable("a derivative is by one symbol", place)
        argument = self.parameters.get(self.symbols.get_base(node))
        if argument is not None and isinstance(argument.body, Entry) and not (node.below or node.above):
            return Variable(argument.axes, argument.body, argument.stand)
        reference = self.symbols.resolve(node)
        scripts = reference.scripts
        if scripts.power is not None:
            raise Unreadable("a derivative is by a symbol without a power", place)
        found = self.get_entry(reference)
        if scripts.transposed and not scripts.indices:
            return found._replace(
                axes=found.axes[::-1], stand="row" if self.symbols.default_stand == "column" else "column"
            )
        return found

    def pick_entry(self, value: Value, below: tuple[Node, ...], place: Place | None) -> Value:
        """Pick an entry of what has axes, as in (W h)_k. Raises `Unreadable`."""
        symbol = Symbol("the bracket", place=place)
        if len(below) == 1 and isinstance(below[0], Symbol) and below[0].name == "F":
            raise Unreadable("what stands below the bracket is no index", place)
        indices = [self.notation.parse_index(item, symbol) for item in below]
        if len(indices) != len(value.axes):
            raise Unreadable(f"{len(value.axes)} indices are expected below the bracket, got {len(indices)}", place)
        # (W h)_k says itself that k is free, also where k stands twice in a product.
        self.below_brackets |= {index for index in indices if isinstance(index, str)}
        return Value((), rename(value.body, dict(zip(value.axes, indices, strict=True))))


_MASKS: Mapping[str, ex.MaskRelation] = {"=": "=", r"\neq": "≠", "<": "<", r"\le": "≤"}
