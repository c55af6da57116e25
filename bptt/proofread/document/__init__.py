"""The document: from its text to the tokens of each displayed equation. It knows no formula."""
