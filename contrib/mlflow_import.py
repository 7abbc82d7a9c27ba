#!/usr/bin/env python3
"""Imports records of Hourglass into MLflow.

    pip install mlflow
    python3 contrib/mlflow_import.py results/denoising/glyphs
    mlflow ui --backend-store-uri sqlite:///mlflow.db

Each FOLDER is a run, or any folder above runs. The experiment `<experiment>/<dataset>` of MLflow gets a parent run for each
network, and below it a run for each seed:

    parameters   the keys of experiment.toml, such as `training.epochs`
    metrics      `<stage>/<column>` of epochs.csv, by epoch; `<split>/<subject>/<field>` of metrics.json and measures.json;
                 the parent run has their mean and standard deviation over seeds on the test split
    artifacts    these files, and the figures; with --weights also model.safetensors
    tags         `hourglass.*`: the seal of the record, the seed, the commit, the command

A record that was imported before is not imported again: the tag `hourglass.seal` names its contents. Times are those of the
record. The script needs Python 3.11 or newer and mlflow.
"""

import argparse
import csv
import hashlib
import json
import logging
import os
import re
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit("error: Python 3.11 or newer is needed, this is " + sys.version.split()[0])

import tomllib  # noqa: E402

# Files to import as artifacts, if the record has them.
FILES = ["experiment.toml", "environment.json", "epochs.csv", "metrics.json", "measures.json", "remarks.json"]
# Largest numbers of characters that MLflow accepts for values of parameters and of tags.
LONGEST_PARAMETER, LONGEST_TAG = 500, 5000
# Largest numbers of metrics and of parameters that MLflow accepts in a call.
METRICS_AT_ONCE, PARAMETERS_AT_ONCE = 1000, 100


class Refused(Exception):
    """Invalid input, which the user can correct."""


@dataclass
class Record:
    """The imported parts of a complete run."""

    folder: Path
    experiment: str
    dataset: str
    network: str
    spec: dict
    environment: dict
    epochs: list
    measured: dict
    seal: str

    @property
    def place(self):
        return f"{self.experiment}/{self.dataset}"

    @property
    def seed(self):
        return self.environment["seed"]


def read(path, parse):
    """Parses a file; errors name the file."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise Refused(f"{path}: {error}") from error


def is_complete(folder):
    """True if the status of a run is `complete`."""
    status = read(folder / "status.json", json.loads)
    return isinstance(status, dict) and status.get("state") == "complete"


def check_seal(folder):
    """Checksum of all files of a complete record. A file that has changed since the run is an error."""
    seal = read(folder / "status.json", json.loads).get("seal")
    if seal is None:
        # Records of earlier versions have no checksums.
        names = [name for name in FILES if (folder / name).is_file()]
        seal = {name: {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()} for name in names}
    for name, sealed in seal.items():
        path = folder / name
        if name not in FILES and not name.startswith("plots/") and name != "model.safetensors" or not path.is_file():
            continue
        if hashlib.sha256(path.read_bytes()).hexdigest() != sealed["sha256"]:
            raise Refused(f"{path} has changed since it was recorded; `cargo xtask run` with --force replaces the record")
    text = "".join(f"{name} {sealed['sha256']}\n" for name, sealed in sorted(seal.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def numbers(row, path):
    """The columns with numbers in a line of epochs.csv."""
    columns = {name: text for name, text in row.items() if name not in ("epoch", "stage") and text}
    try:
        return {name: float(text) for name, text in columns.items()}, int(row["epoch"]), row["stage"]
    except (KeyError, ValueError, TypeError) as error:
        raise Refused(f"{path}: expected a line of numbers of an epoch, found {row}") from error


def names_of(folder, spec):
    """Experiment, data set and network, from the folders of results/<experiment>/<dataset>/<network>/seed-<n>."""
    if re.fullmatch(r"seed-\d+", folder.name):
        above = folder.resolve().parents
        return above[2].name, above[1].name, above[0].name
    dataset = spec.get("dataset", {})
    return spec.get("name", folder.name), dataset.get("name") or Path(dataset.get("path", "data")).stem, folder.name


def read_record(folder):
    """Reads the record in the folder of a complete run."""
    seal = check_seal(folder)
    spec = read(folder / "experiment.toml", tomllib.loads)
    environment = read(folder / "environment.json", json.loads)
    for key in ("seed", "started"):
        if not isinstance(environment.get(key), int):
            raise Refused(f"{folder / 'environment.json'}: `{key}` is missing")
    path = folder / "epochs.csv"
    epochs = [numbers(row, path) for row in csv.DictReader(read(path, str.splitlines))]
    measured = {}
    for name in ("metrics.json", "measures.json"):
        if name == "measures.json" and not (folder / name).is_file():
            continue
        for split, subjects in read(folder / name, json.loads).items():
            for subject, fields in subjects.items():
                measured |= {f"{split}/{subject}/{field}": value for field, value in fields.items()}
    return Record(folder, *names_of(folder, spec), spec, environment, epochs, measured, seal)


def records_below(folders):
    """Reads the complete records in and below folders. Returns them and the folders of runs that are not complete."""
    records, incomplete = [], []
    for folder in folders:
        if not folder.is_dir():
            raise Refused(f"{folder}: no such folder; expected the folder of a run, which ends in seed-N, or one above it")
        runs = sorted(path.parent for path in folder.rglob("status.json"))
        if not runs:
            raise Refused(f"{folder} records no run; expected a folder such as results/<experiment>/<dataset>")
        incomplete += [run for run in runs if not is_complete(run)]
        records += [read_record(run) for run in runs if is_complete(run)]
    return records, incomplete


def parameters(table, path=""):
    """The keys of a spec as `training.epochs`, and their values as text."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from parameters(value, f"{path}{key}.")
        elif path or key not in ("question", "claims", "name"):
            text = value if isinstance(value, str) else json.dumps(value)
            yield f"{path}{key}", text if len(text) <= LONGEST_PARAMETER else text[: LONGEST_PARAMETER - 1] + "…"


def allowed(name):
    """A name without the characters that MLflow rejects in names of metrics."""
    return re.sub(r"[^\w\-. :/]", "_", name)


class Importer:
    """Writes records with the Python interface of MLflow."""

    def __init__(self, mlflow, tracking_uri, with_weights):
        self.entities = mlflow.entities
        self.client = mlflow.MlflowClient(tracking_uri=tracking_uri)
        self.with_weights = with_weights

    def experiment(self, name):
        """The MLflow experiment with this name, which is created if it does not exist."""
        found = self.client.get_experiment_by_name(name)
        if found is None:
            return self.client.create_experiment(name)
        if found.lifecycle_stage != "active":
            raise Refused(f"the experiment {name} of MLflow is deleted: restore it with `mlflow experiments restore "
                          f"--experiment-id {found.experiment_id}`")
        return found.experiment_id

    def tagged(self, experiment, key, value):
        """The runs of an MLflow experiment whose tag has this value."""
        quoted = value.replace("'", "")
        return list(self.client.search_runs([experiment], f"tags.`{key}` = '{quoted}'", max_results=1000))

    def parent(self, experiment, record):
        """The parent run of a network, which is created if it does not exist."""
        found = self.tagged(experiment, "hourglass.network", record.network)
        if found:
            return found[0].info.run_id
        tags = {"hourglass.network": record.network, "mlflow.note.content": record.spec.get("question", "")[:LONGEST_TAG]}
        started = record.environment["started"] * 1000
        run = self.client.create_run(experiment, start_time=started, tags=tags, run_name=record.network).info.run_id
        self.log_parameters(run, {key: text for key, text in parameters(record.spec) if key != "seeds"})
        self.client.set_terminated(run, end_time=started)
        return run

    def log_parameters(self, run, texts):
        items = [self.entities.Param(key, text) for key, text in texts.items()]
        for first in range(0, len(items), PARAMETERS_AT_ONCE):
            self.client.log_batch(run, params=items[first:first + PARAMETERS_AT_ONCE])

    def log_metrics(self, run, metrics):
        """Writes metrics, given as tuples of name, value, time in milliseconds, and step."""
        items = [self.entities.Metric(allowed(name), value, time, step) for name, value, time, step in metrics]
        for first in range(0, len(items), METRICS_AT_ONCE):
            self.client.log_batch(run, metrics=items[first:first + METRICS_AT_ONCE])

    def add(self, record):
        """Imports a record. Returns false if it was imported before."""
        experiment = self.experiment(record.place)
        for run in self.tagged(experiment, "hourglass.seal", record.seal):
            if run.info.status == "FINISHED":
                return False
            # A run of an interrupted import.
            self.client.delete_run(run.info.run_id)
        parent = self.parent(experiment, record)
        environment, started = record.environment, record.environment["started"] * 1000
        tags = {"mlflow.parentRunId": parent, "hourglass.seal": record.seal, "hourglass.seed": str(record.seed)}
        of_environment = ["hourglass", "git_commit", "command", "platform", "cpu", "engine", "dataset_fingerprint"]
        tags |= {f"hourglass.{key}" if key != "hourglass" else "hourglass.version": str(environment[key])[:LONGEST_TAG]
                 for key in of_environment if environment.get(key) is not None}
        name = f"{record.network}/seed-{record.seed}"
        run = self.client.create_run(experiment, start_time=started, tags=tags, run_name=name).info.run_id
        self.log_parameters(run, dict(parameters(record.spec)))
        metrics, seconds, step = [], 0.0, 0
        for columns, step, stage in record.epochs:
            seconds += columns.get("seconds", 0.0)
            time = started + round(seconds * 1000)
            metrics += [(f"{stage}/{column}", value, time, step) for column, value in columns.items()]
        end = started + round(seconds * 1000)
        metrics += [(name, value, end, step) for name, value in record.measured.items()]
        self.log_metrics(run, metrics)
        self.log_files(run, record.folder)
        self.client.set_terminated(run, status="FINISHED", end_time=end)
        self.summarise(experiment, parent)
        return True

    def log_files(self, run, folder):
        for name in FILES + (["model.safetensors"] if self.with_weights else []):
            if (folder / name).is_file():
                self.client.log_artifact(run, str(folder / name))
        if (folder / "plots").is_dir():
            self.client.log_artifacts(run, str(folder / "plots"), "plots")

    def summarise(self, experiment, parent):
        """Writes mean and standard deviation over seeds to the parent run of a network. The step is the number of seeds, so
        that MLflow shows the values with the most seeds."""
        seeds = {}
        for run in self.tagged(experiment, "mlflow.parentRunId", parent):
            seed = run.data.tags.get("hourglass.seed")
            if run.info.status != "FINISHED" or seed is None:
                continue
            # If a seed was recorded again, the later record is used.
            if seed not in seeds or run.info.start_time >= seeds[seed].info.start_time:
                seeds[seed] = run
        runs = list(seeds.values())
        end = max(run.info.end_time for run in runs)
        names = set.intersection(*(set(run.data.metrics) for run in runs))
        metrics = []
        for name in sorted(name for name in names if name.startswith("test/")):
            values = [run.data.metrics[name] for run in runs]
            metrics.append((name, statistics.fmean(values), end, len(runs)))
            if len(values) > 1:
                metrics.append((f"{name}/standard_deviation", statistics.stdev(values), end, len(runs)))
        self.log_metrics(parent, metrics)
        self.client.set_tag(parent, "hourglass.seeds", ",".join(sorted(seeds, key=int)))
        self.client.set_terminated(parent, end_time=end)


def arguments():
    description, rest = __doc__.split("\n", 1)
    parser = argparse.ArgumentParser(description=description, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="folder of a run, or any folder above runs")
    default = os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db"
    parser.add_argument("--tracking-uri", default=default, metavar="URI",
                        help="server or database of MLflow [default: $MLFLOW_TRACKING_URI, then sqlite:///mlflow.db]")
    parser.add_argument("--weights", action="store_true", help="keep model.safetensors as an artifact, too")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return parser.parse_args()


def main():
    given = arguments()
    records, incomplete = records_below(given.folders)
    try:
        import mlflow
    except ImportError as error:
        raise Refused(f"python3 cannot import mlflow ({error}); install it with: pip install mlflow") from error
    # When MLflow creates a database, it logs a line for each table.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    try:
        importer = Importer(mlflow, given.tracking_uri, given.weights)
        added = [record for record in records if importer.add(record)]
    except (mlflow.exceptions.MlflowException, OSError) as error:
        raise Refused(f"--tracking-uri {given.tracking_uri}: {error}") from error
    if not given.quiet:
        for run in incomplete:
            print(f"{run} is not complete: left out", file=sys.stderr)
        print(f"{len(added)} of {len(records)} runs imported; {len(records) - len(added)} were imported before")
        if given.tracking_uri.startswith("sqlite:"):
            print(f"to view: mlflow ui --backend-store-uri {given.tracking_uri}")


if __name__ == "__main__":
    try:
        main()
    except Refused as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Standard output is closed. All records are imported at this point.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
