# Pictures written by Pillow, and their pixels. Needs pillow and numpy (made with 13.0.0 and 2.4.6): python images.py > images.json
import io
import json

import numpy as np
from PIL import Image

random = np.random.default_rng(7)
noise = random.integers(0, 256, (6, 9, 4), dtype=np.uint8)
colour, alpha = Image.fromarray(noise[..., :3].copy()), Image.fromarray(noise)
grey = colour.convert("L")
smooth = np.add.outer(np.arange(24) * 5, np.arange(32) * 4).astype(np.uint8)


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def case(name, content, image, tolerance=0, **options):
    pixels = np.asarray(image)
    return {"name": name, "file": content.hex(), "width": pixels.shape[1], "height": pixels.shape[0],
            "pixels": [int(value) for value in pixels.reshape(-1)], "tolerance": tolerance} | options


def laid_on(background):
    behind = Image.new("RGBA", alpha.size, background)
    return Image.alpha_composite(behind, alpha).convert("RGB")


deep = np.asarray(grey).astype(np.uint16) * 256 + 200
rounded = Image.fromarray(np.round(deep / 257).astype(np.uint8))
palette = colour.quantize(5)
one = grey.point(lambda value: 255 * (value > 127)).convert("1")
few = Image.fromarray((np.asarray(grey) // 64).astype(np.uint8))
cases = [
    case("grey", encoded(grey), grey),
    case("colour", encoded(colour), colour),
    case("colour to grey", encoded(colour), grey, channels=1),
    case("grey to colour", encoded(grey), grey.convert("RGB"), channels=3),
    case("palette", encoded(palette), palette.convert("RGB")),
    case("palette of 2 bits", encoded(few.convert("P"), bits=2), few.convert("P").convert("RGB")),
    case("1 bit", encoded(one), one.convert("L")),
    case("16 bits", encoded(Image.fromarray(deep)), rounded),
    case("alpha on white", encoded(alpha), laid_on((255, 255, 255, 255)), 1),
    case("alpha on red", encoded(alpha), laid_on((200, 10, 30, 255)), 1, background=[200, 10, 30]),
    case("halved", encoded(Image.fromarray(smooth)), Image.fromarray(smooth).resize((16, 12), Image.BOX), 1, size=[16, 12]),
    case("grown", encoded(grey), grey.resize((27, 18), Image.BILINEAR), 1, size=[27, 18]),
]
for quality, progressive in [(95, False), (80, True)]:
    picture = Image.fromarray(np.stack([smooth, smooth.T[:24, :].repeat(2, 1)[:, :32], smooth[::-1]], -1))
    content = encoded(picture, "JPEG", quality=quality, progressive=progressive, subsampling=0)
    cases.append(case(f"JPEG, progressive {progressive}", content, Image.open(io.BytesIO(content)), 3))
content = encoded(Image.fromarray(smooth), "JPEG", quality=95)
cases.append(case("grey JPEG", content, Image.open(io.BytesIO(content)), 3))
exif = Image.Exif()
exif[0x0112] = 6
content = encoded(Image.fromarray(smooth), "JPEG", quality=95, exif=exif)
turned = Image.open(io.BytesIO(content)).transpose(Image.Transpose.ROTATE_270)
cases.append(case("JPEG that EXIF turns", content, turned, 3))
print(json.dumps(cases))
