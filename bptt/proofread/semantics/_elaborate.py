"""From the syntax tree of a formula to what it stands for, by the symbols of a glossary."""

from fractions import Fraction
from functools import reduce

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Expression, Mask
from bptt.proofread._traversal import get_children, rename
from bptt.proofread.semantics import _functions as functions
from bptt.proofread.semantics import _values as vectors
from bptt.proofread.semantics._calculus import elaborate_at, elaborate_derivative
from bptt.proofread.semantics._grouping import divide
from bptt.proofread.semantics._notation import is_transpose, parse_exponent
from bptt.proofread.semantics._products import elaborate_product
from bptt.proofread.semantics._refusals import Misfit
from bptt.proofread.semantics._scope import Scope
from bptt.proofread.semantics._values import Value
from bptt.proofread.semantics._vocabulary import REFUSED
from bptt.proofread.syntax import tree
from bptt.proofread.syntax.tree import Bracket, Node, Product, Scripted, Symbol, Unreadable, strip_brackets, written

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
            case tree.Number():
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
                return divide(self, self.elaborate(node.over), self.elaborate(node.under))
            case tree.Derivative():
                return elaborate_derivative(self, node)
            case tree.Root():
                return self._elaborate_root(node)
            case tree.At():
                return elaborate_at(self, node)
            case tree.Cases():
                return self._elaborate_cases(node)
            case tree.Dots():
                raise Unreadable("dots are not guessed", node.place)
            case tree.Words():
                raise Unreadable(f"the words “{node.text}” are not read", node.place)
            case tree.Grid():
                raise Unreadable("a matrix that is written out is not read", node.place)
            case tree.Big():
                raise Unreadable(f"nothing stands behind {node.operator}", node.place)
            case tree.Nabla():
                raise Unreadable("nothing stands behind ∇", node.place)
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
            size = self.notation.find_size(Symbol(node.name, node.below)) if node.above else None
            if size is not None:
                return self._apply_scripts(
                    Value((), ex.Size(size)), Symbol(node.name, (), node.above, 0, node.place), node.place
                )
            if base == "e" and node.above and not node.below and "e" not in self.vocabulary.subjects:
                exponent = self.elaborate(reduce(_juxtapose, node.above))
                return Value(exponent.axes, ex.Function("exp", 0, exponent.body), exponent.stand)
            self._refuse_function(node, base)
        if base == "e" and len(node.above) == 1 and not node.below and self._is_exponent(node.above[0]):
            exponent = self.elaborate(node.above[0])  # e^{-x}, also where e is an error
            return Value(exponent.axes, ex.Function("exp", 0, exponent.body), exponent.stand)
        reference = self.symbols.resolve(node)
        found = self.get_entry(reference)
        value = Value(found.axes, found.entry, found.stand)
        scripts = reference.scripts
        if scripts.power is not None:
            value = self._raise(value, scripts.power, node.place)
        picked = len(scripts.indices) == len(reference.quantity.axes) and scripts.indices
        return value if picked or not scripts.transposed else self._transpose(value, node.place)

    def _is_exponent(self, item: Node) -> bool:
        """Whether what stands above e is neither a power, nor a step, nor a transpose."""
        return parse_exponent(item) is None and self.notation.parse_step(item) is None and not is_transpose(item)

    def _refuse_function(self, node: Symbol, base: str) -> None:
        """Raise `Unreadable` for a function without an argument; one of known symbols is applied to these."""
        if any(name == base for name, _ in self.vocabulary.functions) or self.is_function(base, 1):
            raise Unreadable(f"the function {base} stands without an argument", node.place)
        if base in REFUSED and self.symbols.find_name(node) is None and len(base) > 1:
            raise Unreadable(f"{REFUSED[base]} are not read", node.place)

    def _transpose(self, value: Value, place: tree.Place | None) -> Value:
        return vectors.transpose(value, place, self.symbols.default_stand)

    def _raise(self, value: Value, power: Fraction, place: tree.Place | None) -> Value:
        """Raise to a power; −1 of a matrix is its inverse."""
        if value.order == 2 and power == -1:
            row, column = self.make_axes(2)
            return vectors.invert(value, (row, column))
        if (
            isinstance(value.body, ex.Entry)
            and not value.axes
            and value.body.quantity.axes
            and power == -1
            and len(value.body.quantity.axes) == 2
        ):
            return self._invert_entry(value.body)
        return vectors.raise_to_power(value, power, place)

    def _invert_entry(self, entry: ex.Entry) -> Value:
        """Take A_{ij}^{-1} for an entry of the inverse."""
        row, column = self.make_axes(2)
        whole = ex.Entry(entry.quantity, entry.step, (row, column))
        return Value((), ex.OfMatrix("inverse", whole, (row, column), entry.indices))

    def _elaborate_bracket(self, node: Bracket) -> Value:
        if node.kind == "‖":
            return Value((), ex.Power(self._square(node), Fraction(1, 2)))
        if node.kind == "|":
            value = self.elaborate(node.entries[0])
            if value.order == 2:
                return vectors.take_determinant(value)
            if value.order == 1:
                raise Unreadable("bars around a vector are not read", node.place)
            return Value((), ex.Function("abs", 0, value.body))
        if len(node.entries) == 1 and node.kind in ("(", "[", "{", r"\{"):
            return self.elaborate(node.entries[0])
        if len(node.entries) == 2 and node.kind == "<":
            left, right = (self.elaborate(entry) for entry in node.entries)
            if left.order != right.order:
                raise Misfit("the product of a vector and a matrix in angles")
            product = ex.multiply(left.body, vectors.align(right, left.axes))
            return Value((), vectors.sum_over(left.axes, product))
        if len(node.entries) > 1 and node.kind in ("[", "("):
            parts = [self.elaborate(entry) for entry in node.entries]
            return vectors.concatenate(parts, self.vocabulary.make_index(), node.place)
        raise Unreadable("the bracket is not read", node.place)

    def _square(self, node: Bracket) -> Expression:
        """Return the sum of the squares of all entries."""
        value = self.elaborate(node.entries[0])
        return vectors.sum_over(value.axes, ex.Power(value.body, Fraction(2)))

    def _elaborate_scripted(self, node: Scripted) -> Value:
        base = node.base
        if isinstance(base, tree.Number) and base.value == 1 and node.below and not node.above:
            found = self.get_constant(Symbol("1", node.below, place=node.place))
            if found is not None:
                return found
        if isinstance(base, Bracket) and base.kind == "‖":
            return self._elaborate_norm(node, base)
        if node.primes:
            raise Unreadable("a prime stands behind a bracket", node.place)
        return self._apply_scripts(self.elaborate(base), node, node.place)

    def _elaborate_norm(self, node: Scripted, base: Bracket) -> Value:
        kinds = {written(item) for item in node.below}
        power = Fraction(1)
        for item in node.above:
            exponent = parse_exponent(item)
            if exponent is None:
                raise Unreadable("what stands above the norm is not read", node.place)
            power = exponent
        value = self.elaborate(base.entries[0])
        if kinds == {"1"} and value.order == 1:
            total = vectors.sum_over(value.axes, ex.Function("abs", 0, value.body))
            return Value((), total if power == 1 else ex.Power(total, power))
        if not kinds <= {"2", "F", "Fro"} or (kinds == {"2"} and value.order > 1):
            raise Unreadable("this norm is not read", node.place)
        squares = self._square(base)
        return Value((), squares if power == 2 else ex.Power(squares, power / 2))

    def _apply_scripts(self, value: Value, node: Symbol | Scripted, place: tree.Place | None) -> Value:
        """Take an entry, a power or the transpose of what is no single symbol."""
        if node.below:
            value = self.pick_entry(value, node.below, place)
        of_function = isinstance(node, Scripted) and isinstance(node.base, tree.Application)
        for item in node.above:
            exponent = parse_exponent(item)
            if is_transpose(item):
                value = self._transpose(value, place)
            elif exponent is not None and not (
                exponent < 0 and of_function and not value.axes
            ):  # f(x)^{-1} may be the inverse
                value = self._raise(value, exponent, place)
            elif _is_inverse_transpose(item):
                value = self._transpose(self._raise(value, Fraction(-1), place), place)
            else:
                raise Unreadable("what stands above the bracket is neither a number nor a transpose", place)
        return value

    def _elaborate_root(self, node: tree.Root) -> Value:
        degree = Fraction(2)
        if node.degree is not None:
            if not isinstance(node.degree, tree.Number) or node.degree.value < 1:
                raise Unreadable("the degree of a root is not read", node.place)
            degree = node.degree.value
        value = self.elaborate(node.radicand)
        return Value(value.axes, ex.Power(value.body, 1 / degree), value.stand)

    def _elaborate_cases(self, node: tree.Cases) -> Value:
        """Add the values of the cases, each times what is 1 where its condition holds."""
        terms: list[Value] = []
        left: Expression = ex.ONE  # 1 where no condition held so far
        for body, conditions in node.rows:
            relations = [one for one in conditions if isinstance(one, tree.Relation)]
            words = " ".join(one.text for one in conditions if isinstance(one, tree.Words)).lower()
            words += " ".join(written(one) for one in conditions).lower()
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


def _juxtapose(left: Node, right: Node) -> Node:
    return Product((left, right), ("",))


def _is_inverse_transpose(item: Node) -> bool:
    item = strip_brackets(item)
    return isinstance(item, tree.Negative) and is_transpose(item.term)


__all__ = ["Elaborator", "Mask", "rename"]
