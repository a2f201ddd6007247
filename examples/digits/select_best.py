"""Prints the first model of the table, which is the best, as JSON."""

import csv
import json
import sys


def main() -> None:
    with open(sys.argv[1], newline="") as file:
        best = next(csv.DictReader(file))
    print(json.dumps({"model": best["model"], "test_accuracy": float(best["test_accuracy"])}))


if __name__ == "__main__":
    main()
