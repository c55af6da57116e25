"""`bptt proofread`: a verdict on each equation of a document, as text for people and as JSON for programs."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.progress import Progress, TaskID
from rich.text import Text

from bptt.cli._console import console, make_progress, require_writable, write_whole
from bptt.cli._findings import Document, show, sort_findings, write_lines
from bptt.proofread import Finding, Glossary, GlossaryError, read_glossary
from bptt.proofread import draft_glossary as draft
from bptt.proofread import proofread as proofread_text

JSON_VERSION = 1  # raised when a field changes its meaning
STANDARD_INPUT = "-"
_SEVERITY = (0, 3, 1)  # exit codes, the worst last


def proofread(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Markdown or LaTeX in UTF-8; - is standard input.", show_default=False),
    ],
    glossary: Annotated[
        Path | None,
        typer.Option(
            "--glossary",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            show_default=False,
            help="Take the meaning of the symbols from this TOML file; without it, it is drafted from the document.",
        ),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", dir_okay=False, help="Write all findings to this file, too, as JSON."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 if an equation is not judged, or a definition not used.")
    ] = False,
    inline: Annotated[bool, typer.Option("--inline", help="Judge the formulas within the prose, too.")] = False,
    draft_glossary: Annotated[
        bool,
        typer.Option("--draft-glossary", help="Print a glossary inferred from the one document given; judge nothing."),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print the findings and the count of each file alone.")
    ] = False,
) -> None:
    """Judge every displayed equation of a derivation.

    Prints what is wrong, contradicts a definition or mixes orders, each with
    its reason; then what could not be read, by reason; then what is right or a
    definition; last, how many equations were judged.

    Exit code 0 if all that was judged is right, 1 if something is not, 2 if the
    command line is wrong or a file cannot be read or written, 3 if nothing was
    judged or, with --strict, if not everything could be. Of several files, the
    worst counts: 1, then 3, then 0.
    """
    if files.count(STANDARD_INPUT) > 1:
        raise typer.BadParameter("standard input can be read once alone", param_hint="FILE...")
    if draft_glossary:
        if len(files) != 1 or glossary or json_file:
            message = "it takes one document, and neither --glossary nor --json"
            raise typer.BadParameter(message, param_hint="--draft-glossary")
        _print_draft(files[0])
        return
    if json_file is not None:
        _require_output(json_file, files, glossary)
    try:
        known = None if glossary is None else read_glossary(_decode(glossary.read_bytes(), str(glossary), "--glossary"))
    except GlossaryError as error:
        raise typer.BadParameter(f"{glossary}: {error}", param_hint="--glossary") from error
    except OSError as error:
        raise typer.BadParameter(f"cannot read {glossary}: {error.strerror}", param_hint="--glossary") from error
    texts = [_read_text(file) for file in files]
    documents: list[Document] = []
    for file, text in zip(files, texts, strict=True):
        documents.append(sort_findings(file, _judge(_name(file), text, known, inline)))
        _print([Text()] * (len(documents) > 1))
        _print([Text(show(_name(file)), "bold"), Text()] * (len(files) > 1))
        _print(write_lines(documents[-1], quiet, _name(file), "equation" if inline else "displayed equation"))
    if json_file is not None:
        content = {"version": JSON_VERSION, "files": [document.to_dict() for document in documents]}
        try:
            write_whole(json_file, json.dumps(content, indent=2) + "\n")
        except OSError as error:
            _fail(f"cannot write {json_file}: {error.strerror}")
    raise typer.Exit(max((document.choose_exit_code(strict) for document in documents), key=_SEVERITY.index))


def _judge(name: str, text: str, glossary: Glossary | None, inline: bool) -> list[list[Finding]]:
    with make_progress() as progress:
        task = progress.add_task(name, total=None)
        try:
            report = partial(_update, progress, task)
            return proofread_text(text, glossary, report, inline)
        except ValueError as error:
            raise typer.BadParameter(f"{name}: {error}", param_hint="FILE...") from error


def _update(progress: Progress, task: TaskID, done: int, of: int) -> None:
    progress.update(task, completed=done, total=of)


def _print_draft(file: str) -> None:
    try:
        drafted = draft(_read_text(file))
    except ValueError as error:
        raise typer.BadParameter(f"{_name(file)}: {error}", param_hint="FILE...") from error
    typer.echo(drafted.removesuffix("\n").encode("utf-8"))  # as TOML is, whatever the terminal's encoding


def _require_output(json_file: Path, files: Sequence[str], glossary: Path | None) -> None:
    """Raise a usage error for a file that cannot be written or is read, under whatever name."""
    if str(json_file) == STANDARD_INPUT:
        raise typer.BadParameter("it must be a file; got -", param_hint="--json")
    inputs = [file for file in files if file != STANDARD_INPUT] + ([] if glossary is None else [str(glossary)])
    for file in inputs:
        same = os.path.realpath(file) == os.path.realpath(json_file)
        if same or (os.path.exists(file) and json_file.exists() and os.path.samefile(file, json_file)):
            raise typer.BadParameter(f"{json_file} is read, and would be overwritten", param_hint="--json")
    if json_file.is_file() and not _holds_json(json_file):
        message = f"{json_file} is there and holds no JSON, which would be lost; remove it first if that is meant"
        raise typer.BadParameter(message, param_hint="--json")
    require_writable(json_file, "--json")


def _holds_json(file: Path) -> bool:
    """Whether a file is empty or starts as JSON does: `--json a.md b.md` is a slip for `--json new.json a.md b.md`."""
    try:
        with file.open("rb") as opened:
            return opened.read(1) in (b"", b"{")
    except OSError:
        return True  # what is wrong with it is said by who writes it


def _name(file: str) -> str:
    return "standard input" if file == STANDARD_INPUT else file


def _read_text(file: str) -> str:
    try:
        data = typer.get_binary_stream("stdin").read() if file == STANDARD_INPUT else Path(file).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"cannot read {_name(file)}: {error.strerror}", param_hint="FILE...") from error
    return _decode(data, _name(file), "FILE...")


def _decode(data: bytes, name: str, parameter: str) -> str:
    """Decode a text in UTF-8. Raises a usage error that names the first byte which is none."""
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        start = error.start
    else:
        start = text.encode("utf-8").find(b"\0")  # as in UTF-16 of ASCII, and in no text
        if start < 0:
            return text
    message = f"{name} is not text in UTF-8: byte 0x{data[start]:02x} at offset {start}; convert it first if it is in"
    raise typer.BadParameter(f"{message} UTF-16 or Latin-1, by iconv -f UTF-16 -t UTF-8, say", param_hint=parameter)


def _print(lines: Iterable[Text]) -> None:
    """Print lines. When nobody reads on, the run goes on in silence: its exit code and its JSON are whole."""
    try:
        for line in lines:
            console.print(line)
    except BrokenPipeError:
        _discard_output()
    except OSError as error:
        _discard_output()
        _fail(f"cannot write standard output: {error.strerror}")


def _discard_output() -> None:
    console.quiet = True
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left is flushed there at the end


def _fail(message: str) -> NoReturn:
    typer.echo(f"bptt proofread: {message}", err=True)
    raise typer.Exit(2)
