"""A page knows its lines, its code fences and its marks before a display is looked for."""

import pytest

from bptt.proofread.document._page import read_fence, scan_page


def test_a_page_finds_the_line_of_an_offset_and_the_end_of_a_line() -> None:
    page = scan_page("ab\r\nc\rd\n")
    assert [page.find_line(offset) for offset in (0, 3, 4, 6, 8)] == [0, 0, 1, 2, 3]
    assert [page.find_end(line) for line in range(4)] == [4, 6, 8, 8]


def test_the_content_of_a_line_starts_after_the_marks_of_quotes_and_lists() -> None:
    page = scan_page("> - x\n  1. y\nz")
    assert [page.text[offset] for offset in page.contents] == ["x", "y", "z"]


def test_the_next_mark_is_found_at_or_after_an_offset() -> None:
    page = scan_page("$$ a $$ \\] %$$\n")
    assert [page.find_mark("$$", offset) for offset in (0, 1, 6)] == [0, 5, 12]
    assert page.find_mark("\\[", 0) == -1


@pytest.mark.parametrize(
    ("text", "fences"),
    [
        ("```\na\n```", {0: 2}),
        ("````\n```\n````", {0: 2}),
        ("```\n~~~\n```\n~~~", {0: 2}),
        ("````\na\n```\nb\n```", {2: 4}),
        ("```\na\n``` b\n", {}),
    ],
)
def test_a_code_fence_is_closed_by_one_of_its_kind_at_least_as_long(text: str, fences: dict[int, int]) -> None:
    assert scan_page(text).fences == fences


def test_a_fence_has_the_word_behind_it() -> None:
    assert [read_fence(line) for line in ("``` math\n", "~~~~", "``", "``` a`b")] == [
        ("```", "math"), ("~~~~", ""), ("", ""), ("", ""),
    ]  # fmt: skip


def test_a_display_ends_above_a_heading_a_fence_and_a_paragraph_of_words() -> None:
    page = scan_page("x = 1\n\nwords\nand a line of words\n# head\n\nx_1 and some more words")
    assert page.hard == [2, 2, 2, 4, 4, 7, 7, 7]
    assert page.soft == [2, 2, 2, 3, 4, 7, 7, 7]
    assert page.blank == [1, 1, 5, 5, 5, 5, 7, 7]


def test_an_environment_is_closed_by_the_end_of_its_name() -> None:
    text = "\\begin{align}\\begin{align}\\end{align}\\end{align*}"
    assert scan_page(text).closings == {13: text.index("\\end{align*}")}
