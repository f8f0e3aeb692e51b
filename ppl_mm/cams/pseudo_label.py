"""From CAMs to scores at the image's size, and from scores to a label.

Everything that reads a CAM goes through these functions: the exported PNGs,
the threshold sweep and the pictures agree to the last pixel.
"""

import numpy as np
import torch

from ..formats.cam_file import CamFile
from ..formats.export_record import Threshold
from ..formats.mask_file import IGNORE
from .geometry import lay_over

#: Maps of classes with thresholds of their own are brought to a scale in which each is cut here.
LEVEL = 0.5


def common_cut(threshold: Threshold) -> float:
    """Return the one score at which maps are cut, after :func:`level` if each class has its own.

    Examples:
        >>> common_cut(0.3), common_cut([0.3, 0.9])
        (0.3, 0.5)
    """
    return LEVEL if isinstance(threshold, list) else threshold


def level(maps: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Bring maps to a scale in which :data:`LEVEL` is the threshold of each.

    0, the threshold and 1 become 0, :data:`LEVEL` and 1, linearly between them. So classes with
    different thresholds compete with each other, and with one background.

    Args:
        maps: float32 in 0..1, shape ``(n, ..)``.
        thresholds: The threshold of each map, 0..1, shape ``(n,)``.

    Returns:
        float32, same shape.

    Examples:
        >>> level(np.float32([[0, 0.45, 0.9, 0.95, 1]]), np.float32([0.9])).round(2).tolist()
        [[0.0, 0.25, 0.5, 0.75, 1.0]]
    """
    cuts = np.asarray(thresholds, np.float32).reshape(-1, *[1] * (maps.ndim - 1))
    tiny = np.finfo(np.float32).tiny
    below = LEVEL * maps / np.maximum(cuts, tiny)
    above = LEVEL + (1 - LEVEL) * (maps - cuts) / np.maximum(1 - cuts, tiny)
    return np.where(maps > cuts, above, below)


def upsample_cam(cam: np.ndarray | torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Bring maps (n, h, w), of any float type, to the image's size, bilinearly.

    They are float32 on the CPU. The CPU always, so that the machine that exports does not change a
    label.
    """
    return lay_over(torch.as_tensor(cam).to('cpu', torch.float32), size)


def image_maps(cam_file: CamFile, background: bool = True) -> torch.Tensor:
    """Return the maps of an image at its size, float32 (n, H, W).

    Args:
        cam_file: The maps of one image.
        background: False where every pixel belongs to a class: the map of the only class of an
            image is 1 everywhere then. Defaults to True.
    """
    maps = upsample_cam(cam_file.cam, cam_file.size)
    return torch.ones_like(maps) if len(maps) == 1 and not background else maps


def foreground_score(
    cam_file: CamFile, background: bool = True, threshold: Threshold | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the strongest class of each pixel, and how strong it is.

    Of classes that are equally strong, the first one listed wins.

    Args:
        cam_file: The maps of one image, with at least one class.
        background: See :func:`image_maps`.
        threshold: Where maps will be cut; if each class has its own, scores are those of
            :func:`level`. Defaults to None: not known.

    Returns:
        Score, float32 (H, W), and index into ``cam_file.class_ids``, int64 (H, W).
    """
    maps = image_maps(cam_file, background)  # (n, H, W)
    if isinstance(threshold, list) and background:
        cuts = np.asarray(threshold, np.float32)[cam_file.class_ids]
        maps = torch.from_numpy(level(maps.numpy(), cuts))
    if len(maps) == 1:  # most images; a maximum over one map is not free
        return maps[0].numpy(), np.zeros(cam_file.size, np.int64)
    score, index = maps.max(dim=0)
    return score.numpy(), index.numpy()


def label_from_cam(cam_file: CamFile, threshold: Threshold, background: bool = True) -> np.ndarray:
    """Return the pseudo-label of one image.

    As in PSA and IRN: the background competes with a constant score. A background score of ``(1 -
    maximum) ** alpha`` (PSA's other choice) gives the same labels as the threshold t that solves
    ``t = (1 - t) ** alpha``.

    Args:
        cam_file: The maps of one image.
        threshold: Score of the background, compared in float32, or one for each class of the
            classifier. A pixel is foreground where the strongest class is above it.
        background: False where every pixel belongs to a class: nothing is cut, and the threshold
            not used. A pixel for which no map of several speaks is 255 then. Defaults to True.

    Returns:
        uint8, shape ``(H, W)``: 0 for background, else classifier id + 1.
    """
    nothing = 0 if background else IGNORE
    if not len(cam_file.class_ids):
        return np.full(cam_file.size, nothing, np.uint8)
    score, index = foreground_score(cam_file, background, threshold)
    label = (cam_file.class_ids + 1).astype(np.uint8)[index]
    label[~(score > np.float32(common_cut(threshold) if background else 0))] = nothing
    return label
