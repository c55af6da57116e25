"""What symbols stand for within one equation: entries, steps, limits, and what means the same everywhere."""

from collections.abc import Mapping
from typing import NamedTuple

from bptt.proofread._expressions import LAST_STEP, ONE, ZERO, Delta, Entry, Expression, Index, Range, Size, Step
from bptt.proofread._traversal import rename
from bptt.proofread.semantics._interpretation import Interpretation
from bptt.proofread.semantics._symbols import Reference
from bptt.proofread.semantics._values import Value, VectorAlgebra
from bptt.proofread.semantics._vocabulary import Vocabulary, is_standard
from bptt.proofread.syntax.tree import Bracket, Node, Number, Place, Relation, Repeated, Symbol, Unreadable


class Variable(NamedTuple):
    """An entry; with names of its own for its `axes` where it has no letters."""

    axes: tuple[str, ...]
    entry: Entry


class Scope:
    """The names of one equation under one interpretation, and what has been found of it so far.

    Attributes:
        parameters: what letters stand for that are no symbols here
        silent: the step at which a timed symbol without one is meant
        allows_immediate: whether a derivative may be taken for an immediate one
        last_is: the number of steps that the equation is stated for
        below_brackets: the letters below a bracket, which are no sums
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
        self.algebra = VectorAlgebra(interpretation, vocabulary.symbols.glossary.vectors == "rows")
        self.parameters = parameters or {}
        self.silent = silent
        self.allows_immediate = False
        self.last_is: int | None = None
        self.below_brackets: set[str] = set()
        self._bound_steps: dict[str, str] = {}
        self._calls = 0
        self._chained: set[int] = set()  # derivatives that stand in a product with another, by their id
        self._sizes: dict[int, tuple[int, Expression]] = {}  # the operations of expressions, by their id

    def make_axes(self, count: int) -> tuple[str, ...]:
        """Name so many axes without a letter."""
        return tuple(self.vocabulary.make_index() for _ in range(count))

    def is_function(self, name: str, arguments: int) -> bool:
        """Whether the name is a function of so many arguments here."""
        return (name, arguments) in self.vocabulary.functions or (arguments == 1 and is_standard(name))

    def get_entry(self, reference: Reference) -> Variable:
        """Return the entry, or the vector or matrix without letters, that a symbol stands for."""
        quantity, scripts = reference
        indices: tuple[Index, ...] = scripts.indices
        axes: tuple[str, ...] = ()
        if quantity.axes and not indices:
            indices = axes = self.make_axes(len(quantity.axes))
        elif scripts.transposed:
            indices = indices[::-1]
        step = None
        if quantity.timed:  # a step that a sum binds is renamed with its letter; a silent one stands outside all sums
            step = self.silent if scripts.step is None else self._bind_step(scripts.step)
        return Variable(axes, Entry(quantity, step, indices))

    def _bind_step(self, step: Step) -> Step:
        return Step(self._bound_steps.get(step.anchor, step.anchor), step.offset)

    def get_constant(self, node: Symbol) -> Value | None:
        """Return what a symbol means everywhere unless the glossary has it, such as δ_ij and I; None for others."""
        base = self.symbols.get_base(node)
        bare = not (node.below or node.above or node.primes)
        if base == r"\delta" and len(node.below) == 2 and not node.above:
            left, right = (self.notation.parse_index(item, node) for item in node.below)
            return Value((), Delta(left, right))
        if base in (r"\mathbb{1}", r"\mathbf{1}", r"\mathbb{I}", "1"):
            return self._get_indicator(node)
        if base in (r"\mathbf{0}", r"\vec{0}", "0") and bare:
            return Value((), ZERO)
        if base in ("I", r"\mathbf{I}", r"\mathbb{I}") and bare:
            left, right = self.make_axes(2)
            return Value((left, right), Delta(left, right))
        size = self.notation.find_size(node)
        if size is not None or self.notation.parse_step(node) == LAST_STEP:
            return Value((), Size(size))
        return None

    def _get_indicator(self, node: Symbol) -> Value:
        if not node.below and not node.above:
            return Value((), ONE)
        where = _unwrap(node.below[0]) if len(node.below) == 1 else None
        if not isinstance(where, Relation) or where.sign != "=":
            raise Unreadable("the condition of an indicator is not read", node.place)
        return Value((), Delta(*(self.notation.parse_index(side, node) for side in (where.left, where.right))))

    def is_free(self, node: Symbol) -> bool:
        """Whether the glossary leaves a symbol to what it means everywhere: δ_ij and e^x, where it has δ_k and e_i."""
        if self.symbols.find_name(node) is None:
            return True
        try:
            self.symbols.resolve(node)
        except Unreadable:
            return self.symbols.get_base(node) in (r"\delta", "e")
        return False

    def get_variable(self, node: Node, place: Place | None) -> Variable:
        """Return the entry that a derivative is by. Raises `Unreadable` for what is none."""
        node = _unwrap(node)
        if not isinstance(node, Symbol):
            raise Unreadable("a derivative is by one symbol", place)
        argument = self.parameters.get(self.symbols.get_base(node))
        if argument is not None and isinstance(argument.body, Entry) and not (node.below or node.above):
            return Variable(argument.axes, argument.body)
        reference = self.symbols.resolve(node)
        scripts = reference.scripts
        if scripts.power is not None or (scripts.transposed and not scripts.indices):
            raise Unreadable("a derivative is by a symbol without a power or a transpose", place)
        return self.get_entry(reference)

    def pick_entry(self, value: Value, below: tuple[Node, ...], place: Place | None) -> Value:
        """Pick an entry of what has axes, as in (W h)_k. Raises `Unreadable`."""
        indices = [self.notation.parse_index(item, Symbol("the bracket", place=place)) for item in below]
        if len(indices) != len(value.axes):
            raise Unreadable(f"{len(value.axes)} indices are expected below the bracket, got {len(indices)}", place)
        # (W h)_k says itself that k is free, also where k stands twice in a product.
        self.below_brackets |= {index for index in indices if isinstance(index, str)}
        return Value((), rename(value.body, dict(zip(value.axes, indices, strict=True))))

    def get_step_limit(self, node: Node | None, default: Step, place: Place | None) -> Step:
        """Return the step at which a sum over the steps starts or ends. Raises `Unreadable`."""
        if node is None:
            return default
        step = self.notation.parse_step(node)
        if step is None:
            raise Unreadable("the limit of a sum over steps is no step", place)
        return self._bind_step(step)

    def get_range(self, node: Repeated) -> Range | None:
        """Return what the limits of a sum say that it runs over; None without limits. Raises `Unreadable`."""
        if node.last is None and node.first is None:
            return None
        size = self.notation.find_size(node.last) if isinstance(node.last, Symbol) else None
        if size is None or not (isinstance(node.first, Number) and node.first.value == 1):
            raise Unreadable("a sum runs from 1 to a size of the glossary", node.place)
        return size


def _unwrap(node: Node) -> Node:
    """Take the brackets off what stands alone in them."""
    while isinstance(node, Bracket) and len(node.entries) == 1:
        node = node.entries[0]
    return node
