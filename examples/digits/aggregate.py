"""Collects the scores of all models into a CSV table and draws the accuracy surface of each kind."""

import argparse
import csv
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

TITLES = {"svm": "Support vector machine", "forest": "Random forest"}


def write_table(scores: list[dict], path: Path) -> None:
    """Write one row a model, the best first."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["model", "kind", "parameters", "train_accuracy", "test_accuracy", "fit_seconds"])
        for score in scores:
            parameters = " ".join(f"{name}={value:g}" for name, value in score["parameters"].items())
            accuracies = [f"{score[key]:.4f}" for key in ("train_accuracy", "test_accuracy")]
            writer.writerow([score["name"], score["kind"], parameters, *accuracies, score["fit_seconds"]])


def draw_surface(axes, scores: list[dict], kind: str):
    """Draw test accuracy over the two parameters of one kind of model."""
    scores = [score for score in scores if score["kind"] == kind]
    row_name, column_name = scores[0]["parameters"]
    rows = sorted({score["parameters"][row_name] for score in scores})
    columns = sorted({score["parameters"][column_name] for score in scores})
    grid = np.full((len(rows), len(columns)), np.nan)
    for score in scores:
        place = rows.index(score["parameters"][row_name]), columns.index(score["parameters"][column_name])
        grid[place] = score["test_accuracy"]
    image = axes.imshow(grid, origin="lower", cmap="viridis", vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(grid):
        axes.text(column, row, f"{value:.3f}", ha="center", va="center", color="black" if value > 0.6 else "white")
    axes.set(xlabel=column_name, ylabel=row_name, title=TITLES[kind])
    axes.set_xticks(range(len(columns)), [f"{value:g}" for value in columns])
    axes.set_yticks(range(len(rows)), [f"{value:g}" for value in rows])
    return image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shape", type=Path, help="user-data record with the size of the data")
    parser.add_argument("scores", type=Path, help="directory of score files")
    parser.add_argument("table", type=Path)
    parser.add_argument("surface", type=Path)
    arguments = parser.parse_args()
    shape = json.loads(arguments.shape.read_text())["data"]
    scores = [json.loads(path.read_text()) for path in sorted(arguments.scores.glob("*.json"))]
    scores.sort(key=lambda score: (-score["test_accuracy"], score["name"]))
    write_table(scores, arguments.table)

    figure, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for kind, part in zip(TITLES, axes, strict=True):
        image = draw_surface(part, scores, kind)
    figure.colorbar(image, ax=axes, label="test accuracy")
    figure.suptitle(f"Handwritten digits: {shape['train']} to train, {shape['test']} to test")
    figure.savefig(arguments.surface, dpi=120)
    print(f"{len(scores)} models in {arguments.table}, surface in {arguments.surface}")


if __name__ == "__main__":
    main()
