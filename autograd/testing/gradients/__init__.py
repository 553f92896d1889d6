"""``gradcheck``: a gradient against a truth that knows no rule.

The folder has another name than the function: a package of that name would hide it in ``autograd.testing``.
"""
