"""Pictures: what a file really is, told by its content, and what is shown of it instead of the original."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from core.errors import DomainError, mark

MOST_PIXELS = 100_000_000
"""As many as the best phones take; more would take too much memory to look at."""
DISPLAY_PX, THUMBNAIL_PX = 1_600, 320
_MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_OPENED_AS = tuple(_MEDIA_TYPES)
#: A JPEG with a second picture in it, as many phones write them.
_MEDIA_TYPES["MPO"] = "image/jpeg"
_BY_PALETTE = ("P", "PA", "1")
_PDF = b"%PDF-"


class NotTaken(DomainError):
    """A file that is not of a kind we keep."""

    status = 415
    code = "file_type"


class TooManyPixels(DomainError):
    """A picture too large to be looked at."""

    status = 422
    code = "too_many_pixels"


@dataclass(frozen=True)
class Sniffed:
    """What a file is: media type and, of a picture, its size in pixels."""

    media_type: str
    width: int | None = None
    height: int | None = None


def sniff(path: Path) -> Sniffed:
    """Return what a file is, by its content alone.

    Raises
    ------
    NotTaken
        It is no JPEG, PNG, WebP or PDF, or its beginning is damaged.
    TooManyPixels
    """
    with path.open("rb") as stream:
        if stream.read(len(_PDF)) == _PDF:
            return Sniffed("application/pdf")
    try:
        with _opened(path) as image:
            image.verify()
            width, height = image.size
            return Sniffed(_MEDIA_TYPES[str(image.format)], width, height)
    except (OSError, SyntaxError, ValueError, LookupError):
        raise NotTaken(mark("Photos are taken as JPEG, PNG or WebP, documents as PDF.")) from None


def _opened(path: Path) -> Image.Image:
    """Open a picture, which reads no more than its head, and look at its size ourselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            image = Image.open(path, formats=_OPENED_AS)
        except Image.DecompressionBombError:
            raise _too_many() from None
    width, height = image.size
    if width * height > MOST_PIXELS:
        image.close()
        raise _too_many()
    return image


def _too_many() -> TooManyPixels:
    return TooManyPixels(
        mark("A picture may have %(most)s million pixels at most."), most=MOST_PIXELS // 1_000_000
    )


def renditions(path: Path) -> tuple[bytes, bytes]:
    """Return a picture for display and its thumbnail: JPEG, upright, without what the camera wrote into it.

    Raises
    ------
    NotTaken
        It cannot be decoded to its end. The original is kept all the same, as evidence.
    """
    try:
        return _made_of(path)
    except (OSError, SyntaxError, ValueError):
        raise NotTaken(mark("This picture is damaged: only the original can be looked at.")) from None


def _made_of(path: Path) -> tuple[bytes, bytes]:
    with _opened(path) as image:
        image.draft("RGB", (DISPLAY_PX, DISPLAY_PX))
        if image.mode in _BY_PALETTE:
            display = image.convert("RGBA" if image.has_transparency_data else "RGB")
        else:
            display = image
        # First of all: every copy of a picture of a hundred million pixels takes a lot of memory.
        display.thumbnail((DISPLAY_PX, DISPLAY_PX))
        display = _on_white(ImageOps.exif_transpose(display))
        thumbnail = display.copy()
        thumbnail.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
        return _jpeg(display), _jpeg(thumbnail)


def _on_white(image: Image.Image) -> Image.Image:
    """Return it without transparency: a signature is drawn on nothing."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image).convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "JPEG", quality=82, optimize=True)
    return written.getvalue()
