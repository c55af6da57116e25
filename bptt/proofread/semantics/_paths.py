"""What a claim needs: definitions that can be used, and ways from each numerator to its variable."""

from dataclasses import replace

from bptt.proofread import _expressions as ex
from bptt.proofread import _traversal as traversal
from bptt.proofread._expressions import Claim, Definitions, Expression
from bptt.proofread.semantics._dependencies import leads_to
from bptt.proofread.semantics._vocabulary import Vocabulary, is_standard
from bptt.proofread.syntax.tree import Unreadable


def require_usable(vocabulary: Vocabulary, *sides: Expression) -> None:
    """Raise `Unreadable` where something is met that the document defines by what cannot be used."""
    functions = vocabulary.definitions.functions
    for node in traversal.walk_definitions(vocabulary.definitions, sides):
        if isinstance(node, ex.Entry) and node.quantity in vocabulary.unusable:
            line = vocabulary.unusable[node.quantity]
            raise Unreadable(f"{node.quantity.name} is defined on line {line} by what cannot be used")
        if isinstance(node, ex.Function) and not (node.name in functions or is_standard(node.name)):
            raise Unreadable(f"{node.name} is defined anew by more than its argument, or by what cannot be used")


def require_paths(vocabulary: Vocabulary, *sides: Expression) -> None:
    """Raise `Unreadable` for a derivative by what is defined beside the numerator, not on the way to it."""
    definitions = vocabulary.definitions
    for node in (node for side in sides for node in traversal.walk(side) if isinstance(node, ex.Partial)):
        by = node.by.quantity
        if isinstance(node.of, ex.Size) or _is_undefined(vocabulary, node.of, by):
            raise Unreadable("the numerator of a derivative is defined nowhere")
        if not leads_to(definitions, node.of, by):
            raise Unreadable(f"the numerator is not defined by way of {by.name}")
        if _is_another_scale(definitions, node.of, by):
            raise Unreadable(f"what {by.name} is made of is in the numerator beside it, too")
        met = traversal.list_quantities(definitions, node.of)
        unknown = [one.name for one in vocabulary.unknown if one in met]
        if unknown and by not in met:
            raise Unreadable(f"{unknown[0]} is defined nowhere, and nothing says how it depends on {by.name}")


def _is_another_scale(definitions: Definitions, of: Expression, by: ex.Quantity) -> bool:
    """Whether a numerator has what a quantity is another scale of, as σ of λ = log σ², on a way beside it."""
    bodies = [one.body for one in definitions.quantities.get(by, ())]
    if by.timed or len(bodies) != 1 or isinstance(bodies[0], ex.Entry):
        return False
    if not all(_is_of_scale(node) for node in traversal.walk(bodies[0])):
        return False
    others = {one: held for one, held in definitions.quantities.items() if one != by}
    met = traversal.list_quantities(replace(definitions, quantities=others), of)
    return any(one in met for one in traversal.list_quantities(definitions, bodies[0]))


def _is_of_scale(node: Expression) -> bool:
    if isinstance(node, ex.Function):
        return node.name in ("log", "exp", "sqrt")
    return isinstance(node, ex.Entry | ex.Power | ex.Times | ex.Constant)


def _is_undefined(vocabulary: Vocabulary, of: Expression, by: ex.Quantity) -> bool:
    """Whether a numerator is what nothing defines, so that its derivative is unknown and not 0; data are given."""
    if not isinstance(of, ex.Entry) or of.quantity == by or of.quantity in vocabulary.symbols.data:
        return False
    return of.quantity not in vocabulary.definitions.quantities and not of.quantity.name.startswith("the argument")


def find_unrelated(vocabulary: Vocabulary, claim: Claim) -> str:
    """Name what a derivative is by though its numerator is not made of it, as far as is known; "" if there is none."""
    for side in (claim.left, claim.right):
        for node in traversal.walk_definitions(vocabulary.definitions, [side]):
            if not isinstance(node, ex.Partial) or _is_data(vocabulary, node.of):
                continue
            if node.by.quantity not in traversal.list_quantities(vocabulary.definitions, node.of):
                return node.by.quantity.name
    return ""


def _is_data(vocabulary: Vocabulary, of: Expression) -> bool:
    return isinstance(of, ex.Entry) and of.quantity in vocabulary.symbols.data
