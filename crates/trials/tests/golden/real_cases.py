"""Makes real_cases.json: real data as Python, NumPy and Pillow read it, for tests/real_data.rs. Downloads packages with such
data and writes the data into a folder; none of it is part of the project.

    python real_cases.py FOLDER > real_cases.json
    HOURGLASS_REAL=FOLDER cargo test --release -p trials --test real_data

Needs pip, curl, apt-get and dpkg-deb, and the packages numpy, pillow and scikit-learn. From crates.io: linfa-datasets 0.8.0. From PyPI:
aeon 1.6.0, scikit-image 0.26.0. From Debian 12: asterisk-core-sounds-en-wav, fortunes, fortunes-min.
"""

import csv
import gzip
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import unicodedata
import wave
import zipfile

import numpy
from PIL import Image
from sklearn import datasets

folder = pathlib.Path(sys.argv[1]).resolve()
packages = folder / "packages"
packages.mkdir(parents=True, exist_ok=True)
golden = {}


def run(*command):
    subprocess.run(command, cwd=packages, check=True, stdout=subprocess.DEVNULL)


def case(name, path, options, rows, shape, classes, values=None, **more):
    golden[name] = {"path": path, "options": options, "rows": rows, "shape": shape, "classes": classes, **more}
    if values is not None:
        values = numpy.asarray(values, numpy.float32).astype(float)
        golden[name]["mean"], golden[name]["deviation"] = values.mean(), values.std()


def fresh(name):
    shutil.rmtree(folder / name, ignore_errors=True)
    (folder / name).mkdir()
    return folder / name


def table(name, header, rows):
    with open(folder / name, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


if not (packages / "linfa-datasets-0.8.0").exists():
    address = "https://static.crates.io/crates/linfa-datasets/linfa-datasets-0.8.0.crate"
    run("curl", "-sSfLO", address)
    tarfile.open(packages / "linfa-datasets-0.8.0.crate").extractall(packages, filter="data")
    run(sys.executable, "-m", "pip", "download", "--no-deps", "-q", "aeon==1.6.0", "scikit-image==0.26.0")
    for wheel in packages.glob("*.whl"):
        zipfile.ZipFile(wheel).extractall(packages)
    run("apt-get", "download", "-q", "asterisk-core-sounds-en-wav", "fortunes", "fortunes-min")
    for archive in packages.glob("*.deb"):
        run("dpkg-deb", "-x", archive.name, "debian")

# Tables of linfa-datasets.
linfa = packages / "linfa-datasets-0.8.0" / "data"
for name, label in [("iris", "species"), ("winequality-red", "quality")]:
    text = gzip.open(linfa / f"{name}.csv.gz", "rt").read()
    (folder / f"linfa-{name}.csv").write_text(text)
    header, *rows = list(csv.reader(text.splitlines()))
    place = header.index(label)
    values = [[float(value) for at, value in enumerate(row) if at != place] for row in rows]
    classes = len({row[place] for row in rows})
    case(f"linfa {name}", f"linfa-{name}.csv", {"label": label}, len(rows), [len(header) - 1], classes, values)
diabetes = [numpy.loadtxt(gzip.open(linfa / f"diabetes_{part}.csv.gz"), delimiter=",") for part in ["data", "target"]]
values = numpy.column_stack(diabetes)
table("linfa-diabetes.csv", [*datasets.load_diabetes().feature_names, "progression"], values.tolist())
case("linfa diabetes", "linfa-diabetes.csv", {}, len(values), [values.shape[1]], 0, values)

# Arrays of scikit-learn.
digits, cancer = datasets.load_digits(), datasets.load_breast_cancer()
numpy.save(folder / "digits.npy", digits.images)
numpy.save(folder / "digits-labels.npy", digits.target)
case("digits", "digits.npy", {"label": "digits-labels.npy"}, 1797, [8, 8], 10, digits.images)
numpy.savez(folder / "cancer.npz", x=cancer.data, y=cancer.target)
case("breast cancer", "cancer.npz", {"array": "x", "label": "y"}, 569, [30], 2, cancer.data)


# Series of aeon.
def windows(values, size, hop):
    return numpy.stack([values[start : start + size] for start in range(0, len(values) - size + 1, hop)])


series = packages / "aeon" / "datasets" / "data"
shutil.copy(series / "Daphnet_S06R02E0" / "S06R02E0.csv", folder / "daphnet.csv")
rows = list(csv.DictReader(open(folder / "daphnet.csv")))
names = [name for name in rows[0] if name not in ("timestamp", "is_anomaly")]
values = windows(numpy.array([[float(row[name]) for name in names] for row in rows]), 64, 16)
keys = {"label": "is_anomaly", "time": "timestamp", "window": 64, "hop": 16}
case("daphnet", "daphnet.csv", keys, len(values), [64, 9], len({row["is_anomaly"] for row in rows}), values)
for part in ["TRAIN", "TEST"]:
    path = series / "KDD-TSAD_135" / f"135_UCR_Anomaly_InternalBleeding16_{part}.csv"
    shutil.copy(path, folder / f"bleeding-{part}.csv")
keys = {"label": "is_anomaly", "exclude": ["timestamp"], "window": 50, "test": {"path": "bleeding-TEST.csv"}}
values = [
    windows(numpy.array([[float(row["value"])] for row in csv.DictReader(open(folder / f"bleeding-{part}.csv"))]), 50, 50)
    for part in ["TRAIN", "TEST"]
]
case(
    "kdd-tsad", "bleeding-TRAIN.csv", keys, sum(map(len, values)), [50, 1], 2, numpy.concatenate(values),
    rows_of_splits=[len(values[0]), 0, len(values[1])],
)

# Pictures of scikit-image, cut into patches.
patches = fresh("patches")
pixels = []
for path in sorted((packages / "skimage" / "data").glob("*.png")):
    picture = Image.open(path)
    if picture.mode != "RGB" or picture.width < 128:
        continue
    (patches / path.stem).mkdir()
    for top in range(0, picture.height - 31, 64):
        for left in range(0, picture.width - 31, 64):
            patch = picture.crop((left, top, left + 32, top + 32))
            patch.save(patches / path.stem / f"{top}-{left}.png")
            pixels.append(numpy.asarray(patch))
case("patches", "patches", {"label": "subfolder"}, len(pixels), [32, 32, 3], len(list(patches.iterdir())), pixels)

# Spoken digits and letters of Debian, at 8 kHz.
sounds = fresh("sounds")
rows = []
for part in ["digits", "letters"]:
    (sounds / part).mkdir()
    for path in sorted((packages / "debian/usr/share/asterisk/sounds/en_US_f_Allison" / part).glob("*.wav")):
        shutil.copy(path, sounds / part)
        with wave.open(str(path)) as file:
            samples = numpy.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
        if len(samples) >= 1024:
            rows.append(windows(samples, 1024, 1024))
rows = numpy.concatenate(rows)
case("sounds", "sounds", {"label": "subfolder", "window": 1024}, len(rows), [1024, 1], 2, rows)

# Fortunes of Debian: each is a document.
fortunes = fresh("fortunes")
documents, characters, classes = 0, 0, 0
for path in sorted((packages / "debian/usr/share/games/fortunes").iterdir()):
    if path.suffix or path.is_dir():
        continue
    classes += 1
    (fortunes / path.name).mkdir()
    for number, text in enumerate(path.read_text().split("\n%\n")):
        if not text.strip():
            continue
        (fortunes / path.name / f"{number}.txt").write_text(text)
        documents += 1
        characters += sum(not letter.isspace() and unicodedata.category(letter) != "Cc" for letter in text.lower())
keys = {"label": "subfolder", "unit": "characters", "vocabulary": 30}
case("fortunes", "fortunes", keys, documents, [30], classes, characters=characters)

json.dump(golden, sys.stdout, indent=1)
