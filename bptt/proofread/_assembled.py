"""Matrices that the prose puts together: of rows or columns, or of the entries of a diagonal."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bptt.proofread._parsed import ParsedSentence
from bptt.proofread.document import FORMULA
from bptt.proofread.semantics import Candidate
from bptt.proofread.semantics._notation import is_transpose
from bptt.proofread.syntax.tree import Bracket, Node, Product, Relation, Symbol, list_symbols, strip_brackets, written

_SOME = r"(?:(?!(?:and|not|no|if|rows?|columns?)\b)[\w-]+ )"
_SHAPE = rf"(?:{FORMULA} (?:\w+ )?matrix )"  # the n × d matrix
_LINES = r"(?P<lines>rows?|columns?)"
_VECTORS = r"(?:(?:the|vectors?|inputs?|samples?|features?|examples?|points?|observations?) )*"
# X has the rows x_1, …, x_n; the rows of X are x_1, …, x_n; put x_1, …, x_n into the rows of X.
_STACKED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<whole>{FORMULA}),? {_SOME}{{0,4}}{_SHAPE}?(?:with|whose|ha[sv]e?|having) "
        rf"(?:{_SOME}|{FORMULA}[\w-]+ ){{0,2}}{_LINES} (?:(?:are|is|being|equal to|given by) )?"
        rf"{_VECTORS}(?P<part>{FORMULA})",
        rf"{_LINES} of (?P<whole>{FORMULA}) (?:are|is|being|contains?|holds?) {_VECTORS}(?P<part>{FORMULA})",
        rf"(?P<part>{FORMULA}) (?:\w+ ){{0,4}}(?:as|into|in|form|along) (?:the )?{_LINES} of "
        rf"(?:an? |the )?(?:\w+ ){{0,2}}(?P<whole>{FORMULA})",
    )
)
_DIAGONAL = re.compile(
    rf"(?P<whole>{FORMULA}),? {_SOME}{{0,3}}(?:{FORMULA} )?diagonal matrix (?:with|of|having) (?:the )?(?:diagonal )?"
    rf"(?:(?:entries|elements|values|weights) )?(?P<part>{FORMULA})",
    re.IGNORECASE,
)


def list_assembled(sentences: Sequence[ParsedSentence], sides: Sequence[Node]) -> Iterator[Candidate]:
    """List what words say of the rows, the columns or the diagonal of a matrix: X_{ij} = x_{ij}, D_{ij} = δ_{ij} d_i.

    Args:
        sentences: of the document
        sides: of its equations, by which the letters of the vectors are known
    """
    symbols = [one for side in sides for one in list_symbols(side)]
    for sentence in sentences:
        for found in (found for pattern in _STACKED for found in pattern.finditer(sentence.words)):
            whole, part = (_find_symbol(sentence, found, group) for group in ("whole", "part"))
            if whole is not None and part is not None and not whole.below and whole.name != part.name:
                vector = next(filter(None, map(_read_vector, (part, *_list_named(symbols, part.name)))), None)
                if vector is not None:
                    yield _stack(whole, vector, found["lines"].lower().startswith("row"), sentence.line)
        for found in _DIAGONAL.finditer(sentence.words):
            whole, (entry,) = _find_symbol(sentence, found, "whole"), sentence.list_alone(found, "part")
            letters = (
                {written(item) for one in list_symbols(entry) for item in one.below} if entry is not None else set()
            )
            if whole is not None and entry is not None and len(letters) == 1:
                yield _put_on_diagonal(whole, entry, letters.pop(), sentence.line)


def _find_symbol(sentence: ParsedSentence, found: re.Match[str], group: str) -> Symbol | None:
    """Find the symbol that a formula is about: X of X ∈ ℝ^{n×d}, x_1^⊤ of x_1^⊤, …, x_n^⊤."""
    entries = sentence.entries[sentence.get_numbers(found, group)[0]]
    first = strip_brackets(entries[0].left if isinstance(entries[0], Relation) else entries[0]) if entries else None
    return first if isinstance(first, Symbol) else None


def _list_named(symbols: Sequence[Symbol], name: str) -> Iterator[Symbol]:
    return (one for one in symbols if one.name == name)


def _read_vector(symbol: Symbol) -> tuple[Symbol, str] | None:
    """Read x_i or x^{(i)} as a vector and the letter that numbers it; None for what has no letter, or more than one."""
    above = tuple(item for item in symbol.above if not is_transpose(item))
    letters = [strip_brackets(item) for item in (*symbol.below, *above)]
    if len(letters) != 1 or not isinstance(letters[0], Symbol) or len(letters[0].name) > 1:
        return None
    return Symbol(symbol.name, symbol.below, above), letters[0].name


def _stack(whole: Symbol, vector: tuple[Symbol, str], in_rows: bool, line: int) -> Candidate:
    """State what the entries are of a matrix with such rows, or columns."""
    symbol, letter = vector
    row, column = Symbol(letter), Symbol("j" if letter != "j" else "k")
    indices = (row, column) if in_rows else (column, row)
    return Candidate(Symbol(whole.name, indices), replace(symbol, below=(*symbol.below, column)), line, defines=True)


def _put_on_diagonal(whole: Symbol, entry: Node, letter: str, line: int) -> Candidate:
    indices = (Symbol(letter), Symbol("j" if letter != "j" else "k"))
    kronecker = Symbol(r"\delta", indices)
    return Candidate(Symbol(whole.name, indices), Product((kronecker, Bracket((entry,))), ("",)), line, defines=True)
