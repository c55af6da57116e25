"""The gradient that a blog post published, which is wrong, and the experiment that did not show it.

published_gradient    the gradient as published, and when it is wrong
experiment            the post's windows of a sine, and a network that is fitted to them by either gradient
plot                  the picture of such a run; it needs Matplotlib, so that it is loaded by its own name alone
"""

from bptt.blogpost import experiment, published_gradient

__all__ = ["experiment", "published_gradient"]
