"""Of a notebook the cells of Markdown are read."""

import json

import pytest

from bptt.proofread.document import read_document
from tests.proofread.document.texts import cut

CELLS = [
    {"cell_type": "markdown", "source": ["# Head\n", "\n", "$$ a = W b $$\n", "so $x$"]},
    {"cell_type": "code", "source": ["$$ no = 1 $$"]},
    {"cell_type": "markdown", "source": []},
    {"cell_type": "raw", "source": "$$ no = 1 $$"},
    {"cell_type": "markdown", "source": ["$$\n", "c = d\n", "$$"]},
]


def test_equations_stand_on_the_lines_of_the_file() -> None:
    text = json.dumps({"cells": CELLS, "metadata": {}}, indent=1)
    lines = text.split("\n")
    assert [equation.latex for equation in cut(text)] == ["a = W b", "c = d"]
    assert ["W b" in lines[cut(text)[0].line - 1], "c = d" in lines[cut(text)[1].line - 1]] == [True, True]


def test_lines_are_counted_through_where_the_file_has_one_alone() -> None:
    text = json.dumps({"cells": CELLS})
    assert [(equation.latex, equation.line, equation.column) for equation in cut(text)] == [
        ("a = W b", 3, 8),
        ("c = d", 7, 5),
    ]


def test_macros_of_one_cell_hold_in_the_next() -> None:
    cells = [{"cell_type": "markdown", "source": source} for source in ("\\newcommand{\\W}{w}", "$$ a = \\W $$")]
    assert [equation.latex for equation in cut(json.dumps({"cells": cells}))] == ["a = w"]


@pytest.mark.parametrize(
    "text", ['{"cells": 1}', "{" * 100_000, '{"a": "$$ x $$"}', "{a}", '{"cells": [1, {"cell_type": "markdown"}]}']
)
def test_what_is_no_notebook_is_read_as_text_or_has_no_displays(text: str) -> None:
    assert read_document(text).displays == ()
