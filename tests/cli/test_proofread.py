"""`bptt proofread` as its users run it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bptt.cli._app import app
from bptt.cli._console import console

RIGHT = r"$$ \frac{\partial L}{\partial V_{ij}} = (\tilde y_i - y_i) h_j^T $$"
WRONG = r"$$ \frac{\partial L}{\partial V_{ij}} = (y_i - \tilde y_i) h_j^T $$"
UNREADABLE = r"$$ \phi = y_1 + \ldots $$"
GLOSSARY = "defaults = ['z = x x']\n[symbols]\nx = ''\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["proofread", *map(str, arguments)])


def written(folder: Path, *displays: str, name: str = "notes.md") -> Path:
    file = folder / name
    file.write_text("\n\n".join(displays), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("displays", "options", "code"),
    [
        ([RIGHT], [], 0),
        ([], ["--strict"], 0),
        ([RIGHT, WRONG], [], 1),
        ([RIGHT, UNREADABLE], [], 0),
        ([RIGHT, UNREADABLE], ["--strict"], 3),
        ([WRONG, UNREADABLE], ["--strict"], 1),
    ],
)
def test_the_exit_code_tells_findings_from_what_could_not_be_read(
    tmp_path: Path, displays: list[str], options: list[str], code: int
) -> None:
    assert run(written(tmp_path, *displays), *options).exit_code == code


def test_the_table_has_line_equation_label_and_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "width", 160)
    result = run(written(tmp_path, RIGHT, WRONG))
    right, wrong = (line for line in result.stdout.splitlines() if "∂V_{ij}" in line)
    assert " ".join(right.split()).startswith(
        "1 ∂L/∂V_{ij} = (ỹ_i - y_i)h_j^T right tried at (D_h, D_x, D_y) = (1, 1, 1),"
    )
    assert " ".join(wrong.split()).startswith("3 ∂L/∂V_{ij} = (y_i - ỹ_i)h_j^T wrong at D_h = 1,")
    assert result.stdout.endswith("2 equations in 2 displays: 1 right, 1 wrong\n")


def test_the_findings_are_written_as_json_a_list_for_each_display(tmp_path: Path) -> None:
    chain = "$$\n\\begin{aligned}\nL &= \\sum_i L_i \\\\\n&= L_1 + \\dots\n\\end{aligned}\n$$"
    file, found = written(tmp_path, RIGHT, chain), tmp_path / "found.json"
    run(file, "--json", found)
    (content,) = json.loads(found.read_text(encoding="utf-8"))["files"]
    assert content["file"] == str(file)
    assert [[finding["label"] for finding in display] for display in content["displays"]] == [
        ["right"],
        ["definition", "unreadable"],
    ]
    assert set(content["displays"][0][0]) == {"display", "line", "column", "latex", "label", "note"}
    assert [finding["line"] for finding in content["displays"][1]] == [5, 6]


def test_several_files_are_judged_each_by_its_own_definitions(tmp_path: Path) -> None:
    tanh = r"$$ \sigma(x) = \tanh(x) $$"
    slope = r"$$ \sigma'(L) = \sigma(L) (1 - \sigma(L)) $$"
    result = run(written(tmp_path, tanh, slope), written(tmp_path, slope, name="other.md"))
    assert "1 wrong, 1 definition" in result.stdout
    assert result.stdout.endswith("1 equation in 1 display: 1 right\n")


def test_a_glossary_says_what_the_symbols_mean(tmp_path: Path) -> None:
    file = written(tmp_path, r"$$ \frac{dz}{dx} = 2 x $$")
    assert run(file, "--glossary", written(tmp_path, GLOSSARY, name="g.toml")).exit_code == 0
    assert run(file, "--strict").exit_code == 3


@pytest.mark.parametrize(
    ("glossary", "message"), [("[symbol]", "the key 'symbol'; expected sizes, time"), ("a", "is not TOML")]
)
def test_a_glossary_that_cannot_be_used_is_a_usage_error(tmp_path: Path, glossary: str, message: str) -> None:
    result = run(written(tmp_path, RIGHT), "--glossary", written(tmp_path, glossary, name="g.toml"))
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())


def test_a_file_that_cannot_be_read_or_written_is_a_usage_error(tmp_path: Path) -> None:
    assert run(tmp_path / "none.md").exit_code == 2
    assert run(tmp_path).exit_code == 2
    assert run(written(tmp_path, RIGHT), "--json", tmp_path / "no" / "file.json").exit_code == 2
    assert run().exit_code == 2


def test_any_bytes_are_a_document(tmp_path: Path) -> None:
    file = tmp_path / "bytes"
    file.write_bytes(bytes(range(256)) + f"\n\n{RIGHT}\n".encode())
    assert "1 right" in run(file).stdout
