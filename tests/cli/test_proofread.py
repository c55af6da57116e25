"""`bptt proofread` as its users run it."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bptt.cli import _proofread
from bptt.cli._app import app
from bptt.cli._console import console
from bptt.cli._findings import sort_findings, write_lines
from bptt.proofread import Finding

RIGHT = r"$$ \frac{\partial L}{\partial V_{ij}} = (\tilde y_i - y_i) h_j^T $$"
WRONG = r"$$ \frac{\partial L}{\partial V_{ij}} = (y_i - \tilde y_i) h_j^T $$"
UNREADABLE = r"$$ 2 = 1 + \ldots $$"
DEFINITION = r"$$ a = 3 $$"
UNUSED = r"$$ a = \foo{b} $$"
GLOSSARY = "defaults = ['z = x x']\n[symbols]\nx = ''\n"
JSON = '{"version": 1}\n'


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, stdin: bytes | None = None, charset: str = "utf-8") -> Result:
    return CliRunner(charset=charset).invoke(app, ["proofread", *arguments], input=stdin)


def written(*displays: str, name: str = "notes.md") -> str:
    Path(name).write_text("\n\n".join(displays), encoding="utf-8")
    return name


def refusal(result: Result) -> str:
    """The message of a usage error, without the box around it."""
    assert result.exit_code == 2
    assert result.stdout == ""
    return " ".join(result.stderr.replace("│", " ").split())


def finding(label: str, note: str = "", line: int = 1, latex: str = "x = y") -> Finding:
    return Finding(1, line, 1, latex, label, note)


def lines(findings: Sequence[Finding], quiet: bool = False) -> list[str]:
    """What is printed of a document with these findings."""
    document = sort_findings("notes.md", [findings])
    return [line.plain for line in write_lines(document, quiet, "notes.md", "displayed equation")]


@pytest.mark.parametrize(
    ("displays", "options", "code"),
    [
        ([RIGHT], [], 0),
        ([RIGHT, WRONG], [], 1),
        ([RIGHT, UNREADABLE, DEFINITION], [], 0),
        ([RIGHT, UNREADABLE], ["--strict"], 3),
        ([RIGHT, DEFINITION], ["--strict"], 0),
        ([RIGHT, UNUSED], [], 0),
        ([RIGHT, UNUSED], ["--strict"], 3),
        ([WRONG, UNREADABLE], ["--strict"], 1),
        ([], [], 3),
        (["Nothing here."], ["--strict"], 3),
        ([UNREADABLE], [], 3),
        ([DEFINITION], [], 3),
    ],
)
def test_the_exit_code_tells_findings_from_what_was_not_judged(
    displays: list[str], options: list[str], code: int
) -> None:
    assert run(written(*displays), *options).exit_code == code


@pytest.mark.parametrize(
    ("documents", "code"), [([RIGHT, ""], 3), (["", WRONG], 1), ([WRONG, RIGHT], 1), ([RIGHT, RIGHT], 0)]
)
def test_of_several_files_the_worst_exit_code_counts(documents: list[str], code: int) -> None:
    files = [written(text, name=f"{n}.md") for n, text in enumerate(documents)]
    assert run(*files, "--quiet").exit_code == code


def test_findings_come_first_and_in_full_then_the_rest_then_a_count() -> None:
    printed = run(written(RIGHT, UNREADABLE, WRONG, DEFINITION)).stdout.splitlines()
    assert printed[0] == "line 5: wrong"
    assert printed[1] == "  ∂L/∂V_{ij} = (y_i - ỹ_i) h_j^T"
    assert printed[2].startswith("  at D_h = 1")
    (unread,) = (n for n, line in enumerate(printed) if line == "unreadable")
    assert printed[unread + 1].startswith("  1 × ")
    assert printed[unread + 1].endswith(", line 3")
    (head,) = (n for n, line in enumerate(printed) if line.split() == ["line", "label", "equation", "note"])
    assert unread < head
    assert [line.split()[1] for line in printed[head:] if line.split()[:1] in (["1"], ["7"])] == ["right", "definition"]
    assert printed[-1] == "2 of 3 equations were judged: 1 right, 1 wrong; 1 unreadable; 1 definition"


def test_what_was_not_read_is_grouped_by_reason_whatever_the_column() -> None:
    reason = "a function that is not known: f"
    unread = [finding("unreadable", f"{reason}, line {n}, column {2 * n}", n) for n in (12, 40, 41)]
    printed = lines([finding("unreadable", "another", 3), *unread, finding("vacuous", "both sides are 0", 50)])
    assert printed[:6] == [
        "unreadable",
        f"  3 × {reason}, lines 12, 40, 41",
        "  1 × another, line 3",
        "",
        "vacuous",
        "  1 × both sides are 0, line 50",
    ]
    assert printed[-1] == "0 of 5 equations were judged: 4 unreadable, 1 vacuous"


def test_a_label_that_is_not_known_was_not_judged() -> None:
    findings = [finding("right"), finding("vacuous")]
    assert lines(findings)[-1] == "1 of 2 equations were judged: 1 right; 1 vacuous"
    assert sort_findings("notes.md", [findings]).choose_exit_code(strict=True) == 3


@pytest.mark.parametrize(
    ("findings", "count"),
    [
        ([], "no displayed equation in notes.md"),
        ([finding("definition")], "0 of 1 equations were judged: it is a definition"),
        ([finding("definition")] * 2, "0 of 2 equations were judged: all 2 are definitions"),
        (
            [finding("right"), finding("definition", "not used further: f"), finding("definition")],
            "1 of 1 equations were judged: 1 right; 2 definitions, 1 of them not used further",
        ),
        ([finding("wrong"), finding("orders differ")], "2 of 2 equations were judged: 1 wrong, 1 orders differ"),
    ],
)
def test_the_last_line_counts(findings: list[Finding], count: str) -> None:
    assert lines(findings)[-1] == count


def test_a_note_that_is_repeated_points_to_the_first_line_with_it() -> None:
    note = "tried at D_h = 1, 2, 3 and T = 1, 2, 3"
    table = [line.split() for line in lines([finding("right", note, n) for n in (3, 7)])]
    assert table[-3] == ["7", "right", "x", "=", "y", "as", "line", "3"]


def test_quiet_leaves_findings_and_the_count_and_why_nothing_was_judged() -> None:
    assert lines([finding("right"), finding("unreadable", "why")], quiet=True) == [
        "1 of 2 equations were judged: 1 right; 1 unreadable"
    ]
    assert lines([finding("wrong", "at n = 1")], quiet=True)[:3] == ["line 1: wrong", "  x = y", "  at n = 1"]
    assert "  1 × why, line 1" in lines([finding("unreadable", "why")], quiet=True)


LONG = [
    finding("wrong", "a note " * 40, 1000, "x_{ij} + " * 30 + "x = y"),
    *(finding("unreadable", "a reason " * 20, line) for line in range(1000, 1100)),
    finding("contradicts", "x" * 200, 2, "x" * 200),
    finding("right", "a note " * 40, 1200, r"\frac{a + b}{c} " * 30),
    finding("definition", "x" * 200, 1201, r"\tilde h " * 100),
]


def test_no_line_is_wider_than_80_in_a_pipe() -> None:
    assert max(map(len, lines(LONG[:4]))) <= 80
    assert max(line.cell_len for line in write_lines(sort_findings("a", [LONG]), False, "a", "equation")) <= 80
    assert {line.rstrip() for line in lines(LONG)} == set(lines(LONG))


@pytest.mark.parametrize(("columns", "width"), [(140, 140), (70, 70), (20, 60)])
def test_a_terminal_is_used_as_far_as_it_goes(monkeypatch: pytest.MonkeyPatch, columns: int, width: int) -> None:
    monkeypatch.setattr(console, "_force_terminal", True)
    monkeypatch.setenv("COLUMNS", str(columns))
    assert width - 8 <= max(map(len, lines(LONG[:4]))) <= width


@pytest.mark.parametrize("charset", ["ascii", "latin-1"])
def test_where_letters_lack_the_equation_is_shown_as_latex(charset: str) -> None:
    wrong = r"$$ \frac{\partial L}{\partial V_{\alpha j}} = (y_\alpha - \tilde y_\alpha) h_j^T $$"
    assert "∂L/∂V_{αj} = (y_α - ỹ_α) h_j^T" in run(written(wrong, UNREADABLE)).stdout
    printed = run("notes.md", charset=charset).stdout
    assert r"\frac{\partial L}{\partial V_{\alpha j}} = (y_\alpha - \tilde y_\alpha) h_j^T" in printed
    assert r"entry \alpha = 1, j = 1: " in printed
    assert f"1 {'x' if charset == 'ascii' else '×'} " in printed
    assert "?" not in printed


def test_a_file_has_a_heading_beside_others_and_is_judged_by_its_own_definitions() -> None:
    mirrored = r"$$ \sigma(x) = \frac{1}{1 + e^x} $$"
    slope = r"$$ \sigma'(L) = \sigma(L) (1 - \sigma(L)) $$"
    printed = run(written(mirrored, slope), written(slope, name="other.md")).stdout.splitlines()
    assert printed[0] == "notes.md"
    other = printed.index("other.md")
    assert "1 of 1 equations were judged: 1 wrong; 1 definition" in printed[:other]
    assert printed[-1] == "1 of 1 equations were judged: 1 right"


def test_the_findings_are_written_as_json_a_list_for_each_display() -> None:
    chain = "$$\n\\begin{aligned}\nL &= \\sum_i L_i \\\\\n&= L_1 + \\dots\n\\end{aligned}\n$$"
    run(written(RIGHT, chain), "--json", "found.json")
    content = json.loads(Path("found.json").read_text(encoding="utf-8"))
    assert content["version"] == 1
    (document,) = content["files"]
    assert document["file"] == "notes.md"
    assert [[one["label"] for one in display] for display in document["displays"]] == [
        ["right"],
        ["definition", "unreadable"],
    ]
    assert set(document["displays"][0][0]) == {field.name for field in fields(Finding)}
    counts = {name: n for name, n in document["counts"].items() if n}
    assert counts == {"equations": 3, "judged": 1, "right": 1, "definition": 1, "unreadable": 1}


def test_json_takes_the_place_of_json_and_leaves_links_and_nothing_else() -> None:
    file = written(RIGHT)
    Path("old.json").write_text(JSON, encoding="utf-8")
    Path("link.json").symlink_to("old.json")
    assert run(file, "--json", "link.json").exit_code == 0
    assert Path("link.json").is_symlink()
    assert json.loads(Path("old.json").read_text(encoding="utf-8"))["files"]
    assert sorted(os.listdir()) == ["link.json", "notes.md", "old.json"]


@pytest.mark.parametrize("output", ["notes.md", "./notes.md", "link.md", "hard.md", "g.toml", "glossary"])
def test_json_never_overwrites_what_is_read(output: str) -> None:
    file, glossary = written(RIGHT), written(GLOSSARY, name="g.toml")
    before = Path(file).read_bytes(), Path(glossary).read_bytes()
    Path("link.md").symlink_to(file)
    Path("hard.md").hardlink_to(file)
    Path("glossary").symlink_to(glossary)
    assert "is read, and would be overwritten" in refusal(run(file, "--glossary", glossary, "--json", output))
    assert (Path(file).read_bytes(), Path(glossary).read_bytes()) == before


def test_json_does_not_swallow_the_first_of_two_documents() -> None:
    written(WRONG, name="a.md"), written(RIGHT, name="b.md")
    assert "a.md is there and holds no JSON" in refusal(run("--json", "a.md", "b.md"))
    assert Path("a.md").read_text(encoding="utf-8") == WRONG


@pytest.mark.parametrize("output", ["no/file.json", "notes.md/file.json", ".", "-"])
def test_json_that_cannot_be_written_is_refused_at_once(output: str) -> None:
    assert "--json" in refusal(run(written(RIGHT), "--json", output))
    assert os.listdir() == ["notes.md"]


def test_a_run_that_is_refused_leaves_no_file() -> None:
    assert "cannot read missing.md: No such file" in refusal(run(written(RIGHT), "missing.md", "--json", "new.json"))
    assert os.listdir() == ["notes.md"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is full")
def test_a_full_disk_is_an_error_with_a_message() -> None:
    result = run(written(RIGHT), "--json", "/dev/full")
    assert result.exit_code == 2
    assert result.stderr == "bptt proofread: cannot write /dev/full: No space left on device\n"


def test_what_cannot_be_written_whole_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def replace(*_: object) -> None:
        raise OSError(28, "No space left on device")

    Path("old.json").write_text(JSON, encoding="utf-8")
    file = written(RIGHT)
    monkeypatch.setattr(Path, "replace", replace)
    assert run(file, "--json", "old.json").exit_code == 2
    assert Path("old.json").read_text(encoding="utf-8") == JSON
    assert sorted(os.listdir()) == ["notes.md", "old.json"]


@pytest.mark.parametrize(
    ("data", "byte"),
    [
        (WRONG.encode("utf-16"), "byte 0xff at offset 0"),
        (WRONG.encode("utf-16-le"), "byte 0x00 at offset 1"),
        (b"abc \xe9", "byte 0xe9 at offset 4"),
    ],
)
def test_what_is_no_text_in_utf_8_is_refused_with_the_byte_and_a_remedy(data: bytes, byte: str) -> None:
    Path("bytes.md").write_bytes(data)
    message = refusal(run("bytes.md"))
    assert f"bytes.md is not text in UTF-8: {byte}" in message
    assert "iconv -f UTF-16" in message
    glossary = refusal(run(written(RIGHT), "--glossary", "bytes.md"))
    assert "--glossary" in glossary
    assert byte in glossary


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    Path("bom.md").write_bytes(WRONG.encode("utf-8-sig"))
    assert "line 1: wrong" in run("bom.md").stdout


def test_a_dash_is_standard_input() -> None:
    assert run("-", stdin=WRONG.encode()).exit_code == 1
    assert run("-", stdin=b"").stdout == "no displayed equation in standard input\n"
    assert "byte 0xff at offset 0" in refusal(run("-", stdin=b"\xff"))
    assert "can be read once" in refusal(run("-", "-", stdin=b""))


def test_a_glossary_says_what_the_symbols_mean() -> None:
    file = written(r"$$ \frac{dz}{dx} = 2 x $$")
    assert run(file, "--glossary", written(GLOSSARY, name="g.toml")).exit_code == 0
    assert run(file).exit_code == 3


@pytest.mark.parametrize(
    ("glossary", "message"), [("[symbol]", "the key 'symbol'; expected sizes, time"), ("a", "is not TOML")]
)
def test_a_glossary_that_cannot_be_used_is_a_usage_error(glossary: str, message: str) -> None:
    assert message in refusal(run(written(RIGHT), "--glossary", written(glossary, name="g.toml")))


@pytest.mark.parametrize("arguments", [["none.md"], ["."], [], ["notes.md", "--glossary", "none.toml"]])
def test_what_cannot_be_read_is_a_usage_error(arguments: list[str]) -> None:
    written(RIGHT)
    assert refusal(run(*arguments))


def test_formulas_of_the_prose_are_judged_if_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def judge(_text: str, _glossary: object, _progress: object, inline: bool) -> list[list[Finding]]:
        asked.append(inline)
        return [[finding("right")]] if inline else []

    monkeypatch.setattr(_proofread, "proofread_text", judge)
    assert run(written(""), "--inline").exit_code == 0
    assert run("notes.md").stdout == "no displayed equation in notes.md\n"
    assert asked == [True, False]


def test_a_glossary_is_drafted_of_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_proofread, "draft", lambda text: f"# {text}\n")
    result = run(written("α"), "--draft-glossary", charset="ascii")
    assert (result.exit_code, result.stdout_bytes) == (0, "# α\n".encode())
    assert "one document" in refusal(run("notes.md", "notes.md", "--draft-glossary"))
    assert "--json" in refusal(run("notes.md", "--json", "a.json", "--draft-glossary"))


def test_a_reader_that_stops_reading_is_no_error_and_changes_no_exit_code() -> None:
    """Through a pipe whose reading end is closed, as behind `| head`."""
    command = [sys.executable, "-m", "bptt", "proofread", written(WRONG), "--json", "found.json"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")
    assert json.loads(Path("found.json").read_text(encoding="utf-8"))["files"]
