"""From the syntax tree of a formula to what it stands for, by the symbols of a glossary."""

from dataclasses import replace
from fractions import Fraction
from functools import reduce

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Expression, Index
from bptt.proofread._traversal import get_children, rename
from bptt.proofread.semantics import _functions as functions
from bptt.proofread.semantics import _values as vectors
from bptt.proofread.semantics._calculus import elaborate_at, elaborate_derivative
from bptt.proofread.semantics._notation import is_inverse_transpose, is_transpose, parse_exponent
from bptt.proofread.semantics._products import elaborate_product
from bptt.proofread.semantics._refusals import Misfit
from bptt.proofread.semantics._scope import Scope
from bptt.proofread.semantics._values import Value
from bptt.proofread.semantics._vocabulary import REFUSED
from bptt.proofread.syntax import tree
from bptt.proofread.syntax.tree import Bracket, Node, Number, Product, Scripted, Symbol, Unreadable

LARGE = 10  # operations: as much work again as to read a formula
MOST_OPERATIONS = 1_500  # that one formula stands for: functions of functions, written out, double with each


class Elaborator(Scope):
    """Elaborates the formulas of one equation under one interpretation."""

    def elaborate(self, node: Node) -> Value:
        """Return what a formula stands for. Raises one of `REFUSALS`."""
        self.vocabulary.count_readings(1)
        value = self._elaborate(node)
        operations = self._count_operations(value.body)
        if operations > MOST_OPERATIONS:
            raise Unreadable(f"it stands for more than {MOST_OPERATIONS:,} operations")
        self.vocabulary.count_readings(operations // LARGE)
        return value

    def _count_operations(self, node: Expression) -> int:
        """Count the operations of an expression; each is counted once, however often it is asked for."""
        known = self.__dict__.setdefault("_operations", {})
        if id(node) not in known:
            count = 1 + sum(map(self._count_operations, get_children(node)))
            known[id(node)] = (count, node)  # with the node, whose id is its own as long as it lives
        return known[id(node)][0]

    def _elaborate(self, node: Node) -> Value:
        match node:
            case Number():
                return Value((), ex.Constant(node.value))
            case Symbol():
                return self._elaborate_symbol(node)
            case Bracket():
                return self._elaborate_bracket(node)
            case Scripted():
                return self._elaborate_scripted(node)
            case tree.Application():
                return functions.apply(self, node)
            case tree.Sum():
                return self.algebra.add([self.elaborate(term) for term in node.terms])
            case tree.Negative():
                value = self.elaborate(node.term)
                return value._replace(body=ex.negate(value.body))
            case Product():
                return elaborate_product(self, node)
            case tree.Quotient():
                return self.algebra.divide(self.elaborate(node.over), self.elaborate(node.under))
            case tree.Derivative():
                return elaborate_derivative(self, node)
            case tree.Root():
                return self._elaborate_root(node)
            case tree.At():
                return elaborate_at(self, node)
            case tree.Cases():
                return self._elaborate_cases(node)
            case tree.Relation():
                raise Unreadable(f"{node.sign} stands within a formula")
            case tree.Words():
                raise Unreadable(f"the words “{node.text}” are not read", node.place)
            case tree.Big():
                raise Unreadable(f"nothing stands behind {node.operator}", node.place)
        raise Unreadable(_REFUSED[type(node)], node.place)

    def _elaborate_symbol(self, node: Symbol) -> Value:
        base = self.symbols.get_base(node)
        if base in self.parameters and not node.primes:
            return self._apply_scripts(self._put_parameter(self.parameters[base]), node)
        if self.is_free(node):
            constant = self.get_constant(node)
            if constant is not None:
                return constant
            size = self.notation.find_size(Symbol(node.name, node.below)) if node.above else None
            if size is not None:
                above = Symbol(node.name, (), node.above, 0, node.place)
                return self._apply_scripts(Value((), ex.Size(size)), above)
            if base == "e" and node.above and not node.below and "e" not in self.vocabulary.subjects:
                return self._apply_exp(reduce(lambda left, right: Product((left, right), ("",)), node.above))
            if self.vocabulary.defines_function(base) or self.is_function(base, 1):
                raise Unreadable(f"the function {base} stands without an argument", node.place)
            if base in REFUSED and self.symbols.find_name(node) is None and len(base) > 1:
                raise Unreadable(f"{REFUSED[base]} are not read", node.place)
        if base == "e" and len(node.above) == 1 and not node.below:
            (item,) = node.above
            if not (self.notation.parse_step(item) or is_transpose(item)) and parse_exponent(item) is None:
                return self._apply_exp(item)  # e^{-x}, also where e is an error
        labelled = self._elaborate_labelled(node)
        if labelled is not None:
            return labelled
        exponent = self._find_exponent(node)
        if exponent is not None:
            others = tuple(item for item in node.above if item is not exponent)
            return self._raise_to_symbol(self._elaborate_symbol(replace(node, above=others)), exponent, node.place)
        reference = self.symbols.resolve(node)
        scripts = reference.scripts
        found = self.get_entry(reference)
        value = Value(found.axes, found.entry, found.stand)
        if scripts.power is not None:
            value = self._raise(value, scripts.power, node.place)
        picked = len(scripts.indices) == len(reference.quantity.axes) and scripts.indices
        return value if picked or not scripts.transposed else self.algebra.transpose(value, node.place)

    def _put_parameter(self, value: Value) -> Value:
        """Return what a letter stands for with axes of its own: it may stand more than once in a product."""
        axes = self.make_axes(value.order)
        names: dict[Index, Index] = dict(zip(value.axes, axes, strict=True))
        return value._replace(axes=axes, body=rename(value.body, names))

    def _apply_exp(self, exponent: Node) -> Value:
        value = self.elaborate(exponent)
        return Value(value.axes, ex.Function("exp", 0, value.body), value.stand)

    def _elaborate_labelled(self, node: Symbol) -> Value | None:
        """Elaborate p_y of a label y, a one-hot vector: the sum of all entries of p, each times that of y."""
        name = self.symbols.find_name(node)
        for n in range(len(name.below) if name is not None else 0, len(node.below)):
            label = self.find_label(node.below[n])
            if label is not None:
                (letter,) = label.axes
                below = (*node.below[:n], Symbol(letter), *node.below[n + 1 :])
                value = self._elaborate_symbol(replace(node, below=below))
                return value._replace(body=ex.Total(letter, ex.multiply(label.entry, value.body)))
        return None

    def _find_exponent(self, node: Symbol) -> Node | None:
        """Find the exponent γ of x^γ, or γ − 1: of symbols that are numbers, and no part of a name."""
        name = self.symbols.find_name(node)
        beyond = node.above[len(name.above) :] if name is not None else node.above
        return next(filter(self._is_exponent, beyond), None)

    def _is_exponent(self, item: Node) -> bool:
        if is_transpose(item) or is_inverse_transpose(item) or self.notation.parse_step(item) is not None:
            return False
        symbols = list(tree.list_symbols(item))
        return bool(symbols) and all(map(self._is_number, symbols))

    def _is_number(self, symbol: Symbol) -> bool:
        """Whether a symbol stands for a number that is no index, no step and no size."""
        given = self.parameters.get(self.symbols.get_base(symbol))
        if given is not None:
            return not given.axes
        found = self.symbols.find(symbol)
        return found is not None and len(found.scripts.indices) == len(found.quantity.axes) and not found.quantity.timed

    def _raise_to_symbol(self, value: Value, exponent: Node, place: tree.Place | None) -> Value:
        """Raise a number, or every entry of a vector, to what a symbol stands for: only a positive one has a value."""
        if value.order > 1:
            raise Unreadable("a power of a matrix", place)
        logarithm = ex.Function("log", 0, value.body)
        body = ex.Function("exp", 0, ex.multiply(self.elaborate(exponent).body, logarithm))
        return Value(value.axes, body, value.stand)

    def _raise(self, value: Value, power: Fraction, place: tree.Place | None) -> Value:
        """Raise to a power; −1 of a matrix is its inverse, and of an entry of a matrix, A_{ij}^{-1}, one of that."""
        body = value.body
        if power == -1 and not value.axes and isinstance(body, ex.Entry) and len(body.quantity.axes) == 2:
            inner = self._make_pair()
            whole = ex.Entry(body.quantity, body.step, inner)
            return Value((), ex.OfMatrix("inverse", whole, inner, body.indices))
        if power == -1 and value.order == 2:
            return vectors.invert(value, self._make_pair())
        return vectors.raise_to_power(value, power, place)

    def _make_pair(self) -> tuple[str, str]:
        row, column = self.make_axes(2)
        return row, column

    def _elaborate_bracket(self, node: Bracket) -> Value:
        if node.kind == "‖":
            return self._elaborate_norm(Scripted(node, place=node.place), node)
        if node.kind == "|":
            value = self.elaborate(node.entries[0])
            if value.order == 1:
                raise Unreadable("bars around a vector are not read", node.place)
            return Value((), ex.Function("abs", 0, value.body)) if not value.axes else vectors.take_determinant(value)
        match node:
            case Bracket((tree.Relation() as where,), kind="["):
                return Value((), self.make_mask(where, node.place))
        if tree.strip_brackets(node) is not node:
            return self.elaborate(node.entries[0])
        count = len(node.entries)
        if count < 2 or node.kind not in ("[", "(", "<") or (node.kind == "<" and count > 2):
            raise Unreadable("the bracket is not read", node.place)
        parts = [self.elaborate(entry) for entry in node.entries]
        if node.kind == "<":
            left, right = parts
            if left.order != right.order:
                raise Misfit("the product of a vector and a matrix in angles")
            return Value((), vectors.sum_over(left.axes, ex.multiply(left.body, vectors.align(right, left.axes))))
        return vectors.concatenate(parts, self.vocabulary.make_index(), node.place)

    def _elaborate_scripted(self, node: Scripted) -> Value:
        base = node.base
        if isinstance(base, Number) and base.value == 1 and node.below and not node.above:
            found = self.get_constant(Symbol("1", node.below, place=node.place))
            if found is not None:
                return found
        if isinstance(base, Bracket) and base.kind == "‖":
            return self._elaborate_norm(node, base)
        if node.primes:
            raise Unreadable("a prime stands behind a bracket", node.place)
        return self._apply_scripts(self.elaborate(base), node)

    def _elaborate_norm(self, node: Scripted, base: Bracket) -> Value:
        kinds = {tree.written(item) for item in node.below}
        exponents = [Fraction(1), *map(parse_exponent, node.above)]
        power = exponents[-1]
        if power is None or None in exponents:
            raise Unreadable("what stands above the norm is not read", node.place)
        value = self.elaborate(base.entries[0])
        if kinds == {"1"} and value.order == 1:
            entries: Expression = ex.Function("abs", 0, value.body)
        elif not kinds <= {"2", "F", "Fro"} or (kinds == {"2"} and value.order > 1):
            raise Unreadable("this norm is not read", node.place)
        else:
            entries, power = ex.Power(value.body, Fraction(2)), power / 2
        total = vectors.sum_over(value.axes, entries)
        return Value((), total if power == 1 else ex.Power(total, power))

    def _apply_scripts(self, value: Value, node: Symbol | Scripted) -> Value:
        """Take an entry, a power or the transpose of what is no single symbol."""
        if node.below:
            value = self.pick_entry(value, node.below, node.place)
        of_function = isinstance(node, Scripted) and isinstance(node.base, tree.Application)
        for item in node.above:
            exponent = parse_exponent(item)
            inverse_of_function = of_function and not value.axes and exponent is not None and exponent < 0  # f(x)^{-1}
            if is_transpose(item):
                value = self.algebra.transpose(value, node.place)
            elif exponent is not None and not inverse_of_function:
                value = self._raise(value, exponent, node.place)
            elif is_inverse_transpose(item):
                value = self.algebra.transpose(self._raise(value, Fraction(-1), node.place), node.place)
            elif self._is_exponent(item):
                value = self._raise_to_symbol(value, item, node.place)
            else:
                raise Unreadable("what stands above the bracket is neither a number nor a transpose", node.place)
        return value

    def _elaborate_root(self, node: tree.Root) -> Value:
        degree = Number(Fraction(2)) if node.degree is None else node.degree
        if not isinstance(degree, Number) or degree.value < 1:
            raise Unreadable("the degree of a root is not read", node.place)
        value = self.elaborate(node.radicand)
        return Value(value.axes, ex.Power(value.body, 1 / degree.value), value.stand)

    def _elaborate_cases(self, node: tree.Cases) -> Value:
        """Add the values of the cases, each times what is 1 where its condition holds."""
        terms: list[Value] = []
        left: Expression = ex.ONE  # 1 where no condition held so far
        for body, conditions in node.rows:
            relations = [one for one in conditions if isinstance(one, tree.Relation)]
            words = " ".join(
                one.text if isinstance(one, tree.Words) else tree.written(one) for one in conditions
            ).lower()
            if relations:
                mask = ex.multiply(*(self.make_mask(one, node.place) for one in relations))
            elif "otherwise" in words or "else" in words:
                mask = left
            else:
                raise Unreadable("the condition of a case is not read", node.place)
            value = self.elaborate(body)
            terms.append(value._replace(body=ex.multiply(mask, value.body)))
            left = ex.multiply(left, ex.add(ex.ONE, ex.negate(mask)))
        return self.algebra.add(terms)


_REFUSED: dict[type[Node], str] = {
    tree.Dots: "dots are not guessed",
    tree.Grid: "a matrix that is written out is not read",
    tree.Nabla: "nothing stands behind ∇",
    tree.Differential: "a ∂ stands outside a quotient of two",
}
