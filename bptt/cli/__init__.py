"""The command `bptt`: verify, proofread and train."""
