"""Evaluation: index expressions on balls, and whether two of them are equal."""
