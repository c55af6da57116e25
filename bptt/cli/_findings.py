"""What was found in a document, as text: the findings, what was not read by reason, a table of the rest, a count."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import zip_longest
from typing import Any, NamedTuple

from rich.text import Text

from bptt.cli._console import console
from bptt.proofread import FINDINGS, LABELS, NOTATIONS, Finding
from bptt.proofread._letters import can_show, spell_out

PIPED_WIDTH, LEAST_WIDTH = 80, 60  # characters in a line: in a pipe or a file, and on the narrowest terminal
_GAP = 2  # spaces between columns, and before what belongs to a heading
_SHORT_NOTE = 24  # characters: a repeated note that is no longer is written again rather than pointed to
_STYLES = dict.fromkeys(FINDINGS, "red") | {"right": "green", "definition": ""}
_PLACE = re.compile(r",? (?:in |at )?(?:line \d+, )?column \d+\b")  # in a note: where in the document


class Document(NamedTuple):
    """The findings on a document's equations, sorted by what becomes of them.

    Attributes:
        file: as it was given
        displays: all of them, a list for each display
        found: those that want the author's attention
        right: those that hold
        definitions: those that say what a symbol is
        unused: the definitions that were not understood
        unread: those that were not judged and define nothing, whatever their label
    """

    file: str
    displays: Sequence[Sequence[Finding]]
    found: list[Finding]
    right: list[Finding]
    definitions: list[Finding]
    unused: list[Finding]
    unread: list[Finding]

    @property
    def judged(self) -> int:
        """How many equations were judged."""
        return len(self.found) + len(self.right)

    def choose_exit_code(self, strict: bool) -> int:
        """Return 1 for a finding, 3 for nothing judged or, if that is strict, for something unread, 0 otherwise."""
        if self.found:
            return 1
        return 3 if not self.judged or (strict and (self.unread or self.unused)) else 0

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON takes it."""
        everything = [finding for display in self.displays for finding in display]
        labels = Counter(finding.label for finding in everything)
        counts = {"equations": len(everything), "judged": self.judged, "unused definitions": len(self.unused)}
        displays = [[asdict(finding) for finding in display] for display in self.displays]
        return {"file": self.file, "counts": counts | dict.fromkeys(LABELS, 0) | labels, "displays": displays}


def sort_findings(file: str, displays: Sequence[Sequence[Finding]]) -> Document:
    """Sort the findings on a document."""
    everything = [finding for display in displays for finding in display]
    definitions = [finding for finding in everything if finding.label == "definition"]
    return Document(
        file,
        displays,
        found=[finding for finding in everything if finding.is_finding],
        right=[finding for finding in everything if finding.label == "right"],
        definitions=definitions,
        unused=[finding for finding in definitions if finding.note.startswith("not used further")],
        unread=[one for one in everything if not one.is_finding and one.label not in ("right", "definition")],
    )


def write_lines(document: Document, quiet: bool, name: str, what: str) -> Iterator[Text]:
    """Write what was found, line by line; if that is quiet, what wants attention and the count alone.

    Args:
        document: what was found
        quiet: whether to leave out what is right, and what was not read unless nothing was judged
        name: what messages call the document
        what: what was looked for, such as "displayed equation"
    """
    for finding in document.found:
        yield from _write_finding(finding)
        yield Text()
    if not quiet or not document.judged:
        for label, unread in (*_split_by_label(document.unread), ("definition", document.unused)):
            if unread:
                yield _color(label)
                yield from _write_reasons(unread)
                yield Text()
    if not quiet:
        fine = [*document.right, *(one for one in document.definitions if one not in document.unused)]
        if fine:
            yield from _write_table(sorted(fine, key=lambda finding: (finding.line, finding.column)))
            yield Text()
    yield from _wrap(show(count(document, name, what)))
    notations = {finding.notation for display in document.displays for finding in display} - set(NOTATIONS)
    for notation in sorted(notations):  # what was drafted, and beside what
        yield from _wrap(f"glossary: {notation}")


def count(document: Document, name: str, what: str) -> str:
    """Say how many equations were judged, and what became of them."""
    labels = Counter(finding.label for display in document.displays for finding in display)
    if not labels:
        return f"no {what} in {name}"
    defined = labels.pop("definition", 0)
    total = labels.total()
    if not total:
        them = f"all {defined} are definitions" if defined > 1 else "it is a definition"
        unused = f", {len(document.unused)} not used further" if document.unused else ""
        return f"0 of {defined} equations were judged: {them}{unused}"
    judged = _list_counts({label: labels.pop(label, 0) for label in ("right", *FINDINGS)})
    definitions = f"{defined} definition{'' if defined == 1 else 's'}" if defined else ""
    unused = f", {len(document.unused)} of them not used further" if document.unused else ""
    parts = "; ".join(part for part in (judged, _list_counts(labels), definitions + unused) if part)
    return f"{document.judged} of {total} equations were judged: {parts}"


def _list_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{n} {label}" for label, n in counts.items() if n)


def _write_finding(finding: Finding) -> Iterator[Text]:
    yield Text.assemble(f"line {finding.line}: ", _color(finding.label))
    yield from _wrap(_show_equation(finding), indent=_GAP)
    yield from _wrap(show(finding.note), indent=_GAP)


def _split_by_label(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    labels = dict.fromkeys(finding.label for finding in findings)
    return [(label, [finding for finding in findings if finding.label == label]) for label in labels]


def _write_reasons(findings: Sequence[Finding]) -> Iterator[Text]:
    """Write each reason once, the most frequent first, with the lines of the equations."""
    reasons: dict[str, list[int]] = {}
    for finding in findings:
        reasons.setdefault(_PLACE.sub("", finding.note), []).append(finding.line)
    for reason, lines in sorted(reasons.items(), key=lambda group: -len(group[1])):
        places = list(dict.fromkeys(map(str, lines)))
        where = f"line{'' if len(places) == 1 else 's'} {', '.join(places)}"
        said = f"{reason}, {where}" if reason else where
        yield from _wrap(show(f"{len(lines)} × {said}"), indent=_GAP, hanging=2 * _GAP)


def _write_table(findings: Sequence[Finding]) -> Iterator[Text]:
    first: dict[str, int] = {}  # the line that has a note first
    rows = [("line", Text("label"), "equation", "note")]
    for finding in findings:
        note, before = finding.note, first.setdefault(finding.note, finding.line)
        if before != finding.line and len(note) > _SHORT_NOTE:
            note = f"as line {before}"
        rows.append((str(finding.line), _color(finding.label), _show_equation(finding), show(note)))
    numbers, labels, equations, notes = (
        max(Text(str(cell)).cell_len for cell in column) for column in zip(*rows, strict=True)
    )
    rest = _find_width() - numbers - labels - 3 * _GAP
    equations = min(equations, max(rest * 3 // 5, rest - notes))
    for n, (line, label, equation, note) in enumerate(rows):
        style = "bold" if n == 0 else ""
        cells = zip_longest(_cut(equation, equations), _cut(note, rest - equations), fillvalue=Text())
        for row, (left, right) in enumerate(cells):
            start = Text(line.rjust(numbers) if row == 0 else " " * numbers)
            named = label.copy() if row == 0 else Text()
            for cell, width in ((named, labels), (left, equations)):
                cell.pad_right(width - cell.cell_len)
            made = Text(" " * _GAP).join([start, named, left, right])
            made.stylize(style)
            made.rstrip()
            yield made


def _color(label: str) -> Text:
    return Text(show(label), _STYLES.get(label, "yellow"))


def _show_equation(finding: Finding) -> str:
    """Show an equation as text, or as it is in LaTeX where the output has no such letters."""
    legible = finding.legible
    return legible if can_show(legible, _find_encoding()) else show(" ".join(finding.latex.split()))


def show(text: str) -> str:
    """Write a text in letters that the output has."""
    return spell_out(text, _find_encoding())


def _find_encoding() -> str:
    return getattr(console.file, "encoding", None) or "utf-8"


def _find_width() -> int:
    return max(shutil.get_terminal_size().columns, LEAST_WIDTH) if console.is_terminal else PIPED_WIDTH


def _wrap(text: str, indent: int = 0, hanging: int | None = None) -> Iterator[Text]:
    """Break a text into lines that start with so many spaces, all but the first with those that are hanging."""
    hanging = indent if hanging is None else hanging
    for n, line in enumerate(_cut(text, _find_width() - hanging)):
        yield Text(" " * (hanging if n else indent)) + line


def _cut(text: str, width: int) -> list[Text]:
    lines = Text(text).wrap(console, width, overflow="fold")
    for line in lines:
        line.rstrip()
    return list(lines) or [Text()]
