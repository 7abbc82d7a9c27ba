# Recordings written by libsndfile, their samples and log-mel spectra. Needs numpy and soundfile (made with 2.4.6 and 0.14.0):
# python wav.py > wav.json
import io
import json

import numpy as np
import soundfile

rate, count = 8000, 400
time = np.arange(count) / rate
sound = 0.5 * np.sin(2 * np.pi * 440 * time) + 0.3 * np.sin(2 * np.pi * 1900 * time)
stereo = np.stack([sound, -0.25 * sound], 1)


def recorded(samples, subtype):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype=subtype)
    return file.getvalue()


cases = []
for subtype in ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"]:
    for name, samples in [("mono", sound), ("stereo", stereo)]:
        content = recorded(samples[:50], subtype)
        back, _ = soundfile.read(io.BytesIO(content), always_2d=True)
        cases.append({"name": f"{subtype} {name}", "file": content.hex(), "samples": back.mean(1).tolist()})

frame, hop, bands = 100, 40, 6
content = recorded(sound, "FLOAT")
samples, _ = soundfile.read(io.BytesIO(content))
window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)
frames = np.stack([samples[at : at + frame] for at in range(0, count - frame + 1, hop)])
power = np.abs(np.fft.rfft(frames * window)) ** 2
frequency = np.fft.rfftfreq(frame, 1 / rate)
mel = lambda f: 2595 * np.log10(1 + f / 700)
corners = 700 * (10 ** (np.linspace(0, mel(rate / 2), bands + 2) / 2595) - 1)
filters = np.stack([np.interp(frequency, corners[at : at + 3], [0, 1, 0]) for at in range(bands)])
spectra = np.log(np.maximum(power @ filters.T, 1e-10))
print(json.dumps({"recordings": cases, "mel": {"file": content.hex(), "frame": frame, "hop": hop, "bands": bands,
                                               "spectra": spectra.tolist()}}))
