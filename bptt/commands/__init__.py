"""The commands of `bptt`, one a file."""
