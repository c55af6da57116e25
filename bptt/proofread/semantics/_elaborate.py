"""From the syntax tree of a formula to what it stands for, by the symbols of a glossary."""

from collections.abc import Iterator
from fractions import Fraction
from functools import reduce

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import LAST_STEP, Expression, Step
from bptt.proofread._traversal import get_children, replace_steps
from bptt.proofread.semantics import _values as vectors
from bptt.proofread.semantics._interpretation import LAYOUT, Choice
from bptt.proofread.semantics._notation import is_transpose
from bptt.proofread.semantics._scope import Scope
from bptt.proofread.semantics._values import Value
from bptt.proofread.semantics._vocabulary import SIGMOIDS, VECTOR_FUNCTIONS, FunctionDefinition
from bptt.proofread.syntax import tree
from bptt.proofread.syntax.tree import Adjacent, Bracket, Node, Product, Scripted, Symbol, Unreadable

MOST_OPERATIONS = 1_500  # that one formula stands for: functions of functions, written out, double with each
MOST_PRIMES = 3  # each is one more derivative, of an expression that grows with each
MOST_LETTERS = 6  # below one Σ
DEEPEST_CALL = 8  # formulas of functions within one another, each written out where it is applied


class Elaborator(Scope):
    """Elaborates the formulas of one equation under one interpretation."""

    def elaborate(self, node: Node) -> Value:
        """Return what a formula stands for. Raises `Unreadable` or `Misfit`."""
        value = self._elaborate(node)
        if self._count_operations(value.body) > MOST_OPERATIONS:
            raise Unreadable(f"it stands for more than {MOST_OPERATIONS:,} operations")
        return value

    def _count_operations(self, node: Expression) -> int:
        """Count the operations of an expression; each is counted once, however often it is asked for."""
        if id(node) not in self._sizes:
            count = 1 + sum(map(self._count_operations, get_children(node)))
            self._sizes[id(node)] = (count, node)  # with the node, whose id is its own as long as it lives
        return self._sizes[id(node)][0]

    def _elaborate(self, node: Node) -> Value:
        match node:
            case tree.Number():
                return Value((), ex.Constant(node.value))
            case Symbol():
                return self._elaborate_symbol(node)
            case Bracket():
                return self._elaborate_bracket(node)
            case Scripted():
                return self._elaborate_scripted(node)
            case Adjacent():
                return self._elaborate_adjacent(node)
            case tree.Sum():
                return self.algebra.add([self.elaborate(term) for term in node.terms])
            case tree.Negative():
                value = self.elaborate(node.term)
                return value._replace(body=ex.negate(value.body))
            case Product():
                return self._elaborate_product(node)
            case tree.Quotient():
                return self._elaborate_quotient(node)
            case tree.Derivative():
                return self._elaborate_derivative(node)
            case tree.Repeated():
                return self._elaborate_repeated(node)
            case tree.Root():
                value = self.elaborate(node.radicand)
                return Value(value.axes, ex.Power(value.body, Fraction(1, 2)))
            case tree.At():
                return self._elaborate_at(node)
            case tree.Differential():
                raise Unreadable("a ∂ stands outside a quotient of two", node.place)
            case tree.Relation():
                raise Unreadable(f"{node.sign} stands within a formula")

    def _elaborate_symbol(self, node: Symbol) -> Value:
        base = self.symbols.get_base(node)
        if base in self.parameters and not node.primes:
            return self._apply_scripts(self.parameters[base], node, node.place)
        if self.is_free(node):
            constant = self.get_constant(node)
            if constant is not None:
                return constant
            if base == "e" and node.above and not node.below:
                exponent = self.elaborate(reduce(lambda a, b: Product(a, "", b), node.above))
                return Value(exponent.axes, ex.Function("exp", 0, exponent.body))
            if self.is_function(base, 1):
                raise Unreadable(f"the function {base} stands without an argument", node.place)
        reference = self.symbols.resolve(node)
        value = Value(*self.get_entry(reference))
        if reference.scripts.power is not None:
            value = vectors.raise_to_power(value, reference.scripts.power, node.place)
        return vectors.transpose(value, node.place) if reference.scripts.transposed else value

    def _elaborate_bracket(self, node: Bracket) -> Value:
        if node.kind == "|":
            raise Unreadable("absolute values are not read", node.place)
        if node.kind == "‖":
            raise Unreadable("a norm is read only with its square", node.place)
        if len(node.entries) == 1 and node.kind != "<":
            return self.elaborate(node.entries[0])
        if len(node.entries) > 1 and node.kind in ("[", "("):
            parts = [self.elaborate(entry) for entry in node.entries]
            return vectors.concatenate(parts, self.vocabulary.make_index(), node.place)
        raise Unreadable("the bracket is not read", node.place)

    def _elaborate_scripted(self, node: Scripted) -> Value:
        if not isinstance(node.base, Bracket) or node.base.kind != "‖":
            return self._apply_scripts(self.elaborate(node.base), node, node.place)
        squared = [item.value if isinstance(item, tree.Number) else None for item in node.above] == [2]
        if not squared or not set(map(tree.written, node.below)) <= {"2", "F"}:
            raise Unreadable("a norm is read only with its square", node.place)
        value = self.elaborate(node.base.entries[0])
        return Value((), vectors.sum_over(value.axes, ex.Power(value.body, Fraction(2))))

    def _apply_scripts(self, value: Value, node: Symbol | Scripted | Adjacent, place: tree.Place | None) -> Value:
        """Take an entry, a power or the transpose of what is no single symbol."""
        of_function = isinstance(node, Scripted) and isinstance(node.base, Adjacent)  # f(x)^{-1} may be the inverse
        if node.below:
            value = self.pick_entry(value, node.below, place)
        for item in node.above:
            match item:
                case tree.Number(exponent):
                    value = vectors.raise_to_power(value, exponent, place)
                case tree.Negative(tree.Number(exponent)) if not (value.axes or of_function):
                    value = vectors.raise_to_power(value, -exponent, place)
                case _ if is_transpose(item):
                    value = vectors.transpose(value, place)
                case _:
                    raise Unreadable("what stands above the bracket is neither a number nor a transpose", place)
        return value

    def _elaborate_adjacent(self, node: Adjacent) -> Value:
        """Apply the symbol where it is a function of so many arguments, multiply by it otherwise."""
        symbol, count = node.symbol, len(node.bracket.entries)
        name = self.symbols.get_base(symbol)
        bare = not (symbol.below or symbol.above)
        if bare and self.is_function(name, count) and not self._is_product(node, name):
            return self._apply_scripts(self._apply(name, node), node, symbol.place)
        known = self.symbols.find_name(symbol) is not None
        if node.applied or (symbol.primes and not known):
            raise Unreadable(f"the function {name} of {count} arguments is not known", symbol.place)
        if self.vocabulary.defines_function(name) and (count > 1 or not known):
            raise Unreadable(f"{name} is a function, but not of {count} arguments", symbol.place)
        bracket: Node = node.bracket
        if node.below or node.above:
            bracket = Scripted(bracket, node.below, node.above, node.bracket.place)
        return self._elaborate_product(Product(symbol, "", bracket, node.bracket.place))

    def _is_product(self, node: Adjacent, name: str) -> bool:
        """Whether h(1 − h) is taken for a product, where h is a quantity and a function."""
        single = len(node.bracket.entries) == 1 and not node.symbol.primes and not node.applied
        if not single or name in self.parameters or self.symbols.find_name(node.symbol) is None:
            return False
        return self.interpretation.choose(None, Choice("product", name, node.symbol.place)) is not None

    def _apply(self, name: str, node: Adjacent) -> Value:
        order, place, entries = node.symbol.primes, node.symbol.place, node.bracket.entries
        if order > MOST_PRIMES:
            raise Unreadable(f"more than {MOST_PRIMES} primes", place)
        defined = self.vocabulary.functions.get((name, len(entries)))
        if defined is not None and not defined.closed:
            return self._write_out(defined, node)
        argument = self.elaborate(entries[0])
        if defined is None and name in VECTOR_FUNCTIONS:
            if len(argument.axes) != 1 or order:
                raise Unreadable(f"{name} takes one vector", place)
            apply = vectors.apply_softmax if name == "softmax" else vectors.make_diagonal
            return apply(argument, self.vocabulary.make_index())
        known = "logistic" if defined is None and name in SIGMOIDS else name  # a document may define its own
        return Value(argument.axes, ex.Function(known, order, argument.body), argument.turned)

    def _write_out(self, defined: FunctionDefinition, node: Adjacent) -> Value:
        """Elaborate the formula of a function, with the entries of the bracket in the place of its parameters."""
        place = node.symbol.place
        if defined.body is None:
            raise Unreadable(f"{node.symbol.name} is defined by what cannot be used", place)
        if node.symbol.primes:
            raise Unreadable("a prime on a function whose value depends on more than its argument", place)
        if self._calls >= DEEPEST_CALL:
            raise Unreadable(f"functions are defined by one another more than {DEEPEST_CALL} deep", place)
        entries = zip(defined.parameters, node.bracket.entries, strict=True)
        values = {name: self.elaborate(entry) for name, entry in entries}
        outer, self.parameters = self.parameters, values  # in the formula, its parameters hide all other names
        self._calls += 1
        try:
            return self.elaborate(defined.body)
        finally:
            self.parameters = outer
            self._calls -= 1

    def _elaborate_product(self, node: Product) -> Value:
        derivatives = [factor for factor in _list_factors(node) if isinstance(factor, tree.Derivative)]
        if len(derivatives) > 1:
            self._chained |= {id(factor) for factor in derivatives}
        left, right = self.elaborate(node.left), self.elaborate(node.right)
        if node.operator == r"\odot" and left.axes and right.axes and len(left.axes) != len(right.axes):
            regrouped = _regroup(node)
            if regrouped is not None:  # a vector ⊙ a matrix has no meaning, and the other grouping may have one
                self.interpretation.remark("tight ⊙")
                return self._elaborate_product(regrouped)
        return self.algebra.multiply(left, node.operator, right, node.place)

    def _elaborate_quotient(self, node: tree.Quotient) -> Value:
        over, under = self.elaborate(node.over), self.elaborate(node.under)
        inverse = Value(under.axes, ex.Power(under.body, Fraction(-1)))
        if not under.axes:
            return Value(over.axes, ex.multiply(over.body, inverse.body), over.turned)
        if not over.axes:
            return inverse._replace(body=ex.multiply(over.body, inverse.body))
        return vectors.multiply_entries(over, inverse)

    def _elaborate_derivative(self, node: tree.Derivative) -> Value:
        value = self.elaborate(node.of)
        of = value.body.quantity if isinstance(value.body, ex.Entry) else None
        immediate = node.immediate or self._is_taken_as_immediate(node, value)
        by = None
        for variable in node.by:
            own, entry = self.get_variable(variable, node.place)
            axes = value.axes + own
            if len(value.axes) == len(own) == 1 and self.interpretation.choose(*LAYOUT) is not None:
                axes = own + value.axes
            value = Value(axes, ex.Partial(value.body, entry, immediate))
            by = entry.quantity if own or not entry.quantity.axes else None  # by one entry alone, no chain goes on
        return value._replace(of=of if value.axes else None, by=by if value.axes else None)

    def _is_taken_as_immediate(self, node: tree.Derivative, value: Value) -> bool:
        """Whether one factor of a chain is taken for an immediate derivative: of a quantity at a step, or by one."""
        entries = [value.body, *(self.get_variable(variable, node.place).entry for variable in node.by)]
        at_step = any(isinstance(entry, ex.Entry) and entry.step is not None for entry in entries)
        if not at_step or not self.allows_immediate or id(node) not in self._chained:
            return False
        return self.interpretation.choose(None, Choice("immediate", place=node.place)) is not None

    def _elaborate_repeated(self, node: tree.Repeated) -> Value:
        """Elaborate a Σ or a ∏, over its letters from the last to the first."""
        product = node.operator == r"\prod"
        operator = Symbol(node.operator, place=node.place)
        letters = [self.notation.parse_index(letter, operator) for letter in node.letters]
        if not letters or any(isinstance(letter, int) for letter in letters) or len(letters) > MOST_LETTERS:
            raise Unreadable(f"{node.operator} does not say over which letter", node.place)
        *outer, innermost = map(str, letters)
        value = self._repeat(node, innermost, product, None)
        for letter in reversed(outer):
            value = self._repeat(node, letter, product, value)
        return value

    def _repeat(self, node: tree.Repeated, letter: str, product: bool, inner: Value | None) -> Value:
        """Sum or multiply over one letter what is within, which is the body for the innermost letter."""
        if self.notation.is_step_letter(letter):
            return self._repeat_over_steps(node, letter, product, inner)
        value = inner or self.elaborate(node.body)
        if product and value.axes:
            raise Unreadable("a product of vectors over an index", node.place)
        total = ex.Total(letter, value.body, product, self.get_range(node))
        return Value(value.axes, total, value.turned)

    def _repeat_over_steps(self, node: tree.Repeated, letter: str, product: bool, inner: Value | None) -> Value:
        outer = self._bound_steps
        first = self.get_step_limit(node.first, Step("", 1), node.place)
        last = self.get_step_limit(node.last, LAST_STEP, node.place)
        bound = self.vocabulary.make_index(letter)
        self._bound_steps = {**outer, letter: bound}
        try:
            value = inner or self.elaborate(node.body)
        finally:
            self._bound_steps = outer
        if not product or not value.axes:
            return Value(value.axes, ex.OverSteps(bound, first, last, value.body, product), value.turned)
        if len(value.axes) != 2:
            raise Unreadable("a product of vectors over the steps", node.place)
        descending = self.interpretation.choose(None, Choice("ascending", place=node.place)) is None
        row, column = self.make_axes(2)
        inside = (value.axes[0], value.axes[1])
        body = ex.MatrixProduct(bound, first, last, value.body, inside, (row, column), descending)
        return Value((row, column), body)

    def _elaborate_at(self, node: tree.At) -> Value:
        value = self.elaborate(node.of)
        parse_step = self.notation.parse_step
        for where in node.where:
            step = parse_step(where.left) if isinstance(where, tree.Relation) and where.sign == "=" else None
            to = parse_step(where.right) if isinstance(where, tree.Relation) else None
            if step is None or to is None or step.offset:
                raise Unreadable("a bar is read only with a step, as in |_{t=2}", node.place)
            body = replace_steps(value.body, {step.anchor: to})
            if body == value.body and not to.anchor:  # the letter stands nowhere: it says how many steps there are
                if to.offset < 1:
                    raise Unreadable("the last step must be 1 or later", node.place)
                self.last_is = to.offset
                self.interpretation.remark("last step is", str(to.offset))
            value = value._replace(body=body)
        return value


def _list_factors(node: Node) -> Iterator[Node]:
    """Yield the factors of a product, with brackets around single ones taken off."""
    stack = [node]
    while stack:
        factor = stack.pop()
        if isinstance(factor, Product):
            stack += [factor.right, factor.left]
        elif isinstance(factor, Bracket) and len(factor.entries) == 1:
            stack.append(factor.entries[0])
        else:
            yield factor


def _regroup(node: Product) -> Product | None:
    """Regroup a ⊙ (b c) as (a ⊙ b) c, and (a b) ⊙ c as a (b ⊙ c); None for what has no such product."""
    left, right = node.left, node.right
    if isinstance(right, Product) and right.operator in ("", r"\cdot"):
        return Product(Product(left, node.operator, right.left), right.operator, right.right, node.place)
    if isinstance(left, Product) and left.operator in ("", r"\cdot"):
        return Product(left.left, left.operator, Product(left.right, node.operator, right), node.place)
    return None
