"""What a report says in print, in a notebook, and of a wrong gradient: which entry, where, what mistake, how to see it.

Lines are of at most 100 columns, but for those of a snippet, which are to be pasted.
"""

import html
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from bptt.verify._problem import Problem
from bptt.verify._report import LeafFinding, Report, Verdict
from bptt.verify.diagnosis import Diagnosis, Point, Refutation, diagnose, locate_wrong_entries
from bptt.verify.methods._finite_differences import FINITE_DIFFERENCES

MOST_LINES = 15  # of what is raised: a failing test shows it in full
WIDTH = 100
_MOST_NAMES = 6  # arrays that are listed in one line

_HEADINGS = ("gradient by", "shape", "formula", "agreement", "arithmetic", "guaranteed", "measured")
_PLAIN = str.maketrans(
    {
        "±": "+/-", "−": "-", "─": "-", "…": "...", "≥": ">=", "≤": "<=", "≠": "!=", "×": "x", "·": "*", "√": "sqrt ",
        "∂": "d", "⟨": "<", "⟩": ">", "∞": "inf", "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-",
    }
)  # fmt: skip


def fit_to_stdout(text: str) -> str:
    """Replace what the encoding of the standard output cannot show: ± by +/-, and what has no such likeness by \\u…."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    unknown = {character for character in text if not character.encode(encoding, "ignore")}
    return text.translate({ord(x): x.translate(_PLAIN).encode("ascii", "backslashreplace").decode() for x in unknown})


def format_report(report: Report) -> str:
    """Return the report as plain text: what decided, a table of all arrays, notes, and what it was decided with."""
    findings = [finding for _, finding in _list_rows(report)]
    rows = [[fit_to_stdout(cell) for cell in cells] for cells, _ in _list_rows(report)]
    columns = [n for n in range(len(_HEADINGS)) if any(row[n] for row in rows)]
    widths = [max(len(row[n]) for row in (_HEADINGS, *rows)) for n in columns]
    gaps = 3 * (len(widths) - 1)
    widths[0] = min(widths[0], max(len(_HEADINGS[0]), WIDTH - 2 - gaps - sum(widths[1:])))  # 2: … may become ...

    def align(cells: Sequence[str]) -> str:
        return "   ".join(_cut(cells[n], width).ljust(width) for n, width in zip(columns, widths, strict=True))

    lines = [f"{report.verdict}: {report.reason}", "", align(_HEADINGS), "─" * (sum(widths) + gaps)]
    for row, finding in zip(rows, findings, strict=True):
        below = _format_values(finding)
        beside = f"{align(row)}   {''.join(below)}".rstrip()
        lines += [beside] if len(below) < 2 and len(beside) <= WIDTH else [align(row), *(f"  {line}" for line in below)]
    lines.append("")
    if report.arithmetic.verdict == Verdict.UNDECIDED:
        lines.append(f"arithmetic undecided: {report.arithmetic.reason}")
    method, digits = report.formula.reference.removeprefix("by "), report.formula.digits
    lines += [f"note: {note}" for note in (*report.notes, *report.lost_digits)]
    lines.append(f"seed {report.seed}, {method if digits is None else f'balls of {digits} digits'}")
    return "\n".join(wrap_lines(fit_to_stdout(line.rstrip()) for line in lines))


def format_html(report: Report) -> str:
    """Return the report as a notebook shows it."""
    rows = [[f"<th>{heading}</th>" for heading in (*_HEADINGS, "")]]
    for cells, finding in _list_rows(report):
        said = finding.finding if finding.entry else finding.reason
        rows.append([f"<td>{html.escape(cell)}</td>" for cell in (*cells, said)])
    table = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f"<p>{html.escape(f'{report.verdict}: {report.reason}')}</p><table>{table}</table>"


def _list_rows(report: Report) -> Iterator[tuple[tuple[str, ...], LeafFinding]]:
    """Yield for each array the cells of the table, and the finding on its formula or floats that has more to say."""
    arithmetic = {leaf.path: leaf for leaf in report.arithmetic.leaves}
    for leaf in report.formula.leaves:
        floats = arithmetic.get(leaf.path)
        of_floats = ("", "", "")
        if floats is not None:
            is_compared = leaf.verdict == floats.verdict == Verdict.RIGHT
            measured = "exact" if floats.measured is None else f"{floats.measured} digits"
            of_floats = (str(floats.verdict), floats.known, measured if is_compared else "")
        cells = (leaf.path, str(leaf.shape), str(leaf.verdict), leaf.known, *of_floats)
        yield cells, leaf if leaf.reason or floats is None else floats


def _format_values(finding: LeafFinding) -> list[str]:
    """Return the two values of the entry that a finding names, in a line each; its reason if it names none."""
    if finding.entry is None:
        return [finding.reason] if finding.reason else []
    place = f"{finding.place}: "
    above, place = ([place.rstrip()], "  ") if len(place) > WIDTH // 2 else ([], place)  # a long name has its own line
    return [
        *above,
        f"{place}by hand   {finding.entry.by_hand}",
        f"{'':{len(place)}}reference {finding.entry.reference}, {finding.reference} ({finding.reason})",
    ]


def explain(problem: Problem, report: Report, snippet: Sequence[str], notes: Sequence[str] = ()) -> str:
    """Return the text on a rule that `report` finds wrong at this point, in at most 15 lines."""
    formula, wrong = report.formula, report.wrong_leaves
    is_by_formula = formula.verdict == Verdict.WRONG
    if is_by_formula and formula.digits is None:
        wrong = locate_wrong_entries(problem, formula.leaves)
    elif by_slopes := [leaf for leaf in wrong if leaf.reference == FINITE_DIFFERENCES]:
        located = {leaf.path: leaf for leaf in locate_wrong_entries(problem, by_slopes)}
        wrong = [located.get(leaf.path, leaf) for leaf in wrong]
    if not wrong:
        return "\n".join(wrap_lines([f"wrong: {report.reason}", f"seed {report.seed}"]))
    diagnoses = [Diagnosis(leaf.path) for leaf in wrong]
    if is_by_formula and formula.digits is not None:
        diagnoses = diagnose([Point(problem)], [leaf.path for leaf in wrong])
    refutations = [Refutation(*found, snippet=tuple(snippet)) for found in zip(wrong, diagnoses, strict=True)]
    judged = formula.leaves if is_by_formula else report.arithmetic.leaves
    right = [leaf.path for leaf in judged if leaf.verdict == Verdict.RIGHT]
    return format_refutations(refutations, right, report.seed, [*notes, *report.notes])


def format_refutations(
    refutations: Sequence[Refutation], right: Sequence[str], seed: int, notes: Sequence[str] = ()
) -> str:
    """Return the text of an error: the first of the refutations in full, the others in a line each if there is room."""
    first, *others = refutations
    head = f"wrong by {_list_names([one.path for one in refutations])}"
    entry = first.finding.entry
    if entry and entry.by_hand != entry.reference:  # of a failing test, a summary shows the first line alone
        otherwise = "where slopes are" if entry.is_range else "not"
        head += f": {first.finding.place} is {entry.by_hand}, {otherwise} {entry.reference}"
    head += f"; right by {_list_names(right)}" if right else ""
    end = [f"seed {seed}" + (", to see it again:" if first.snippet else ""), *(f"    {line}" for line in first.snippet)]
    body = _fit([head, *_format_refutation(first)], MOST_LINES - len(end))
    if len(body) + len(end) > MOST_LINES:  # too many imports
        end = [f"seed {seed}"]
    room = MOST_LINES - len(body) - len(end)
    short = _fit([*map(_shorten, others), *(f"note: {note}" for note in notes)], room)
    if len(short) > room:
        short = [*short[: room - 1], f"and {len(short) - room + 1} more"] if room > 0 else []
    return "\n".join(body + short + end)


def _format_refutation(refutation: Refutation) -> list[str]:
    """Return all of it but how to bring it back."""
    finding, diagnosis, kind = refutation.finding, refutation.diagnosis, refutation.diagnosis.kind
    lines = _format_values(finding) if finding.entry else [f"  {finding.reason or 'wrong'}"]
    if diagnosis.where and not (finding.entry and finding.entry.is_range):  # it is told from one of several slopes
        lines.append(f"  where: {diagnosis.where}")
    if kind:
        lines.append(f"  {'by design?' if kind.by_design else 'kind'}: it is {kind.text}")
    if when := format_when(refutation):
        lines.append(f"  {when}")
    if sizes := [f"{name} = {size}" for name, size in (refutation.sizes or {}).items()]:
        lines.append(f"  smallest sizes: {', '.join(sizes)}")
    return lines


def _shorten(refutation: Refutation) -> str:
    """Return what is said of it beside another one."""
    kind = refutation.diagnosis.kind
    said = [f"it is {kind.text}" if kind else refutation.finding.reason, format_when(refutation)]
    return f"also by {refutation.path}: {'; '.join(filter(None, said))}"


def format_when(refutation: Refutation) -> str:
    """Return the rule of sizes in words; empty if there is none."""
    if refutation.cases == 1:
        return ""
    undecided = f", undecided in {refutation.undecided}" if refutation.undecided else ""
    if refutation.rule is None:
        return f"wrong in {refutation.wrong} of {refutation.cases} cases{undecided}"
    if refutation.rule:
        return f"wrong exactly when {refutation.rule}, in {refutation.cases} cases{undecided}"
    return f"wrong in all {refutation.cases} cases"


def wrap_lines(lines: Iterable[str]) -> list[str]:
    """Return the lines in at most 100 columns, what a longer one has beyond them on lines below it."""
    wrapped: list[str] = []
    for line in lines:
        text = " ".join(line.splitlines())
        indent = " " * (len(text) - len(text.lstrip()) + 4)
        wrapped += textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]
    return wrapped


def _fit(lines: Sequence[str], room: int) -> list[str]:
    """Wrap the lines if there is room for so many; else cut each of them."""
    wrapped = wrap_lines(lines)
    return wrapped if len(wrapped) <= room else [_cut(line) for line in lines]


def _cut(text: str, width: int = WIDTH) -> str:
    """Return the text in a single line of that width, what is beyond it replaced by an ellipsis."""
    line = " ".join(text.splitlines())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _list_names(names: Sequence[str]) -> str:
    if len(names) <= _MOST_NAMES:
        return ", ".join(names)
    return f"{', '.join(names[: _MOST_NAMES - 1])} and {len(names) - _MOST_NAMES + 1} more"
