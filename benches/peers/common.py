"""Arguments, images and output of all peers."""

import argparse
import json
import os
import time

import numpy as np

WIDTHS = {
    ("plain", 32): [784, 64, 32, 64, 784],
    ("shallow", 128): [784, 128, 784],
    ("deep", 30): [784, 1000, 500, 250, 30, 250, 500, 1000, 784],
    ("shallow", 64): [784, 64, 784],
    ("wide", 8): [784, 512, 256, 8, 256, 512, 784],
    ("variational", 32): [784, 512, 256, 32, 256, 512, 784],
}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("images", help="file of bytes, 784 for each image")
    parser.add_argument("--architecture")
    parser.add_argument("--code", type=int)
    parser.add_argument("--objective", default="plain")
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    # Set before a framework counts the processors.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: args.threads])
    return args


def images(path):
    """Images, (images, 784), in [0, 1]."""
    return np.fromfile(path, np.uint8).reshape(-1, 784).astype(np.float32) / 255


def layers(args):
    """Inputs, outputs and activation of each layer, as in the catalogue of Hourglass."""
    widths = WIDTHS[args.architecture, args.code]
    last, code = len(widths) - 2, (len(widths) - 2) // 2
    for index, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        if index == last:
            activation = "sigmoid"
        elif index == code and args.architecture != "shallow":
            activation = "identity"
        else:
            activation = "relu"
        yield inputs, outputs, activation


def report(epochs, epoch):
    """Runs `epoch` once to warm up, then `epochs` times, and prints the seconds of each."""
    epoch()
    seconds = []
    for _ in range(epochs):
        started = time.perf_counter()
        epoch()
        seconds.append(time.perf_counter() - started)
    print(json.dumps({"seconds": seconds}))
