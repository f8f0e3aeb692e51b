"""Pictures, and pictures that are nearly the same."""

import io

import numpy as np
from PIL import Image, ImageEnhance


def photo(seed, size=(160, 120), power=1.2):
    """A picture whose frequencies fall as those of photographs do."""
    rng = np.random.default_rng(seed)
    width, height = size
    wave = np.hypot(*np.meshgrid(np.fft.fftfreq(width), np.fft.fftfreq(height)))
    wave[0, 0] = 1
    noise = np.fft.fft2(rng.standard_normal((3, height, width))) / wave**power
    values = np.fft.ifft2(noise).real
    low, high = np.quantile(values, (0.01, 0.99))
    scaled = np.clip((values - low) / (high - low), 0, 1) * 255
    return Image.fromarray(scaled.astype(np.uint8).transpose(1, 2, 0).copy())


def tile(seed):
    """A plain grey surface: the same light on all, and grain of its own."""
    rng = np.random.default_rng(seed)
    light = 90 + 60 * np.linspace(0, 1, 160)[None] + np.zeros((120, 1))
    return Image.fromarray((light + rng.normal(0, 6, light.shape)).clip(0, 255).astype(np.uint8))


def compressed(picture):
    file = io.BytesIO()
    picture.save(file, 'JPEG', quality=20)
    return Image.open(io.BytesIO(file.getvalue()))


def cropped(picture, share=0.05):
    width, height = picture.size
    left, top = round(share * width), round(share * height / 2)
    return picture.crop((left, top, width - left // 2, height - top))


COPIES = {
    'compressed': compressed,
    'half as large': lambda picture: picture.resize((80, 60)),
    'larger': lambda picture: picture.resize((400, 300)),
    'cropped': cropped,
    'darker': lambda picture: ImageEnhance.Brightness(picture).enhance(0.7),
    'grey': lambda picture: picture.convert('L'),
    'all': lambda picture: compressed(cropped(picture).resize((90, 70)).convert('L')),
}
