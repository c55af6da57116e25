"""What README.md and docs/ show is what is printed; what they point to is there."""

import re
from pathlib import Path

import pytest

from tests.documentation import PAGES, ROOT, Block, find_blocks, run_block

BLOCKS = [block for page in PAGES for block in find_blocks(page)]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def named(language: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == language], ids=str)


def without_numbers(text: str) -> str:
    """Points are drawn at random, in another way by another version of Hypothesis; rules are as long as the numbers."""
    return re.sub(r" *-?\d[\d.e+,-]*| *─+", "#", text)


@named("python")
def test_a_block_alone_prints_what_stands_below_it(block: Block, tmp_path: Path) -> None:
    assert run_block(block, tmp_path) == block.printed


@named("console")
def test_a_command_prints_what_is_shown_but_for_numbers(block: Block, tmp_path: Path) -> None:
    assert without_numbers(run_block(block, tmp_path)) == without_numbers(block.printed)


def test_there_are_blocks_of_both_kinds() -> None:
    assert len([block for block in BLOCKS if block.language == "python"]) >= 20
    assert len([block for block in BLOCKS if block.language == "console"]) >= 3


def test_the_front_door_is_short_and_runs_code_by_line_10() -> None:
    assert len(README.splitlines()) <= 200
    assert "judge_gradient(f" in "\n".join(README.splitlines()[:10])


def test_the_front_door_has_the_two_commands_that_are_run_in_a_fresh_copy() -> None:
    first, second = [block.body for block in BLOCKS if block.language == "sh" and block.page.name == "README.md"]
    assert first.endswith("bptt verify\n")
    assert second.endswith("pytest\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_points_to_what_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [page.parent / link for link in re.findall(r"\]\((?!https?:)([^)#]+)", text)]
    files = [ROOT / name for name in re.findall(r"`((?:bptt|docs|reference|tests)/[\w./]*)`", text)]
    assert [str(path) for path in links + files if not path.exists()] == []
    modules = [ROOT / name.replace(".", "/") for name in re.findall(r"python -m (tests[\w.]+)", text)]
    assert all(path.with_suffix(".py").exists() or (path / "__main__.py").exists() for path in modules)


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES[1:] if page.name != "README.md" and f"({page.name})" not in index] == []
