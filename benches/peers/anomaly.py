"""Compares Hourglass with scikit-learn's IsolationForest and PyOD's AutoEncoder, PCA and KNN at finding anomalous rows.

    python benches/peers/anomaly.py FOLDER [SEEDS]

FOLDER is where `crates/trials/tests/golden/real_cases.py` wrote real data. All methods learn from the same clean rows and score the
same test rows, with their default settings. Hourglass uses the file that `cargo xtask new` writes, which holds back 30 % of the rows
for validation and test. Each fit runs in its own process. Writes results/peers.toml.

Seconds to fit are those of a second `fit` in the same process; for Hourglass, those of its epochs. `run` is the time of a whole process:
start, one fit and the scores; for Hourglass start, reading, training, evaluation and figures. Seconds to score are those of the method;
for Hourglass, those of its whole command. Memory is the peak of the process; for Hourglass, that of the largest of its programs.
"""

import csv
import importlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy
from sklearn import datasets, ensemble, metrics, preprocessing

ROOT = pathlib.Path(__file__).resolve().parents[2]
METHODS = ["Hourglass", "Hourglass, PCA", "Hourglass, 10th neighbour", "IsolationForest", "PyOD AutoEncoder", "PyOD PCA", "PyOD KNN"]


def read(path):
    with open(path, newline="") as file:
        lines = list(csv.reader(file))
    return lines[0], lines[1:]


def cases(folder):
    """Name, clean rows and others."""
    cancer = datasets.load_breast_cancer()
    yield "breast cancer: malignant", cancer.data[cancer.target == 1], cancer.data[cancer.target == 0]
    digits = datasets.load_digits()
    yield "digits 8 x 8: not a 3", digits.data[digits.target == 3], digits.data[digits.target != 3]
    _, rows = read(folder / "linfa-winequality-red.csv")
    rows = numpy.array(rows, float)
    pixels = numpy.load(folder / "glyphs/train.npy").reshape(-1, 784).astype(float)
    classes = numpy.load(folder / "glyphs/train-class.npy")
    yield "glyphs 28 x 28: not a 3", pixels[classes == 3], pixels[classes != 3][:1000]
    yield "red wine: quality 3 and 4", rows[rows[:, -1] > 4][:, :-1], rows[rows[:, -1] <= 4][:, :-1]
    series = {}
    for part in ["TRAIN", "TEST"]:
        _, rows = read(folder / f"bleeding-{part}.csv")
        series[part] = numpy.array([[float(row[1]), float(row[2])] for row in rows])
    window = 50
    at = lambda part: numpy.lib.stride_tricks.sliding_window_view(series[part], window, axis=0)[::5]
    train, test = at("TRAIN"), at("TEST")
    is_bad = test[:, 1].max(1) > 0
    yield "KDD-TSAD bleeding: windows of 50", (train[:, 0], test[~is_bad][:, 0]), test[is_bad][:, 0]


def sensors(seed, folder):
    """The splits of the experiment `sensors`."""
    xtask("run", ROOT / "experiments/sensors.toml", "--set", f"seeds=[{seed}]", "--out", folder / "made", "--quiet")
    run = next((folder / "made/sensors/sensors").glob(f"*/seed-{seed}"))
    xtask("export", run, "data", "--out", folder / "sensors")
    names, train = read(folder / "sensors/train.csv")
    _, test = read(folder / "sensors/test.csv")
    faulty = numpy.array([row[-1] != "none" for row in test])
    test = numpy.array([row[:-1] for row in test], float)
    return numpy.array(train, float), test, faulty


def glyphs(folder):
    """The embedded pictures, as files in a folder."""
    spec = folder / "glyphs.toml"
    spec.write_text((ROOT / "experiments/plain.toml").read_text())
    xtask("run", spec, "--set", "dataset.train=8000", "--set", "training.epochs=1", "--out", folder / "made", "--quiet")
    xtask("export", next((folder / "made/glyphs/glyphs").glob("*/seed-*")), "data", "--out", folder / "glyphs")


def xtask(*arguments):
    """Runs a command of Hourglass. Returns its seconds, and the peak memory of the largest of its programs in MiB."""
    return measured(ROOT / "target/release/xtask", *arguments)[1:]


def measured(*command):
    """Output lines of a command, its seconds, and the peak memory of the largest of its processes in MiB. A small process starts the
    command, because the peak of a child starts at the memory of its parent."""
    measure = (
        "import resource, subprocess, sys, time; started = time.perf_counter(); code = subprocess.run(sys.argv[1:]).returncode; "
        "print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024); sys.exit(code)"
    )
    command = [sys.executable, "-c", measure, *command]
    output = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)
    if output.returncode:
        sys.exit(output.stderr)
    *lines, last = output.stdout.splitlines()
    return [lines, *(float(number) for number in last.split())]


def write(path, rows):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f"x{column}" for column in range(rows.shape[1])])
        writer.writerows(rows.tolist())


def hourglass(train, test, seed, folder):
    """Scores of the three methods of Hourglass, with seconds and peak memory (MiB)."""
    write(folder / "train.csv", train)
    write(folder / "test.csv", test)
    xtask("new", folder / "peer.toml", "--data", folder / "train.csv")
    # The first use of a network compiles it, so the second run is measured.
    for out in ["first", "out"]:
        run_seconds, memory = xtask("run", folder / "peer.toml", "--set", f"seeds=[{seed}]", "--out", folder / out, "--quiet")
    run = next((folder / "out").glob(f"*/*/*/seed-{seed}"))
    xtask("apply", run, "score", folder / "test.csv", "--out", folder / "first.csv", "--quiet")
    names, epochs = read(run / "epochs.csv")
    seconds = sum(float(row[names.index("seconds")]) for row in epochs)
    found = {}
    for method, by in zip(METHODS, ["autoencoder", "pca", "kth_neighbour"]):
        out = folder / f"{by}.csv"
        score_seconds, _ = xtask("apply", run, "score", folder / "test.csv", "--by", by, "--out", out, "--quiet")
        names, rows = read(out)
        found[method] = {
            "scores": [float(row[1]) for row in rows],
            "fit": seconds if by == "autoencoder" else None,
            "run": run_seconds if by == "autoencoder" else None,
            "score": score_seconds,
            "memory": memory if by == "autoencoder" else None,
        }
    return found


def peer(method, train, test, seed):
    """Fits and scores in a separate process."""
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        numpy.savez(file.name, train=train, test=test)
        command = [sys.executable, pathlib.Path(__file__).resolve(), "--peer", method, file.name, seed]
        once, seconds, memory = measured(*command, 1)
        twice, _, _ = measured(*command, 2)
    once, twice = json.loads(once[-1]), json.loads(twice[-1])
    return {"scores": once["scores"], "fit": twice["fit"], "run": seconds, "score": twice["score"], "memory": memory}


def fit(method, path, seed, times):
    rows = numpy.load(path)
    scaler = preprocessing.StandardScaler().fit(rows["train"])
    train, test = scaler.transform(rows["train"]), scaler.transform(rows["test"])
    if method == "IsolationForest":
        model = ensemble.IsolationForest(random_state=seed)
        scores = lambda rows: -model.score_samples(rows)
    else:
        module, name = {"PyOD AutoEncoder": ("auto_encoder", "AutoEncoder"), "PyOD PCA": ("pca", "PCA"), "PyOD KNN": ("knn", "KNN")}[method]
        kind = getattr(importlib.import_module(f"pyod.models.{module}"), name)
        options = {"AutoEncoder": {"random_state": seed, "verbose": 0}, "PCA": {"random_state": seed}, "KNN": {}}[name]
        model = kind(**options)
        scores = lambda rows: model.decision_function(rows)
    # The first fit also starts the libraries of the method.
    for _ in range(times):
        started = time.perf_counter()
        model.fit(train)
        fitted = time.perf_counter()
        found = [float(score) for score in scores(test)]
        scored = time.perf_counter()
    print(json.dumps({"scores": found, "fit": fitted - started, "score": scored - fitted}))


def main(folder, seeds):
    table = {}
    subprocess.run(["cargo", "build", "--release", "-p", "xtask"], cwd=ROOT, check=True)
    if not (folder / "glyphs").is_dir():
        glyphs(folder)
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as temporary:
            splits = [("sensors: planted faults", *sensors(seed, pathlib.Path(temporary)))]
        generator = numpy.random.default_rng(seed)
        for name, clean, others in cases(folder):
            if isinstance(clean, tuple):
                train, usual = clean
            else:
                order = generator.permutation(len(clean))
                cut = int(0.6 * len(clean))
                train, usual = clean[order[:cut]], clean[order[cut:]]
            is_bad = numpy.r_[numpy.zeros(len(usual), bool), numpy.ones(len(others), bool)]
            splits.append((name, train, numpy.r_[usual, others], is_bad))
        for name, train, test, is_bad in splits:
            with tempfile.TemporaryDirectory() as temporary:
                found = hourglass(train, test, seed, pathlib.Path(temporary))
            for method in METHODS[3:]:
                found[method] = peer(method, train, test, seed)
            for method, told in found.items():
                told["auroc"] = metrics.roc_auc_score(is_bad, told["scores"])
                told["precision"] = metrics.average_precision_score(is_bad, told["scores"])
                table.setdefault((name, method), []).append(told)
                print(seed, name, method, round(told["auroc"], 4), file=sys.stderr, flush=True)
    write_table(table, seeds)


def write_table(table, seeds):
    """Writes `results/peers.toml`, which the report shows."""
    import pyod
    import sklearn
    import torch

    with open("/proc/cpuinfo") as file:
        cpu = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    lines = [
        "# How well rows that are not clean are found, beside other tools. Written by `python benches/peers/anomaly.py FOLDER`; the report",
        "# shows it. Numbers are mean and standard deviation over seeds: seconds, and memory in MiB.",
        "",
        f'machine = "{cpu}, {os.cpu_count()} processors"',
        f'versions = "scikit-learn {sklearn.__version__}, PyOD {pyod.__version__}, torch {torch.__version__}"',
        f"seeds = {seeds}",
    ]
    for (name, method), runs in table.items():
        values = lambda key: [run[key] for run in runs]
        spread = lambda key: f"[{numpy.mean(values(key)):.4f}, {numpy.std(values(key), ddof=1):.4f}]"
        lines += ["", "[[measured]]", f'data = "{name}"', f'method = "{method}"', f"auroc = {spread('auroc')}", f"precision = {spread('precision')}"]
        for key in ["fit", "run", "score", "memory"]:
            if runs[0].get(key) is not None:
                lines.append(f"{key} = {spread(key)}")
    (ROOT / "results/peers.toml").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "--peer":
        fit(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    else:
        main(pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)
