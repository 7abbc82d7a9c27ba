"""Compares exported networks with the output of `cargo xtask apply`: python onnx.py FOLDER, with
FOLDER/<name>/{rows,codes,outputs}.npy and FOLDER/<name>/onnx. Needs numpy and onnxruntime."""

import pathlib
import sys

import numpy
import onnxruntime

for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    rows, codes, outputs = (numpy.load(folder / f"{name}.npy") for name in ["rows", "codes", "outputs"])

    def run(name, **inputs):
        session = onnxruntime.InferenceSession(folder / "onnx" / f"{name}.onnx")
        return session.run(None, {key: value.astype(numpy.float32) for key, value in inputs.items()})

    found, reconstructed, errors = run("autoencoder", rows=rows)
    # Bytes are divided by 255.
    scale = 255 if rows.dtype == numpy.uint8 else 1
    pairs = [(found, codes), (reconstructed / scale, outputs / scale)]
    pairs.append((run("encoder", rows=rows)[0], codes))
    if (folder / "onnx" / "decoder.onnx").exists():
        pairs.append((run("decoder", codes=codes)[0] / scale, outputs / scale))
    far = max(abs(a.reshape(-1) - b.reshape(-1)).max() for a, b in pairs)
    mean = ((rows / scale - outputs / scale).reshape(len(rows), -1) ** 2).mean(1)
    if scale == 255:
        far = max(far, abs(errors - mean).max())
    assert len(run("encoder", rows=rows[:1])[0]) == 1, "any number of rows"
    print(folder.name, far)
    assert far <= 1e-5, f"{folder.name}: {far}"
