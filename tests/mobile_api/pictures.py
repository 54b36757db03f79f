"""Pictures as a phone takes them, made here."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

_ORIENTATION, _MAKE = 0x0112, 0x010F


def photo(width: int = 640, height: int = 480, kind: str = "JPEG", seed: int = 0) -> bytes:
    """Return a picture with gradients, its head on the side as a phone writes it."""
    image = Image.linear_gradient("L").resize((width, height)).rotate(seed % 360)
    image = Image.merge("RGB", (image, image.rotate(90), image.rotate(180)))
    exif = Image.Exif()
    exif[_ORIENTATION], exif[_MAKE] = 6, "a secret maker"
    written = io.BytesIO()
    image.save(written, kind, **({"exif": exif} if kind == "JPEG" else {}))
    return written.getvalue()


def signature() -> bytes:
    """Return a line on nothing."""
    image = Image.new("RGBA", (300, 100), (0, 0, 0, 0))
    for x in range(20, 280):
        image.putpixel((x, 50), (0, 0, 0, 255))
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def bomb(width: int = 20_000, height: int = 20_000) -> bytes:
    """Return a PNG of 400 million white pixels in some 50 kB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = b"\x00" + b"\xff" * (width // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
