"""What the gradients of `bptt.rnn` cost, on NumPy and on JAX: `python -m tests.benchmarks.speed [numpy | jax]`."""
