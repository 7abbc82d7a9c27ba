"""Compares networks exported for PyTorch with the output of `cargo xtask apply`: python pytorch.py FOLDER, with
FOLDER/<name>/{rows,codes,outputs}.npy and FOLDER/<name>/pytorch. Needs numpy, torch and safetensors."""

import importlib.util
import pathlib
import sys

import numpy
import torch

for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    rows, codes, outputs = (numpy.load(folder / f"{name}.npy") for name in ["rows", "codes", "outputs"])
    spec = importlib.util.spec_from_file_location("autoencoder", folder / "pytorch" / "autoencoder.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network = module.Autoencoder.load()
    # Bytes are divided by 255.
    scale = 255 if rows.dtype == numpy.uint8 else 1
    with torch.no_grad():
        rows, codes, outputs = map(torch.from_numpy, (rows, codes, outputs))
        pairs = [(network.encode(rows), codes), (network(rows) / scale, outputs / scale)]
        if hasattr(network, "decode"):
            pairs.append((network.decode(codes) / scale, outputs / scale))
        if hasattr(network, "log_variance"):
            assert network.log_variance(rows).shape == codes.shape
    far = max((a - b).abs().max().item() for a, b in pairs)
    assert all(a.shape == b.shape for a, b in pairs)
    print(folder.name, far)
    assert far <= 1e-5, f"{folder.name}: {far}"
