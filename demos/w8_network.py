"""The w1-w8 network, worked out; the same as ``chainrule w8``. The option --help lists the others."""

import sys

from autograd.__main__ import app, run

if __name__ == "__main__":
    sys.exit(run(app, "chainrule", ["w8", *sys.argv[1:]]))
