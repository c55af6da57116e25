"""The gradient that a blog post published, which is wrong, the experiment that did not show it, and its picture."""
