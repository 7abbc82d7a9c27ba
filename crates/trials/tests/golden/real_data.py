"""Makes real_data.json: scaling and PCA by scikit-learn 1.9 of three of its data sets, for tests/real_data.rs. Writes the tables
that this test reads into a folder; none of them is part of the project.

    python real_data.py FOLDER > real_data.json
    HOURGLASS_REAL=FOLDER cargo test --release -p trials --test real_data

Row i is a test row if i % 10 is above 7, a validation row if it is 7, else a training row.
"""

import csv
import json
import pathlib
import sys

import numpy
from sklearn import datasets, decomposition, preprocessing

COMPONENTS = 3
folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
golden = {}
for name in ["iris", "wine", "breast_cancer"]:
    data = getattr(datasets, f"load_{name}")()
    part = ["train"] * 7 + ["validation"] + ["test"] * 2
    parts = numpy.array([part[row % 10] for row in range(len(data.data))])
    with open(folder / f"{name}.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow([*data.feature_names, "class", "part"])
        for row, target, part_of_row in zip(data.data, data.target, parts):
            table.writerow([*map(float, row), data.target_names[target], part_of_row])
    train, test = data.data[parts == "train"], data.data[parts == "test"]
    standard = preprocessing.StandardScaler().fit(train)
    least = preprocessing.MinMaxScaler().fit(train)
    robust = preprocessing.RobustScaler().fit(train)
    pca = decomposition.PCA(COMPONENTS, svd_solver="full").fit(standard.transform(train))
    scaled = standard.transform(test)
    error = numpy.mean((pca.inverse_transform(pca.transform(scaled)) - scaled) ** 2)
    golden[name] = {
        "rows": [int((parts == part).sum()) for part in ["train", "validation", "test"]],
        "standard": {"centre": standard.mean_.tolist(), "scale": standard.scale_.tolist()},
        "min-max": {"centre": least.data_min_.tolist(), "scale": least.data_range_.tolist()},
        "robust": {"centre": robust.center_.tolist(), "scale": robust.scale_.tolist()},
        "explained_variance": pca.explained_variance_.tolist(),
        "test_error": float(error),
    }
json.dump(golden, sys.stdout, indent=1)
