"""Real numbers with guaranteed error bounds, as NumPy and JAX code meets them."""
