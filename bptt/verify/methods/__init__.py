"""The ways to judge a gradient, one a file."""
