"""From the text of a document to a finding on each of its equations."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from bptt.proofread._course import Course, Finding, Progress
from bptt.proofread._parse_document import MOST_EQUATIONS, ParsedDocument, list_displayed, parse_document
from bptt.proofread._parsed import EQUALS, is_total
from bptt.proofread._wording import UNUSED
from bptt.proofread.document import Document, Equation, Sentence, cut_equation, read_document, spell
from bptt.proofread.semantics import (
    Glossary,
    Reading,
    Signs,
    Ways,
    draft,
    list_entries,
    list_statements,
    list_ways,
    read_default_glossary,
    read_glossary,
)
from bptt.proofread.syntax import Node, Symbol, Unreadable
from bptt.proofread.syntax.tree import Relation, list_symbols, lists_entries, written

# The standard normal distribution function Φ, and its density φ.
_NORMAL = re.compile(
    r"\b(?:normal|gaussian) (?:(?:cumulative|law|distribution|density|probability) ?){0,3}"
    r"(?:function|density|c\.?d\.?f|p\.?d\.?f)"
    r"|\b(?:c\.?d\.?f|density|distribution function)\b.{0,30} of (?:the|a) (?:standard )?(?:normal|gaussian)",
    re.IGNORECASE,
)
LARGEST_DOCUMENT = 1_000_000  # characters: a book
NOTATIONS = ("given", "the post's", "drafted from the document")


def proofread(
    text: str, glossary: Glossary | str | None = None, progress: Progress | None = None, inline: bool = False
) -> list[list[Finding]]:
    """Judge every displayed equation of a Markdown or LaTeX document: a list of findings for each display.

    Args:
        text: the document
        glossary: what its symbols mean, as TOML or as `read_glossary` returns it; by default the notation of the post
            where it may be that of the document, or what is drafted from this, whichever judges more equations
        progress: called with the number of equations judged and of all, after each
        inline: judge the equations of the prose, too; they come last, as displays with the number 0

    Raises `GlossaryError` for a glossary that cannot be used, and `ValueError` for a document beyond the limits.
    """
    document = _read(text, inline)
    if glossary is not None:
        known = glossary if isinstance(glossary, Glossary) else read_glossary(glossary)
        return _arrange(document, Course(document, known, NOTATIONS[0]).judge(progress))
    total = sum(map(len, document.displays))

    def report(before: int) -> Progress | None:
        return None if progress is None else lambda done, _: progress(before + done, 2 * total)

    best = Course(document, read_default_glossary(), NOTATIONS[1])
    courses, findings = [best], best.judge(report(0), correct=False)
    judged, signs = _count_judged(findings), _read_signs(document)
    elsewhere = signs.certain and signs.place != best.glossary.time_place
    elsewhere |= bool(signs.shapes) and not best.restates
    if judged < total or elsewhere or (_count_findings(findings) and not best.restates):
        drafted = draft(signs, _make_reader(document))
        notation = f"{NOTATIONS[2]}; the post's judges {judged} of {total} equations"
        other = Course(document, read_glossary(drafted.toml), notation, drafted, text)
        others = other.judge(report(total), correct=False)
        reads_more = (_count_judged(others), -_count_findings(others)) > (judged, -_count_findings(findings))
        if reads_more or elsewhere:
            courses, findings = [other], others
        else:  # an equation is wrong if it is in each notation that it may have
            doubted = set() if best.restates else other.doubted
            pairs = enumerate(zip(findings, others, strict=True))
            findings = [
                second if one.is_finding and (second.label == "right" or n in doubted) else one
                for n, (one, second) in pairs
            ]
            courses.append(other)
    found = (_find_once_more(courses, n) if one.is_finding else one for n, one in enumerate(findings))
    return _arrange(document, found)


def _find_once_more(courses: Sequence[Course], n: int) -> Finding:
    """Judge an equation that each of these notations accuses: the first that may do so; else what the first says."""
    found = [courses[0].find(n)]
    for other in courses[1:]:
        if not found[-1].is_finding:
            found.append(other.find(n))
    return found[-1] if found[-1].is_finding else found[0]


def draft_glossary(text: str) -> str:
    """Draft a glossary from a document that has none, as TOML, with a line of doubt for each guess.

    Raises `ValueError` for a document beyond the limits.
    """
    document = _read(text)
    return draft(_read_signs(document), _make_reader(document)).toml


def _read(text: str, inline: bool = False) -> Document:
    if len(text) > LARGEST_DOCUMENT:
        raise ValueError(f"a document may have {LARGEST_DOCUMENT:,} characters; got {len(text):,}")
    document = read_document(text)
    if inline:
        prose = tuple((one,) for sentence in document.sentences for one in _list_equations(sentence))
        document = document._replace(displays=document.displays + prose)
    if sum(map(len, document.displays)) > MOST_EQUATIONS:
        raise ValueError(f"a document may have {MOST_EQUATIONS:,} equations; it has more")
    return document


def _list_equations(sentence: Sentence) -> Iterator[Equation]:
    """List the formulas of a sentence that state an equation."""
    for formula in sentence.formulas:
        left, relation, right = cut_equation(formula)
        if left and right and relation in EQUALS:
            yield Equation(0, right[0].line, right[0].column, spell(formula), left, relation, right, False)


def _arrange(document: Document, findings: Iterable[Finding]) -> list[list[Finding]]:
    """Return a list of findings for each display."""
    coming = iter(findings)
    return [list(islice(coming, len(display))) for display in document.displays]


def _count_judged(findings: Sequence[Finding]) -> int:
    """Count the equations that were compared, or taken for definitions and used."""
    return sum(one.label != "unreadable" and not one.note.startswith(UNUSED) for one in findings)


def _count_findings(findings: Sequence[Finding]) -> int:
    return sum(one.is_finding for one in findings)


def _read_signs(document: Document) -> Signs:
    """Read the signs in all equations, and in what the document states in its prose, or beside equations."""
    parsed = parse_document(document)
    stated = [found for one in document.sentences for found in list_statements(one.words, one.formulas)]
    remarks = (remark for one in list_displayed(document) for remark in one.remarks)
    stated += [found for remark in remarks for found in list_statements("", [remark.tokens])]
    for one in parsed.equations:
        if one.relation == r"\in" and one.sides:
            stated.append(Relation(one.sides[0], one.relation, one.sides[1]))
        stated += list_entries(*one.sides) if one.sides else ()
    sides = [(one.left, one.left if one.sides and lists_entries(*one.sides) else one.right) for one in parsed.equations]
    is_normal = any(_NORMAL.search(sentence.words) for sentence in document.sentences)
    return Signs([*sides, *_list_brought_in(document, parsed)], stated, is_normal)


def _list_brought_in(document: Document, parsed: ParsedDocument) -> list[tuple[Node, Node]]:
    """List the sides of what the prose defines by other symbols, and no display does."""
    shown = {one.left[0].text for one in list_displayed(document) if one.left}
    shown -= {written(one.sides[0]) for one in parsed.equations if one.sides and is_total(*one.sides)}
    return [
        (one.left, one.right)
        for one in parsed.inline
        if isinstance(one.left, Symbol) and one.left.name not in shown and (one.defines or _is_formula(one.right))
    ]


def _is_formula(side: Node | Unreadable) -> bool:
    """Whether a side is made of symbols: W = 0 and v = u fix a value, and define nothing."""
    return not isinstance(side, Symbol | Unreadable) and any(True for _ in list_symbols(side))


def _make_reader(document: Document) -> Callable[[Glossary, int], Reading]:
    """Make what reads a document under a glossary, without judging it."""
    brought_in = _list_brought_in(document, parse_document(document))

    def read(glossary: Glossary, most: int) -> Reading:
        judge = Course(document, glossary, "").judge_one
        ways = [
            list_ways(judge.vocabulary, *one.sides, most) if one.sides and one.relation in EQUALS else Ways()
            for one in judge.equations
        ]
        ways += [list_ways(judge.vocabulary, left, right, most) for left, right in brought_in]
        return Reading(judge.vocabulary, ways)

    return read
