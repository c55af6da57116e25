"""Meaning: what a formula stands for, by the symbols of a glossary and the definitions of a document."""
