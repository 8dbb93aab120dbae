"""Makes the pictures of this folder and expected.safetensors: what Pillow reads of each file
(EXIF's turn, then convert("RGB")), and what Image.resize makes of photo.png.

Run where Pillow and numpy are: python3 make.py. Made with Pillow 13.0.0 on 2026-11-28.
"""
import io
import json
import struct

import numpy as np
from PIL import Image, ImageOps

H, W = 23, 37
rng = np.random.default_rng(20261128)
y, x = np.mgrid[0:H, 0:W]
smooth = np.stack([127 + 120 * np.sin(x / 5 + c) * np.cos(y / 7 - c) for c in range(3)], -1)
photo = Image.fromarray(np.clip(smooth + rng.normal(0, 12, (H, W, 3)), 0, 255).astype(np.uint8))

photo.save("photo.png")
photo.quantize(40).save("palette.png", transparency=3)
photo.convert("L").save("grey.png")
photo.convert("1").save("bits.png")
alpha = Image.fromarray((x * 7 % 256).astype(np.uint8))
photo.copy().convert("RGBA").save("plain_alpha.png")
with_alpha = photo.copy()
with_alpha.putalpha(alpha)
with_alpha.save("alpha.png")
photo.save("photo.jpg", quality=85)
photo.save("progressive.jpg", quality=70, progressive=True)
photo.convert("L").save("grey.jpg", quality=85)
for orientation in range(2, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo.save(f"turned{orientation}.jpg", quality=90, exif=exif)
    if orientation == 6:
        photo.save("turned6.png", exif=exif)
photo.convert("CMYK").save("cmyk.jpg")
Image.fromarray((x * 1000).astype(np.uint16)).save("grey16.png")

arrays = {}
for name in ["photo.png", "palette.png", "grey.png", "bits.png", "plain_alpha.png", "alpha.png", "photo.jpg",
             "progressive.jpg", "grey.jpg", "turned6.png"] + [f"turned{o}.jpg" for o in range(2, 9)]:
    with Image.open(name) as picture:
        arrays[name] = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
for number, name in [(1, "lanczos"), (2, "bilinear"), (3, "bicubic"), (4, "box"), (5, "hamming")]:
    for height, width in [(32, 32), (8, 8), (23, 12), (40, 37)]:
        arrays[f"{name} {height}x{width}"] = np.asarray(photo.resize((width, height), resample=number))

# As transformers' ViTImageProcessor: tests/golden/tiny/vit/preprocessor_config.json.
config = json.load(open("../../golden/tiny/vit/preprocessor_config.json"))
size = (config["size"]["width"], config["size"]["height"])
resized = np.asarray(photo.resize(size, resample=config["resample"]))
values = (resized.astype(np.float64) * config["rescale_factor"]).astype(np.float32)
values = (values - np.float32(config["image_mean"])) / np.float32(config["image_std"])
arrays["pixel_values"] = values.transpose(2, 0, 1).astype(np.float32)

header, data = {}, io.BytesIO()
for name, array in arrays.items():
    array = np.ascontiguousarray(array)
    begin = data.tell()
    data.write(array.tobytes())
    header[name] = {"dtype": "F32" if array.dtype == np.float32 else "U8", "shape": list(array.shape), "data_offsets": [begin, data.tell()]}
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open("expected.safetensors", "wb") as out:
    out.write(struct.pack("<Q", len(text)) + text + data.getvalue())
