"""The cells by name: what `bptt verify` judges and `bptt train` trains."""

from bptt.rnn import elman, gru, lstm
from bptt.rnn.activations import sigmoid, tanh

CELLS = {
    "elman": elman.cell(sigmoid),
    "elman-tanh": elman.cell(tanh),
    "lstm": lstm.cell,
    "gru": gru.cell,
    "gru-reset-before": gru.cell_reset_before,
}
