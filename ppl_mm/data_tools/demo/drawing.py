"""Drawing the demo data: invented creatures on textured grounds.

Every creature is a BODY with a HEAD at one end. The head (about a fifth of the
area) has two loud colours in a pattern that no other class has: a classifier
needs nothing else. The body tells its class too, but softly: by its outline, a
faint texture that turns with the creature, and a hue that scatters so widely
that classes overlap. Some creatures have no head, as animals look away in
photographs, so bodies are worth learning. A class activation map therefore
tends to stop at the head, which is the problem that patch learning addresses.
"""

import colorsys
from typing import NamedTuple

import cv2
import numpy as np

CLASSES = ('dax', 'fep', 'toma', 'wug')
HEADLESS = 0.2  # share of creatures drawn without a head
_BODY_HUES = (0.08, 0.33, 0.58, 0.83)  # means, in turns of the colour circle
_HUE_SPREAD = 0.09
_HEAD_COLOURS = (
    ((0.86, 0.10, 0.12), (0.96, 0.93, 0.90)),  # dax: red and white rings
    ((0.98, 0.82, 0.08), (0.10, 0.08, 0.08)),  # fep: yellow and black stripes
    ((0.15, 0.85, 0.90), (0.07, 0.10, 0.45)),  # toma: cyan and navy checks
    ((0.90, 0.12, 0.75), (0.55, 0.95, 0.20)),  # wug: magenta and lime wedges
)


class DemoSample(NamedTuple):
    """One picture and what is in it.

    Attributes:
        image: RGB uint8, (size, size, 3).
        mask: uint8, (size, size); 0 background, class id + 1.
        objects: (class id, (xmin, ymin, xmax, ymax)) of each creature, pixels counted from
            1 and inclusive as in VOC.
    """

    image: np.ndarray
    mask: np.ndarray
    objects: list[tuple[int, tuple[int, int, int, int]]]


class _Pose(NamedTuple):
    """Where a creature is: centre and half length in pixels, angle, width."""

    x: float
    y: float
    half_length: float
    angle: float
    width: float  # half width of the body over its half length


def draw_sample(rng: np.random.Generator, size: int) -> DemoSample:
    """Draw one picture of ``size`` pixels each way with one to three creatures.

    Those that share a picture cover each other by a tenth at most.
    """
    image = _draw_ground(rng, size)
    owner = np.full((size, size), -1)
    ids: list[int] = []
    for _ in range(rng.choice((1, 2, 3), p=(0.45, 0.4, 0.15))):
        class_id = int(rng.integers(len(CLASSES)))
        # A creature that finds no room is left out, never the first one.
        for _ in range(20):
            pose = _random_pose(rng, size)
            colour, alpha = _draw_creature(rng, class_id, pose, size)
            visible = alpha > 0.5
            if (owner[visible] >= 0).sum() <= 0.1 * visible.sum():
                image += alpha[..., None] * (colour - image)
                owner[visible] = len(ids)
                ids.append(class_id)
                break
    image = _photograph(rng, image)
    labels = np.array([0] + [class_id + 1 for class_id in ids], np.uint8)
    boxes = [_box(owner == index) for index in range(len(ids))]
    return DemoSample(image, labels[owner + 1], list(zip(ids, boxes, strict=True)))


def _draw_ground(rng: np.random.Generator, size: int) -> np.ndarray:
    """A mottled ground with stones and stalks that belong to no class."""
    layers = [_noise(rng, size, cells) / cells**0.7 for cells in (3, 6, 12, 24, 48)]
    mottle = np.asarray(sum(layers))
    mottle = (mottle - mottle.min()) / np.ptp(mottle)
    low, high = (
        _rgb(rng.random(), rng.uniform(0.05, 0.3), value)
        for value in (rng.uniform(0.25, 0.5), rng.uniform(0.55, 0.9))
    )
    image = low + mottle[..., None] * (high - low)
    for _ in range(rng.integers(2, 6)):
        _draw_stone(rng, image)
    for _ in range(rng.integers(0, 6)):
        _draw_stalk(rng, image)
    return image


def _draw_stone(rng: np.random.Generator, image: np.ndarray) -> None:
    """A blotchy ellipse of any hue, coloured as bodies are."""
    size = len(image)
    half = size * rng.uniform(0.03, 0.11)
    x, y = rng.uniform(0, size, 2)
    pose = _Pose(x, y, half, rng.uniform(0, np.pi), rng.uniform(0.5, 1))
    u, v = _local(pose, size)
    inside = (1 - np.hypot(u, v / pose.width)) * pose.width
    alpha = _alpha(inside, half)[..., None]
    shade = 1 + 0.15 * _noise(rng, size, 24)[..., None]
    colour = _rgb(rng.random(), rng.uniform(0.2, 0.5), rng.uniform(0.35, 0.8))
    image += alpha * (colour * shade - image)


def _draw_stalk(rng: np.random.Generator, image: np.ndarray) -> None:
    """A thin line of any colour from edge to edge or shorter."""
    size = len(image)
    ends = np.round(rng.uniform(-0.2, 1.2, (2, 2)) * size * 16).astype(int)
    colour = _rgb(rng.random(), rng.uniform(0.1, 0.5), rng.uniform(0.2, 0.8))
    start, end = ends.tolist()
    cv2.line(image, start, end, colour.tolist(), int(rng.integers(1, 3)), cv2.LINE_8, 4)


def _random_pose(rng: np.random.Generator, size: int) -> _Pose:
    half = size * rng.uniform(0.15, 0.28)
    x, y = rng.uniform(0.75 * half, size - 0.75 * half, 2)
    return _Pose(x, y, half, rng.uniform(0, 2 * np.pi), rng.uniform(0.45, 0.6))


def _draw_creature(
    rng: np.random.Generator, class_id: int, pose: _Pose, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Colours (size, size, 3) and opacity (size, size) of one creature."""
    u, v = _local(pose, size)
    p, q = (u - 1) / 0.37, v / 0.37
    if class_id == 3:  # the wug is bent like a banana
        v = v - 0.4 * (u**2 - 0.4)
        q = q - 0.4 * 0.6 / 0.37
    alpha = _alpha(_body_inside(class_id, u, v, pose.width), pose.half_length)
    colour = _body_colour(rng, class_id, u, v)
    if rng.random() >= HEADLESS:
        head = _alpha((1 - np.hypot(p, q)) * 0.37, pose.half_length)
        colour += head[..., None] * (_head_colour(rng, class_id, p, q) - colour)
        alpha = np.maximum(alpha, head)
    return colour, alpha


def _body_inside(class_id: int, u: np.ndarray, v: np.ndarray, width: float) -> np.ndarray:
    """About the distance to the outline in half lengths, positive inside."""
    w = v / width
    if class_id == 1:  # the fep is a rounded box
        return (1 - (u**4 + w**4) ** 0.25) * width
    if class_id == 2:  # the toma is a drop, thin at the head
        w = w / np.clip(1 - 0.45 * u, 0.5, 1.5)
    return (1 - np.hypot(u, w)) * width


def _body_colour(
    rng: np.random.Generator, class_id: int, u: np.ndarray, v: np.ndarray
) -> np.ndarray:
    """One scattered hue, shaded by the class's faint texture."""
    turn = 2 * np.pi * rng.uniform(0.85, 1.15)
    phase = rng.uniform(0, 2 * np.pi)
    texture = (
        np.sin(3.2 * turn * v + phase),  # dax: stripes along the body
        np.sin(2.6 * turn * u + phase),  # fep: bands across it
        1.6 * np.sin(2.4 * turn * u + phase) * np.sin(2.4 * turn * v),
        np.zeros_like(u),  # wug: plain
    )[class_id]
    blotches = 0.06 * _noise(rng, len(u), 12)
    shade = 1 + rng.uniform(0.06, 0.11) * texture + blotches
    hue = rng.normal(_BODY_HUES[class_id], _HUE_SPREAD)
    colour = _rgb(hue % 1, rng.uniform(0.25, 0.5), rng.uniform(0.45, 0.75))
    return colour * shade[..., None]


def _head_colour(
    rng: np.random.Generator, class_id: int, p: np.ndarray, q: np.ndarray
) -> np.ndarray:
    """Two loud colours in the class's pattern; p, q are 1 at the rim."""
    phase = rng.uniform(-0.5, 0.5)
    wave = (
        np.cos(2 * np.pi * 1.3 * np.hypot(p, q) + phase),
        np.sin(2 * np.pi * 1.1 * p + phase),
        np.sin(4.2 * p + phase) * np.sin(4.2 * q + phase) * 1.5,
        np.sin(3 * np.arctan2(q, p) + phase),
    )[class_id]
    mix = np.clip(0.5 + 1.5 * wave, 0, 1)[..., None]
    first, second = np.array(_HEAD_COLOURS[class_id])
    return (second + mix * (first - second)) * rng.uniform(0.85, 1.05)


def _photograph(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Light from one side, a cast of colour, blur and grain; to uint8."""
    size = len(image)
    slope = rng.uniform(-0.25, 0.25, 2)
    y, x = np.mgrid[:size, :size] / size - 0.5
    light = rng.uniform(0.85, 1.1) + slope[0] * x + slope[1] * y
    image = image * light[..., None] * rng.uniform(0.93, 1.07, 3)
    image = cv2.GaussianBlur(image, (3, 3), rng.uniform(0.3, 0.6))
    image = image + rng.normal(0, 0.015, image.shape)
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)


def _local(pose: _Pose, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Every pixel's place in the creature's frame, 1 = half a body length."""
    y, x = np.mgrid[:size, :size]
    x, y = (x - pose.x) / pose.half_length, (y - pose.y) / pose.half_length
    cos, sin = np.cos(pose.angle), np.sin(pose.angle)
    return cos * x + sin * y, cos * y - sin * x


def _alpha(inside: np.ndarray, half_length: float) -> np.ndarray:
    """Opacity with an edge of one pixel."""
    return np.clip(inside * half_length + 0.5, 0, 1)


def _noise(rng: np.random.Generator, size: int, cells: int) -> np.ndarray:
    """Smooth noise of about unit spread, (size, size)."""
    grid = rng.normal(size=(cells, cells))
    return cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)


def _rgb(hue: float, saturation: float, value: float) -> np.ndarray:
    return np.array(colorsys.hsv_to_rgb(hue, saturation, value))


def _box(visible: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(visible.any(1)), np.flatnonzero(visible.any(0))
    return (int(columns[0]) + 1, int(rows[0]) + 1, int(columns[-1]) + 1, int(rows[-1]) + 1)
