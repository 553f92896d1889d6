"""The chain of eager.py in HIPS autograd, run by a Python that has it: a number of calls comes in, the time goes out.

Its arguments are numbers, not Values, so that it imports nothing of ours.
"""

import json
import sys
import time

from autograd import value_and_grad

operations, *numbers = json.loads(sys.argv[1])


def looped(leaves):
    x, y, z = leaves
    for _ in range(operations // 2):
        z = z * y + x
    return z


both = value_and_grad(looped)
for line in sys.stdin:
    start = time.process_time()
    for _ in range(int(line)):
        value, slopes = both(numbers)
    taken = (time.process_time() - start) / int(line)
    print(json.dumps({"seconds": taken, "results": [float(value), *map(float, slopes)]}), flush=True)
