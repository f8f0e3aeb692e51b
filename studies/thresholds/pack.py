"""Packs CAM files into the raw material of the study."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ppl_mm.cams import upsample_cam
from ppl_mm.formats.cam_file import CamFile, read_cam
from ppl_mm.formats.ground_truth import GroundTruth
from ppl_mm.formats.image_labels.label_file import find_label_file, read_labels
from ppl_mm.formats.image_list import image_id
from ppl_mm.formats.voc_layout import VOCLayout
from ppl_mm.refine.pamr import PAMR
from ppl_mm.refine.scores import Scores
from ppl_mm.utils.progress import track
from studies.engine.data_set import cam_dir, read_picture

from .map_set import MapImage, MapSet

_REFINED_SIDE = 192


def pack_maps(
    name: str, root: str | os.PathLike, data_root: str, split: str, limit: int | None = None
) -> MapSet:
    """Return maps with their masks.

    Args:
        name: The name of the set.
        root: An export, or a folder of CAM files. Maps of absent classes are kept of negatives
            alone, and there only if they are of all classes.
        data_root: The data set.
        split: The images.
        limit: The first so many of them. Defaults to None: all.
    """
    layout, folder = VOCLayout(data_root), cam_dir(root)
    classes = layout.read_classes()
    truth, own = GroundTruth(layout.mask_dir), class_ids_of(data_root, classes)
    images = []
    for one in track(layout.read_split(split)[:limit], 'packing'):
        cam_file = read_cam(folder / f'{one}.npz')
        mask = truth.read(one, cam_file.size)
        size = cam_file.cam.shape[:0:-1] if cam_file.cam.size else (64, 64)
        picture = np.asarray(read_picture(layout, one).resize(size))
        images.append(_image(cam_file, own[one], len(classes), mask=mask, picture=picture))
    return MapSet(name, len(classes), images)


def _image(cam_file: CamFile, own: set[int], num_classes: int, **fields: np.ndarray) -> MapImage:
    cam, scale = cam_file.cam.astype(np.float32), cam_file.scale
    if not own and scale is not None and len(cam) == num_classes:
        fields |= dict(absent=cam * scale[:, None, None], score=cam_file.score)
    kept = [k for k, class_id in enumerate(cam_file.class_ids) if class_id in own]
    if scale is not None:
        fields |= dict(scale=scale[kept])
    return MapImage(cam_file.class_ids[kept], cam[kept], **fields)


def class_ids_of(data_root: str, classes: Sequence[str]) -> dict[str, set[int]]:
    """Return the ids of the classes that each image shows by its label, by image id."""
    path = find_label_file(data_root)
    rows = read_labels(path, classes).rows if path else []
    return {image_id(row.image): {classes.index(name) for name in row.names} for row in rows}


def refine(maps: MapSet, images: Sequence[np.ndarray | None], limit: int = 120) -> MapSet:
    """Return the set with PAMR's maps of some images, evenly spaced.

    PAMR averages each channel by the same weights, so a constant background stays what it is,
    and one pass gives the refined label of every threshold.

    Args:
        maps: The set.
        images: RGB of each image, at the size that is refined.
        limit: So many images with a class.
    """
    step, seen = max(1, -(-len(maps.shown) // limit)), 0
    refined, pamr = [], PAMR()
    for one, image in zip(maps.images, images, strict=True):
        if len(one.class_ids):
            if seen % step == 0 and image is not None:
                up = upsample_cam(one.cam, image.shape[:2]).clamp(0, 1).numpy()
                background = np.full((1, *image.shape[:2]), 0.5, np.float32)
                scores = Scores(np.concatenate([background, up]), one.class_ids)
                one = replace(one, refined=pamr(image, scores).foreground)
            seen += 1
        refined.append(one)
    return MapSet(maps.name, maps.num_classes, refined)


def small_images(data_root: str, split: str, limit: int | None = None) -> Iterator[np.ndarray]:
    """Return the images of a split at the side that is refined, in RGB."""
    layout = VOCLayout(data_root)
    for one in layout.read_split(split)[:limit]:
        image = read_picture(layout, one)
        image.thumbnail((_REFINED_SIDE, _REFINED_SIDE))
        yield np.asarray(image)
