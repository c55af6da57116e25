"""From the syntax tree of a formula to what it stands for, by the symbols of a glossary."""

import itertools
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import reduce
from typing import NamedTuple

from bptt.proofread.expressions import (
    LAST,
    ONE,
    ZERO,
    Concatenation,
    Constant,
    Delta,
    Entry,
    Expression,
    Function,
    Index,
    MatrixProduct,
    OverSteps,
    Partial,
    Power,
    Quantity,
    Range,
    Size,
    Step,
    Total,
    minus,
    moved,
    parts,
    renamed,
    times,
)
from bptt.proofread.semantics.readings import Reading
from bptt.proofread.semantics.symbols import Named, Symbols, is_transpose
from bptt.proofread.semantics.values import AXIS, Products, Value, aligned, elementwise, transposed
from bptt.proofread.syntax import (
    Adjacent,
    At,
    Bracket,
    Derivative,
    Differential,
    Negative,
    Node,
    Number,
    Place,
    Product,
    Quotient,
    Relation,
    Repeated,
    Root,
    Scripted,
    Sum,
    Symbol,
    Unreadable,
    written,
)

KNOWN_FUNCTIONS = ["exp", "log", "tanh", "logistic", "sin", "cos", "tan", "sinh", "cosh", "arctan", "sqrt"]
_SIGMOID = ("sigmoid", "sigm")
LAYOUT = "layout"  # the question whether numerators or denominators of derivatives stand for the rows
LARGEST_POWER = 8
_OF_VECTORS = ("softmax", "diag")
MOST_OPERATIONS = 1_500  # that one formula stands for
MOST_PRIMES = 3
MOST_LETTERS = 6  # below one Σ
DEEPEST_CALL = 8  # formulas of functions within one another


class Defined(NamedTuple):
    """A function that a glossary or a document defines: its parameters, and its value as a formula.

    A `closed` one has one parameter, on which alone its value depends. Any other is read as its formula wherever it is
    applied, so that a derivative by what else stands in that meets it. None is a formula that cannot be used.
    """

    parameters: tuple[str, ...]
    body: Node | None
    closed: bool


class Reader:
    """Reads the formulas of one equation under one reading.

    `silent` is the step at which a timed symbol without one is meant, `immediate` whether a derivative may be taken for
    an immediate one, `parameters` what letters stand for that are no symbols here; the caller sets them. Reading finds
    `last_is`, the number of steps that the equation is stated for, and `below_brackets`, the letters below a bracket,
    which are no sums.
    """

    def __init__(
        self,
        symbols: Symbols,
        functions: Mapping[tuple[str, int], Defined],
        reading: Reading,
        names: "itertools.count[int]",
    ) -> None:
        self.symbols = symbols
        self.functions = functions
        self.reading = reading
        self.products = Products(reading, symbols.glossary.vectors)
        self.silent = Step(LAST, 0)
        self.last_is: int | None = None
        self.below_brackets: set[str] = set()
        self.immediate = False
        self._names = names
        self._bound_steps: dict[str, str] = {}
        self.parameters: dict[str, Value] = {}
        self._calls = 0
        self._chained: set[int] = set()
        self._sizes: dict[int, tuple[int, Expression]] = {}

    def fresh(self, letter: str) -> str:
        """A name for an index or a step that stands nowhere else."""
        return f"{letter}#{next(self._names)}"

    def axes(self, count: int) -> tuple[str, ...]:
        """Names for so many axes without a letter."""
        return tuple(self.fresh(AXIS) for _ in range(count))

    def value(self, node: Node) -> Value:
        """What a formula stands for. Raises `Unreadable` or `Misfit`."""
        value = self._value(node)
        if self._size(value.body) > MOST_OPERATIONS:
            raise Unreadable(f"it stands for more than {MOST_OPERATIONS:,} operations")
        return value

    def _size(self, node: Expression) -> int:
        """How many operations an expression has; each is counted once, however often it is asked for."""
        if id(node) not in self._sizes:
            self._sizes[id(node)] = (1 + sum(map(self._size, parts(node))), node)
        return self._sizes[id(node)][0]

    def _value(self, node: Node) -> Value:
        match node:
            case Number():
                return Value((), Constant(node.value))
            case Symbol():
                return self._symbol(node)
            case Bracket():
                return self._bracket(node)
            case Scripted():
                return self._scripted(node)
            case Adjacent():
                return self._adjacent(node)
            case Sum():
                return self.products.sum([self.value(term) for term in node.terms])
            case Negative():
                value = self.value(node.term)
                return value._replace(body=minus(value.body))
            case Product():
                return self._product(node)
            case Quotient():
                return self._quotient(node)
            case Derivative():
                return self._derivative(node)
            case Repeated():
                return self._repeated(node)
            case Root():
                value = self.value(node.radicand)
                return Value(value.axes, Power(value.body, Fraction(1, 2)))
            case At():
                return self._at(node)
            case Differential():
                raise Unreadable("a ∂ stands outside a quotient of two", node.place)
            case Relation():
                raise Unreadable(f"{node.sign} stands within a formula")

    def _symbol(self, node: Symbol) -> Value:
        base = self.symbols.base(node)
        bare = not (node.below or node.above or node.primes)
        if base in self.parameters and not node.primes:
            return self._with_scripts(self.parameters[base], node.below, node.above, node.place)
        special = self._special(node, base, bare) if self._is_special(node, base) else None
        if special is not None:
            return special
        named = self.symbols.name_of(node)
        return self._powered(self._entry(named), named, node.place)

    def _entry(self, named: Named) -> Value:
        quantity = named.quantity
        indices: tuple[Index, ...] = named.indices
        axes: tuple[str, ...] = ()
        if quantity.axes and not indices:
            indices = axes = self.axes(len(quantity.axes))
        elif named.transposed:
            indices = indices[::-1]
        return Value(axes, Entry(quantity, self._step(quantity, named.step), indices))

    def _powered(self, value: Value, named: Named, place: Place | None) -> Value:
        if named.power is not None:
            value = self._power(value, named.power, place)
        return transposed(value, place) if named.transposed and value.axes else value

    def _power(self, value: Value, power: Fraction, place: Place | None) -> Value:
        if abs(power) > LARGEST_POWER:
            raise Unreadable(f"a power beyond {LARGEST_POWER}", place)
        if len(value.axes) > 1:
            raise Unreadable("a power of a matrix", place)
        return Value(value.axes, Power(value.body, power), value.turned)

    def _step(self, quantity: Quantity, step: Step | None) -> Step | None:
        if not quantity.timed:
            return None
        if step is None:
            return self.silent
        bound = self._bound_steps.get(step.anchor)
        return step if bound is None else Step(bound, step.offset)

    def _is_special(self, node: Symbol, base: str) -> bool:
        """Whether the symbol is none of the glossary: δ_ij and e^x are not where δ_k and e_i are."""
        if self.symbols.known(node) is None:
            return True
        try:
            self.symbols.name_of(node)
        except Unreadable:
            return base in (r"\delta", "e")
        return False

    def _special(self, node: Symbol, base: str, bare: bool) -> Value | None:
        """Symbols that mean the same everywhere, unless the glossary says otherwise."""
        if base == r"\delta" and len(node.below) == 2 and not node.above:
            left, right = (self.symbols.index(item, node) for item in node.below)
            return Value((), Delta(left, right))
        if base in (r"\mathbb{1}", r"\mathbf{1}", r"\mathbb{I}", "1"):
            return self._indicator(node)
        if base in (r"\mathbf{0}", r"\vec{0}", "0") and bare:
            return Value((), ZERO)
        if base in ("I", r"\mathbf{I}", r"\mathbb{I}") and bare:
            left, right = self.axes(2)
            return Value((left, right), Delta(left, right))
        size = self.symbols.size(node)
        if size is not None:
            return Value((), Size(size))
        if self.symbols.step(node) == Step(LAST, 0):
            return Value((), Size(None))
        if base == "e" and node.above and not node.below:
            exponent = self.value(reduce(lambda a, b: Product(a, "", b), node.above))
            return Value(exponent.axes, Function("exp", 0, exponent.body))
        if self._is_function(base, 1):
            raise Unreadable(f"the function {base} stands without an argument", node.place)
        return None

    def _indicator(self, node: Symbol) -> Value:
        if not node.below and not node.above:
            return Value((), ONE)
        where = node.below[0] if len(node.below) == 1 else None
        if isinstance(where, Bracket) and len(where.entries) == 1:
            where = where.entries[0]
        if not isinstance(where, Relation) or where.sign != "=":
            raise Unreadable("the condition of an indicator is not read", node.place)
        return Value((), Delta(self.symbols.index(where.left, node), self.symbols.index(where.right, node)))

    def _bracket(self, node: Bracket) -> Value:
        if node.kind == "|":
            raise Unreadable("absolute values are not read", node.place)
        if node.kind == "‖":
            raise Unreadable("a norm is read only with its square", node.place)
        if len(node.entries) == 1 and node.kind != "<":
            return self.value(node.entries[0])
        if len(node.entries) > 1 and node.kind in ("[", "("):
            return self._concatenated(node)
        raise Unreadable("the bracket is not read", node.place)

    def _concatenated(self, node: Bracket) -> Value:
        """[u, v], one vector behind the other."""
        values = [self.value(entry) for entry in node.entries]
        if any(len(value.axes) != 1 for value in values):
            raise Unreadable("only vectors are put behind one another", node.place)
        (axis,) = self.axes(1)
        parts = tuple((value.axes[0], value.body) for value in values)
        return Value((axis,), Concatenation(axis, parts))

    def _scripted(self, node: Scripted) -> Value:
        if isinstance(node.base, Bracket) and node.base.kind == "‖":
            return self._squared_norm(node, node.base)
        of_function = isinstance(node.base, Adjacent)
        return self._with_scripts(self.value(node.base), node.below, node.above, node.place, of_function)

    def _with_scripts(
        self,
        value: Value,
        below: tuple[Node, ...],
        above: tuple[Node, ...],
        place: Place | None,
        of_function: bool = False,
    ) -> Value:
        """An entry, a power or the transpose of what is no single symbol."""
        if below:
            value = self._entry_of(value, below, place)
        for item in above:
            if isinstance(item, Number):
                value = self._power(value, item.value, place)
            elif isinstance(item, Negative) and isinstance(item.term, Number) and not (value.axes or of_function):
                value = self._power(value, -item.term.value, place)
            elif isinstance(item, Symbol) and is_transpose(item):
                value = transposed(value, place) if value.axes else value
            else:
                raise Unreadable("what stands above the bracket is neither a number nor a transpose", place)
        return value

    def _squared_norm(self, node: Scripted, norm: Bracket) -> Value:
        squared = [item.value if isinstance(item, Number) else None for item in node.above] == [2]
        if not squared or not set(map(written, node.below)) <= {"2", "F"}:
            raise Unreadable("a norm is read only with its square", node.place)
        value = self.value(norm.entries[0])
        body: Expression = Power(value.body, Fraction(2))
        for axis in value.axes:
            body = Total(axis, body)
        return Value((), body)

    def _entry_of(self, value: Value, below: tuple[Node, ...], place: Place | None) -> Value:
        """(W h)_k: an entry of what has axes."""
        indices = [self.symbols.index(item, Symbol("the bracket", place=place)) for item in below]
        if len(indices) != len(value.axes):
            raise Unreadable(f"{len(value.axes)} indices are expected below the bracket, got {len(indices)}", place)
        self.below_brackets |= {index for index in indices if isinstance(index, str)}
        return Value((), renamed(value.body, dict(zip(value.axes, indices, strict=True))))

    def _is_function(self, name: str, arguments: int) -> bool:
        if (name, arguments) in self.functions:
            return True
        return arguments == 1 and is_standard(name)

    def _adjacent(self, node: Adjacent) -> Value:
        """An application where the symbol is a function of so many arguments, else a product."""
        name = self.symbols.base(node.symbol)
        bare = not (node.symbol.below or node.symbol.above)
        if bare and self._is_function(name, len(node.bracket.entries)) and not self._is_product(node, name):
            applied = self._applied(name, node)
            return self._with_scripts(applied, node.below, node.above, node.symbol.place)
        if node.applied or (node.symbol.primes and not self.symbols.known(node.symbol)):
            raise Unreadable(
                f"the function {name} of {len(node.bracket.entries)} arguments is not known", node.symbol.place
            )
        several = len(node.bracket.entries) > 1
        if self._any_function(name) and (several or not self.symbols.known(node.symbol)):
            raise Unreadable(
                f"{name} is a function, but not of {len(node.bracket.entries)} arguments", node.symbol.place
            )
        scripts = node.below or node.above
        bracket = Scripted(node.bracket, node.below, node.above, node.bracket.place) if scripts else node.bracket
        return self._product(Product(node.symbol, "", bracket, node.bracket.place))

    def _is_product(self, node: Adjacent, name: str) -> bool:
        """Whether h(1 − h) is taken for a product, where h is a quantity and a function."""
        single = len(node.bracket.entries) == 1 and not node.symbol.primes and not node.applied
        if not single or name in self.parameters or self.symbols.known(node.symbol) is None:
            return False
        return self.reading.choose(("product", node.symbol.place), "", f"{name}(…) is a product") == 1

    def _any_function(self, name: str) -> bool:
        return name in {known for known, _ in self.functions}

    def _applied(self, name: str, node: Adjacent) -> Value:
        order, entries = node.symbol.primes, node.bracket.entries
        if order > MOST_PRIMES:
            raise Unreadable(f"more than {MOST_PRIMES} primes", node.symbol.place)
        defined = self.functions.get((name, len(entries)))
        if defined is not None and not defined.closed:
            return self._substituted(defined, entries, node)
        argument = self.value(entries[0])
        if defined is None and name in _OF_VECTORS:
            return self._softmax(argument, node) if name == "softmax" else self._diagonal(argument, node)
        known = "logistic" if defined is None and name in _SIGMOID else name
        return Value(argument.axes, Function(known, order, argument.body), argument.turned)

    def _substituted(self, defined: Defined, entries: tuple[Node, ...], node: Adjacent) -> Value:
        """The formula of a function, with these in the place of its parameters."""
        if defined.body is None:
            raise Unreadable(f"{node.symbol.name} is defined by what cannot be used", node.symbol.place)
        if node.symbol.primes:
            raise Unreadable("a prime on a function whose value depends on more than its argument", node.symbol.place)
        if self._calls >= DEEPEST_CALL:
            raise Unreadable(f"functions are defined by one another more than {DEEPEST_CALL} deep", node.symbol.place)
        values = {name: self.value(entry) for name, entry in zip(defined.parameters, entries, strict=True)}
        outer, self.parameters = self.parameters, values
        self._calls += 1
        try:
            return self.value(defined.body)
        finally:
            self.parameters = outer
            self._calls -= 1

    def _softmax(self, argument: Value, node: Adjacent) -> Value:
        if len(argument.axes) != 1 or node.symbol.primes:
            raise Unreadable("softmax takes one vector", node.symbol.place)
        (axis,), (other,) = argument.axes, self.axes(1)
        over = Function("exp", 0, argument.body)
        under = Total(other, Function("exp", 0, aligned(argument, (other,))))
        return Value((axis,), times(over, Power(under, Fraction(-1))))

    def _diagonal(self, argument: Value, node: Adjacent) -> Value:
        if len(argument.axes) != 1 or node.symbol.primes:
            raise Unreadable("diag takes one vector", node.symbol.place)
        (row,), (column,) = argument.axes, self.axes(1)
        return Value((row, column), times(Delta(row, column), argument.body))

    def _product(self, node: Product) -> Value:
        derivatives = [factor for factor in _factors(node) if isinstance(factor, Derivative)]
        if len(derivatives) > 1:
            self._chained |= {id(factor) for factor in derivatives}
        left, right = self.value(node.left), self.value(node.right)
        if node.operator == r"\odot" and left.axes and right.axes and len(left.axes) != len(right.axes):
            regrouped = _regrouped(node)
            if regrouped is not None:
                self.reading.remark("⊙ binds more tightly than the product beside it")
                return self._product(regrouped)
        return self.products.product(left, node.operator, right, node.place)

    def _quotient(self, node: Quotient) -> Value:
        over, under = self.value(node.over), self.value(node.under)
        inverse = Value(under.axes, Power(under.body, Fraction(-1)))
        if not under.axes:
            return Value(over.axes, times(over.body, inverse.body), over.turned)
        if not over.axes:
            return inverse._replace(body=times(over.body, inverse.body))
        return elementwise(over, inverse)

    def _derivative(self, node: Derivative) -> Value:
        value = self.value(node.of)
        immediate = node.immediate or self._taken_as_immediate(node, value)
        of = value.body.quantity if isinstance(value.body, Entry) else None
        by = None
        for variable in node.by:
            entry = self._variable(variable, node.place)
            assert isinstance(entry.body, Entry)
            axes = value.axes + entry.axes
            if value.axes and entry.axes and self._denominator_first(value, entry):
                axes = entry.axes + value.axes
            value = Value(axes, Partial(value.body, entry.body, immediate))
            by = entry.body.quantity if entry.axes or not entry.body.quantity.axes else None
        return value._replace(of=of if value.axes else None, by=by if value.axes else None)

    def _denominator_first(self, value: Value, entry: Value) -> bool:
        if len(value.axes) != 1 or len(entry.axes) != 1:
            return False
        denominator_first = "the denominators of derivatives stand for the rows"
        return self.reading.choose(LAYOUT, "", denominator_first) == 1

    def _taken_as_immediate(self, node: Derivative, value: Value) -> bool:
        """Whether one factor of a chain is taken for an immediate derivative: of a quantity at a step, or by one."""
        entries = [value.body, *(self._variable(variable, node.place).body for variable in node.by)]
        if not any(isinstance(entry, Entry) and entry.step is not None for entry in entries):
            return False
        if not self.immediate or id(node) not in self._chained:
            return False
        where = f"in column {node.place.column}" if node.place else "in the definition"
        taken = f"the derivative {where} is immediate: the states of the other steps are held fixed"
        return self.reading.choose(("immediate", node.place), "", taken) == 1

    def _variable(self, node: Node, place: Place | None) -> Value:
        while isinstance(node, Bracket) and len(node.entries) == 1:
            node = node.entries[0]
        if not isinstance(node, Symbol):
            raise Unreadable("a derivative is by one symbol", place)
        argument = self.parameters.get(self.symbols.base(node))
        if argument is not None and isinstance(argument.body, Entry) and not (node.below or node.above):
            return argument
        named = self.symbols.name_of(node)
        if named.power is not None or (named.transposed and not named.indices):
            raise Unreadable("a derivative is by a symbol without a power or a transpose", place)
        return self._entry(named)

    def _repeated(self, node: Repeated) -> Value:
        product = node.operator == r"\prod"
        letters = [self.symbols.index(letter, Symbol(node.operator, place=node.place)) for letter in node.letters]
        if any(isinstance(letter, int) for letter in letters) or len(letters) > MOST_LETTERS:
            raise Unreadable(f"{node.operator} does not say over which letter", node.place)
        value: Value | None = None
        for letter in reversed(letters):
            if self.symbols.is_step_letter(str(letter)):
                value = self._over_steps(node, str(letter), product, value)
            else:
                value = value or self.value(node.body)
                if product and value.axes:
                    raise Unreadable("a product of vectors over an index", node.place)
                value = Value(value.axes, Total(str(letter), value.body, product, self._range(node)), value.turned)
        assert value is not None
        return value

    def _over_steps(self, node: Repeated, letter: str, product: bool, inner: Value | None) -> Value:
        outer = dict(self._bound_steps)
        first, last = (
            self._limit(node.first, Step("", 1), node.place),
            self._limit(node.last, Step(LAST, 0), node.place),
        )
        self._bound_steps[letter] = bound = self.fresh(letter)
        try:
            value = inner or self.value(node.body)
        finally:
            self._bound_steps = outer
        if product and len(value.axes) == 2:
            return self._matrix_product(value, bound, first, last, node.place)
        if product and value.axes:
            raise Unreadable("a product of vectors over the steps", node.place)
        return Value(value.axes, OverSteps(bound, first, last, value.body, product), value.turned)

    def _matrix_product(self, value: Value, letter: str, first: Step, last: Step, place: Place | None) -> Value:
        growing = "the factors of the product stand in the order of the steps"
        descending = self.reading.choose(("order", place), "", growing) == 0
        row, column = self.axes(2)
        inner = (value.axes[0], value.axes[1])
        return Value((row, column), MatrixProduct(letter, first, last, value.body, inner, (row, column), descending))

    def _limit(self, node: Node | None, default: Step, place: Place | None) -> Step:
        if node is None:
            return default
        step = self.symbols.step(node)
        if step is None:
            raise Unreadable("the limit of a sum over steps is no step", place)
        return Step(self._bound_steps.get(step.anchor, step.anchor), step.offset)

    def _range(self, node: Repeated) -> Range | None:
        """What the limits of a sum say that it runs over; None without limits."""
        if node.last is None and node.first is None:
            return None
        size = self.symbols.size(node.last) if isinstance(node.last, Symbol) else None
        if size is None or not (isinstance(node.first, Number) and node.first.value == 1):
            raise Unreadable("a sum runs from 1 to a size of the glossary", node.place)
        return size

    def _at(self, node: At) -> Value:
        value = self.value(node.of)
        for where in node.where:
            step = self.symbols.step(where.left) if isinstance(where, Relation) and where.sign == "=" else None
            to = self.symbols.step(where.right) if isinstance(where, Relation) else None
            if step is None or to is None or step.offset:
                raise Unreadable("a bar is read only with a step, as in |_{t=2}", node.place)
            body = moved(value.body, {step.anchor: to})
            if body == value.body and not to.anchor:
                if to.offset < 1:
                    raise Unreadable("the last step must be 1 or later", node.place)
                self.last_is = to.offset
                self.reading.remark(f"with {to.offset} as the last step")
            value = value._replace(body=body)
        return value


def is_standard(name: str) -> bool:
    """Whether a function means the same everywhere, unless a glossary says otherwise."""
    return name in (*KNOWN_FUNCTIONS, *_SIGMOID, *_OF_VECTORS)


def _factors(node: Node) -> Iterator[Node]:
    """The factors of a product, with brackets around single ones taken off."""
    stack = [node]
    while stack:
        factor = stack.pop()
        if isinstance(factor, Product):
            stack += [factor.right, factor.left]
        elif isinstance(factor, Bracket) and len(factor.entries) == 1:
            stack.append(factor.entries[0])
        else:
            yield factor


def _regrouped(node: Product) -> Product | None:
    """a ⊙ (b c) as (a ⊙ b) c, and (a b) ⊙ c as a (b ⊙ c)."""
    if isinstance(node.right, Product) and node.right.operator in ("", r"\cdot"):
        return Product(
            Product(node.left, node.operator, node.right.left), node.right.operator, node.right.right, node.place
        )
    if isinstance(node.left, Product) and node.left.operator in ("", r"\cdot"):
        return Product(
            node.left.left, node.left.operator, Product(node.left.right, node.operator, node.right), node.place
        )
    return None
