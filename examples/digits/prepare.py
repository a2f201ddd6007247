"""Splits and scales the handwritten digits, and prints the shape of the result as JSON."""

import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("settings", type=Path, help="user-data record with test_fraction and seed")
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    settings = json.loads(arguments.settings.read_text())["data"]

    images, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        images, labels, test_size=settings["test_fraction"], random_state=settings["seed"], stratify=labels
    )
    scaler = StandardScaler().fit(train_x)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        arguments.output,
        train_x=scaler.transform(train_x),
        test_x=scaler.transform(test_x),
        train_y=train_y,
        test_y=test_y,
    )
    print(json.dumps({"train": len(train_y), "test": len(test_y), "features": images.shape[1]}))


if __name__ == "__main__":
    main()
