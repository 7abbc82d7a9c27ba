"""Reads event files with TensorBoard's own reader, and prints their contents as JSON: `python3 tensorboard_events.py FOLDER...`."""

import json
import struct
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2


def single(value):
    """The nearest number in single precision."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


def found(folder):
    sizes = dict.fromkeys(["scalars", "images", "histograms", "tensors"], 0)
    events = EventAccumulator(str(folder), size_guidance=sizes)
    events.Reload()
    tags = events.Tags()
    scalars = {tag: [[event.step, single(event.value), event.wall_time] for event in events.Scalars(tag)]
               for tag in tags["scalars"]}
    images = {}
    for tag in tags["images"]:
        (image,) = events.Images(tag)
        sides = struct.unpack(">II", image.encoded_image_string[16:24])
        assert image.encoded_image_string[:8] == b"\x89PNG\r\n\x1a\n" and sides == (image.width, image.height), tag
        images[tag] = [image.step, image.width, image.height]
    histograms = {}
    for tag in tags["histograms"]:
        (event,) = events.Histograms(tag)
        of = event.histogram_value
        assert sum(of.bucket) == of.num and of.bucket_limit[-1] == of.max and of.min <= of.max, tag
        histograms[tag] = [event.step, of.num, of.sum]
    hparams = {}
    for tag in tags["tensors"]:
        content = events.SummaryMetadata(tag).plugin_data.content
        if tag == "_hparams_/session_start_info":
            start = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
            values = {key: getattr(value, value.WhichOneof("kind")) for key, value in start.hparams.items()}
            hparams = {"group": start.group_name, "start": start.start_time_secs} | values
        if tag == "_hparams_/session_end_info":
            hparams["status"] = plugin_data_pb2.HParamsPluginData.FromString(content).session_end_info.status
    texts = {tag: event.tensor_proto.string_val[0].decode() for tag in tags["tensors"] if not tag.startswith("_hparams_")
             for event in events.Tensors(tag)}
    return dict(scalars=scalars, images=images, histograms=histograms, hparams=hparams, texts=texts)


folders = [Path(argument) for argument in sys.argv[1:]]
runs = sorted({path.parent for folder in folders for path in folder.rglob("*tfevents*")})
print(json.dumps({str(run): found(run) for run in runs}))
