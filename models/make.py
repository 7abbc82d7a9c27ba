"""Makes what the models `log` and `fan` learn from, in a folder, and what they are tried on, beside this file.

    python3 models/make.py target/made-up
"""

import math
import pathlib
import random
import struct
import sys
import wave

# A log of a plant: each line is a message of one kind.
KINDS = [
    "pump {n} started at {rpm} rpm",
    "pump {n} stopped after {m} minutes",
    "pressure of boiler {n} is {bar} bar",
    "temperature of boiler {n} is {c} degrees",
    "valve {n} opened by controller {k}",
    "valve {n} closed by controller {k}",
    "operator {name} logged in at desk {k}",
    "operator {name} logged out of desk {k}",
    "filter {n} cleaned by {name}",
    "report for shift {k} written to archive",
]
# Nothing of the kind is in the training lines, though each word is.
STRANGE = [
    "pump 3 stopped pump 3 started pump 3 stopped pump 3 started",
    "valve 4 opened valve 7 opened valve 2 opened",
    "temperature of archive is 71 degrees",
    "boiler 6 logged out of desk 2",
    "pressure pressure pressure",
    "operator anna cleaned by controller 3",
]
NAMES = ["anna", "ben", "carla", "dmitri"]


def line(draw):
    return draw.choice(KINDS).format(
        n=draw.randint(1, 9), k=draw.randint(1, 4), rpm=draw.randint(900, 1500), m=draw.randint(5, 90),
        bar=draw.randint(2, 9), c=draw.randint(60, 95), name=draw.choice(NAMES),
    )


RATE = 8000


def hum(draw, seconds, rattles=()):
    """A fan that runs faster and slower: harmonics of its blades, of which its duct lets some pass better, and air, both louder with
    speed. A bearing that rattles knocks 31 times a second."""
    samples, phase, pace, air = [], 0.0, draw.uniform(0, 7), 0.0
    for at in range(int(seconds * RATE)):
        if at % 80 == 0:
            speed = 150 + 90 * math.sin(pace + at / RATE * 2.2)
            harmonics = range(1, int(3600 / speed))
            loud = [math.exp(-(((k * speed - 900) / 700) ** 2)) + 0.3 * math.exp(-(((k * speed - 2600) / 400) ** 2)) for k in harmonics]
        phase += 2 * math.pi * speed / RATE
        air = 0.5 * air + draw.gauss(0, 1e-6 * speed**2)
        value = air + speed / 800 * sum(part * math.sin(k * phase) for k, part in zip(harmonics, loud))
        if any(start <= at / RATE < end for start, end in rattles):
            since = at % (RATE // 31)
            value += 0.4 * math.exp(-since / 40) * math.sin(2 * math.pi * 1900 * since / RATE)
        samples.append(max(-1, min(1, value / 2)))
    return samples


def write(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *(round(32767 * sample) for sample in samples)))


def main(folder):
    here = pathlib.Path(__file__).parent
    (folder / "fan").mkdir(parents=True, exist_ok=True)
    draw = random.Random(0)
    (folder / "log.txt").write_text("".join(line(draw) + "\n" for _ in range(1000)))
    lines = [line(draw) for _ in range(60)]
    for place, strange in zip(range(7, 60, 9), STRANGE):
        lines[place] = strange
    (here / "log.txt").write_text("".join(line + "\n" for line in lines))
    for number in range(16):
        write(folder / f"fan/{number:02}.wav", hum(draw, 4))
    write(here / "fan.wav", hum(draw, 1.5, [(0.4, 0.6), (1.0, 1.3)]))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
