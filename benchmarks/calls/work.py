"""The function that all executors call, and what must come of it."""

import json
import time


def square(number):
    return number * number


def timed(calls, mapped):
    """Time ``mapped(range(calls))``, check order and values, and print the seconds."""
    begin = time.perf_counter()
    results = list(mapped(range(calls)))
    seconds = time.perf_counter() - begin
    if results != [number * number for number in range(calls)]:
        raise SystemExit("the results are not those of the calls, in their order")
    print(json.dumps({"seconds": seconds}))
