"""What each equation of a document is: a definition, an assumption, or a claim."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from bptt.proofread import semantics
from bptt.proofread._parsed import ParsedEquation, get_subject, is_derivative, list_candidates
from bptt.proofread.semantics import Candidate, Vocabulary
from bptt.proofread.syntax.tree import Node, Symbol, Unreadable, is_bare, list_symbols


def find_roles(
    vocabulary: Vocabulary,
    equations: Sequence[ParsedEquation],
    inline: Sequence[Candidate],
    sides: Sequence[Node],
    subjects: Sequence[Node],
    holds: Callable[[Node, Node], bool],
) -> tuple[Mapping[int, semantics.Role], Mapping[int, Exception]]:
    """Take up what a document defines; return the role of each equation that is no claim, and why others are not used.

    Args:
        vocabulary: of the document; it takes up the definitions
        equations: those that are displayed; theirs are the first numbers
        inline: what the prose may define; theirs are the numbers behind
        sides, subjects: all sides, and the left-hand sides, of both
        holds: whether an equation is right by what is known so far
    """
    unread = (one for one in equations if isinstance(one.right, Unreadable))
    lost = [(one.left, one.line) for one in unread if not isinstance(one.left, Unreadable)]
    candidates = dict(list_candidates(equations))
    claims = _list_claims(vocabulary, candidates, inline)
    shown = {_get_key(vocabulary, one.left) for n, one in candidates.items() if n not in claims}
    brought_in = (one._replace(left=semantics.normalise_left(vocabulary, one.left, one.right)) for one in inline)
    extra = [
        one
        for one in brought_in
        if not _fixes(one)
        and (_get_key(vocabulary, one.left) not in shown or _is_before_the_first(vocabulary, one.left))
    ]
    candidates |= dict(enumerate(extra, start=len(equations) + 1))
    roles: dict[int, semantics.Role] = {}
    unused: dict[int, Exception] = {}

    def collect(numbers: Iterable[int], lost: Sequence[tuple[Node, int]] = ()) -> None:
        found = semantics.collect_definitions(vocabulary, {n: candidates[n] for n in numbers}, lost, holds)
        roles.update(found.roles)
        unused.update(found.unused)

    collect(candidates.keys() - claims, lost)
    semantics.define_losses(vocabulary, sides, subjects)
    # g = ∂L/∂y is a definition, too, now that a loss which is defined nowhere is an unknown function.
    collect(unused.keys() - roles.keys())
    named = {get_subject(vocabulary, candidates[n].left) for n in roles if n > len(equations)}
    collect(n for n in claims if get_subject(vocabulary, candidates[n].left) not in named)
    vocabulary.denominators = semantics.find_denominators(vocabulary.symbols, sides)
    return roles, {n: why for n, why in unused.items() if n not in roles}


def _get_key(vocabulary: Vocabulary, left: Node) -> tuple[str, bool]:
    """Return the letters of what a left-hand side is about, and whether it is the E_t of an E = Σ E_t."""
    subject = get_subject(vocabulary, left)
    return subject, subject in vocabulary.symbols.totals and isinstance(left, Symbol) and bool(left.below)


def _is_before_the_first(vocabulary: Vocabulary, left: Node) -> bool:
    """Whether it is a symbol at a step before the first, as h_0: no display about h_t says what that is."""
    if not isinstance(left, Symbol):
        return False
    steps = map(vocabulary.symbols.notation.parse_step, (*left.below, *left.above))
    return any(step is not None and not step.anchor and step.offset <= 0 for step in steps)


def _fixes(one: Candidate) -> bool:
    """Whether it gives a number to a symbol, as c = 1: so it is where the sentence says so, and free elsewhere."""
    return is_bare(one.left) and not any(True for _ in list_symbols(one.right))


def _list_claims(vocabulary: Vocabulary, displayed: Mapping[int, Candidate], inline: Sequence[Candidate]) -> set[int]:
    """List the equations that are claims about what the prose names as a derivative: let δ be ∂L/∂a."""
    named = {get_subject(vocabulary, one.left) for one in inline if is_derivative(one.right)}
    about = {n: get_subject(vocabulary, one.left) for n, one in displayed.items()}
    shown = {about[n] for n, one in displayed.items() if is_derivative(one.right)}
    return {n for n, subject in about.items() if subject and subject in named - shown}
