"""Fits one classifier to the prepared digits and writes its accuracy as JSON."""

import argparse
import json
import time
from pathlib import Path

import numpy as np


def classifier(arguments: argparse.Namespace):
    """Return the model to fit and the parameters that describe it."""
    if arguments.kind == "svm":
        from sklearn.svm import SVC

        return SVC(C=arguments.c, gamma=arguments.gamma), {"C": arguments.c, "gamma": arguments.gamma}
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(arguments.trees, max_depth=arguments.depth, random_state=0)
    return model, {"trees": arguments.trees, "depth": arguments.depth}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["svm", "forest"])
    parser.add_argument("data", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--c", type=float)
    parser.add_argument("--gamma", type=float)
    parser.add_argument("--trees", type=int)
    parser.add_argument("--depth", type=int)
    arguments = parser.parse_args()

    data = np.load(arguments.data)
    model, parameters = classifier(arguments)
    begin = time.perf_counter()
    model.fit(data["train_x"], data["train_y"])
    seconds = time.perf_counter() - begin
    score = {
        "name": arguments.output.stem,
        "kind": arguments.kind,
        "parameters": parameters,
        "train_accuracy": float(model.score(data["train_x"], data["train_y"])),
        "test_accuracy": float(model.score(data["test_x"], data["test_y"])),
        "fit_seconds": round(seconds, 4),
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(score))
    print(f"{score['name']}: {score['test_accuracy']:.4f}")


if __name__ == "__main__":
    main()
