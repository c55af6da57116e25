"""Put derivatives together: the ∂ or d over and under a line, and before a slash."""

from dataclasses import replace

from bptt.proofread.syntax import tree
from bptt.proofread.syntax.tree import Node, Number, Place, Symbol, Unreadable, multiply, written

MOST_DERIVATIVES = 4  # of one another; each multiplies the work by the number of factors
_D = ("d", r"\mathrm{d}", r"\operatorname{d}", r"\mathit{d}", r"\partial", "D")


def is_mark(node: Node) -> bool:
    """Whether a formula is a ∂, or can be the d of a differential."""
    if isinstance(node, tree.Differential):
        return True
    return isinstance(node, Symbol) and node.name in _D and not (node.below or node.primes)


def name_gradient(node: tree.Product) -> tree.Product:
    """Take ∇ for the gradient by the one argument of what it stands before, as in ∇L(W)."""
    made = list(node.factors)
    for n, three in enumerate(zip(made, made[1:], made[2:], strict=False)):
        match three:
            case tree.Nabla(by=None) as nabla, Symbol(), tree.Bracket((Symbol() as by,)) if node.operators[
                n : n + 2
            ] == ("", ""):
                made[n] = replace(nabla, by=by)
    return replace(node, factors=tuple(made))


def make_mark(sign: Symbol) -> tree.Differential:
    """Make the ∂ of a symbol, with its order. Raises `Unreadable`."""
    if sign.below or sign.primes:
        raise Unreadable("a ∂ has something below it", sign.place)
    return tree.Differential(sign.name, *_read_order(sign), sign.place)


def _read_order(mark: Node) -> tuple[int, bool]:
    """Read the order of a ∂, and whether a + says that it is immediate. Raises `Unreadable`."""
    if isinstance(mark, tree.Differential):
        return mark.order, mark.immediate
    order, immediate = 1, False
    for item in mark.above if isinstance(mark, Symbol) else ():
        if isinstance(item, Number) and item.value in range(1, MOST_DERIVATIVES + 1):
            order = int(item.value)
        elif written(item) == "+":
            immediate = True
        else:
            raise Unreadable("what stands above the ∂ is not read", getattr(mark, "place", None))
    return order, immediate


def read_quotient(over: Node, under: Node, place: Place | None) -> Node:
    """Read one formula over another: a derivative, if both begin with a ∂ or a d."""
    (mark, *of), operators = _list_factors(over)
    first = _list_factors(under)[0][0]
    is_derivative = is_mark(mark) and is_mark(first) and operators[:1] in ((), ("",))
    if not is_derivative or (written(mark) == "D") > (written(first) == "D"):  # D / dx is no operator
        return tree.Quotient(over, under, place)
    variables = _list_variables(under, place)
    if not variables:
        return tree.Quotient(over, under, place)
    order, immediate = _read_order(mark)
    by = _repeat(variables, order, place)
    return tree.Derivative(multiply(tuple(of), operators[1:]) if of else None, by, immediate, place)


def _list_factors(node: Node) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    return (node.factors, node.operators) if isinstance(node, tree.Product) else ((node,), ())


def _list_variables(under: Node, place: Place | None) -> list[tuple[Node, int]]:
    """List what stands behind each ∂ below a line, with the order of that ∂; nothing for what is no derivative."""
    factors, operators = _list_factors(under)
    if set(operators) - {""} or len(factors) < 2:
        if len(factors) < 2:
            raise Unreadable("it does not say by what the derivative is", place)
        return []
    found: list[tuple[Node, int]] = []
    pending = 0
    for n, factor in enumerate(factors):
        if pending:
            found.append((factor, pending))
            pending = 0
        elif is_mark(factor):
            pending = _read_order(factor)[0]
        elif found and _is_argument(factor) and isinstance(factors[n - 1], Symbol):  # ∂h(t − 1)
            found[-1] = (multiply((found[-1][0], factor), ("",)), found[-1][1])
        else:
            return []  # 1/(dx y) is no derivative
    if pending:
        raise Unreadable("it does not say by what the derivative is", place)
    return found


def _is_argument(factor: Node) -> bool:
    inner = factor.base if isinstance(factor, tree.Scripted) else factor
    return isinstance(inner, tree.Bracket) and inner.kind in ("(", "[")


def _repeat(variables: list[tuple[Node, int]], order: int, place: Place | None) -> tuple[Node, ...]:
    """Return what a derivative is by, each as often as it says. Raises `Unreadable` where that is not its order."""
    whole = [variable for variable, times in variables for _ in range(times)]
    squared = [split for variable, times in variables for split in _split_square(variable) * times]
    for by in (squared, whole):  # of order 1, ∂L/∂h^2 is by the state of step 2
        if len(by) == order:
            return tuple(by)
    raise Unreadable(f"a derivative of order {order} by {len(squared)} variables", place)


def _split_square(variable: Node) -> list[Node]:
    """Take the 2 of ∂x² as two derivatives by x."""
    if not isinstance(variable, Symbol | tree.Scripted) or not variable.above:
        return [variable]
    last = variable.above[-1]
    if not isinstance(last, Number) or last.value not in range(2, MOST_DERIVATIVES + 1):
        return [variable]
    return [replace(variable, above=variable.above[:-1])] * int(last.value)


def join_slashes(factors: list[Node], operators: list[str]) -> None:
    """Make derivatives of ∂L/∂x, where a ∂ stands before the factors before a slash, and one behind it."""
    n = 0
    while n < len(operators):
        start = _find_mark(factors, operators, n) if operators[n] == "/" else -1
        if start >= 0 and is_mark(factors[n + 1]) and operators[n + 1 : n + 2] == [""]:
            end = n + 3 + _has_step_behind(factors, operators, n + 2)  # ∂x ∂y below a slash is not read
            over = multiply(tuple(factors[start : n + 1]), tuple(operators[start:n]))
            under = multiply(tuple(factors[n + 1 : end]), ("",))
            factors[start:end] = [read_quotient(over, under, getattr(factors[start], "place", None))]
            operators[start : end - 1] = []
            n = start - 1
        n += 1


def _has_step_behind(factors: list[Node], operators: list[str], n: int) -> bool:
    """Whether a symbol has a letter in a bracket behind it, as ∂E/∂a(t) or a(t − 1); ∂f/∂x(x) is taken at a point."""
    if not isinstance(factors[n], Symbol) or operators[n : n + 1] != [""]:
        return False
    match factors[n + 1]:
        case tree.Bracket((Symbol() as letter,), kind="("):
            return tree.is_bare(letter) and written(letter) != written(factors[n])
        case tree.Bracket((tree.Sum((Symbol(), Number() | tree.Negative(Number()))),), kind="("):
            return True
    return False


def _find_mark(factors: list[Node], operators: list[str], n: int) -> int:
    """Return where the last ∂ stands before a slash with nothing but factors side by side between; −1 if none does."""
    while not is_mark(factors[n]):
        if not n or operators[n - 1]:
            return -1
        n -= 1
    return n
