# Arrays written by NumPy, and their rows. Needs numpy (made with 2.4.6): python npy.py > npy.json
import io
import json

import numpy as np


def saved(array, version=(1, 0)):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def archive(save, **arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def case(name, content, rows, labels=None, **options):
    rows = np.asarray(rows)
    return {"name": name, "file": content.hex(), "sides": list(rows.shape[1:]), "bytes": rows.dtype == np.uint8,
            "rows": [[float(value) for value in row.reshape(-1)] for row in rows], "labels": labels} | options


cases = []
counting = np.arange(-12, 12)
for dtype in ["<u1", "<i1", ">u2", "<i2", "<u4", ">i4", "<u8", ">i8", "<f2", ">f4", "<f8", "?"]:
    vectors = (counting.reshape(6, 4) if dtype[1:2] in ("i", "f") else np.abs(counting).reshape(6, 4)).astype(dtype)
    cases.append(case(f"{dtype} vectors", saved(vectors), vectors))
images = (np.arange(2 * 3 * 4 * 3) * 3).astype("u1").reshape(2, 3, 4, 3)
cases.append(case("colour", saved(images, (2, 0)), images))
cases.append(case("colour in Fortran's order", saved(np.asfortranarray(images), (3, 0)), images))
grey = np.linspace(-1, 1, 60).astype(">f4").reshape(5, 3, 4)
cases.append(case("grey in Fortran's order", saved(np.asfortranarray(grey)), grey))
wide = np.arange(15, dtype="<f8").reshape(5, 3) / 8
names = np.array(["cat", "dog", "häuser", "cat", "x"])
numbers = np.array([3, 1, 4, 1, 5], dtype=">i2")
texts, digits = [str(name) for name in names], [str(number) for number in numbers]
for save in (np.savez, np.savez_compressed):
    how = save.__name__
    cases.append(case(f"{how}: one array and labels", archive(save, anything=wide, labels=names), wide, texts))
    cases.append(case(f"{how}: x, y and others", archive(save, other=names, x=grey, y=numbers), grey, digits))
    cases.append(case(f"{how}: in Fortran's order", archive(save, x=np.asfortranarray(wide)), wide))
    of_keras = archive(save, x_train=wide, y_train=numbers.reshape(5, 1), x_test=wide[:2], y_test=numbers[:2])
    cases.append(case(f"{how}: named", of_keras, wide, digits, array="x_train", label_array="y_train"))
print(json.dumps(cases, ensure_ascii=False))
