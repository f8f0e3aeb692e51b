"""Makers of the inputs of the commands that are killed."""

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat

from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.models import ResNet38d
from ppl_mm.utils.files import write_json

_REFINE = "refiners = [dict(type='ppl_mm.ConstantBackground', threshold=0.3)]\n"
_CHAINS = f'chains = dict(one=dict({_REFINE.strip()}))\n'


@dataclass(frozen=True)
class Sources:
    """What the inputs are made of; not to be written into."""

    demo: Path
    config: Path
    checkpoint: Path
    segmentation: Path


def nothing(folder: Path, sources: Sources) -> None:
    """The command needs no input of its own."""


def onnx(folder: Path, sources: Sources) -> None:
    """The command needs a library, and no input of its own."""
    pytest.importorskip('onnx', reason='pip install "ppl_mm[onnx]"')


def demo(folder: Path, sources: Sources) -> None:
    """A data set."""
    shutil.copytree(sources.demo, folder / 'data')


def photos(folder: Path, sources: Sources) -> None:
    """Photos in a folder for each class, with masks."""
    with open(sources.demo / 'image_labels.csv') as file:
        for row in csv.DictReader(file):
            place = Path(row['labels'].split()[0] if row['labels'] else '_negative')
            for kind, source, suffix in (
                ('photos', 'JPEGImages', '.jpg'),
                ('masks', 'SegmentationClass', '.png'),
            ):
                (folder / kind / place).mkdir(parents=True, exist_ok=True)
                name = row['image'] + suffix
                shutil.copy(sources.demo / source / name, folder / kind / place / name)


def export(folder: Path, sources: Sources) -> None:
    """A data set, an export of it, and configs of refinements."""
    demo(folder, sources)
    rng, made = np.random.default_rng(0), ExportFolder(folder / 'export')
    for path in sorted((folder / 'data/JPEGImages').iterdir()):
        ids = rng.choice(4, 2, replace=False)
        write_cam(made.cam_path(path.stem), CamFile(ids, rng.random((2, 6, 6)), (48, 48)))
    classes = (folder / 'data/classes.txt').read_text().split()[1:]
    write_json(made.record_path, dict(data_root='data', threshold=0.4, classes=classes))
    (folder / 'refine.py').write_text(_REFINE)
    (folder / 'chains.py').write_text(_CHAINS)


def labels(folder: Path, sources: Sources) -> None:
    """An export with labels."""
    export(folder, sources)
    masks = folder / 'data/SegmentationClass'
    made = ExportFolder(folder / 'export')
    for path in (folder / 'data/JPEGImages').iterdir():
        target = made.label_path(path.stem)
        target.parent.mkdir(exist_ok=True)
        shutil.copy(masks / f'{path.stem}.png', target)


def refinement(folder: Path, sources: Sources) -> None:
    """The config of a refinement."""
    (folder / 'refine.py').write_text(_REFINE)


def multi_hot(folder: Path, sources: Sources) -> None:
    """The field's cls_labels.npy."""
    np.save(folder / 'cls_labels.npy', {'a': np.float32([1, 0]), 'b': np.float32([0, 1])})


def coco(folder: Path, sources: Sources) -> None:
    """COCO with two images of train, and one of val."""
    pytest.importorskip('pycocotools')
    box = [[1, 1, 5, 1, 5, 6, 1, 6]]
    for split, ids in (('train', (1, 2)), ('val', (3,))):
        names = {k: f'COCO_{split}2014_{k:012d}.jpg' for k in ids}
        (folder / f'coco/{split}2014').mkdir(parents=True)
        for name in names.values():
            Image.new('RGB', (9, 8)).save(folder / f'coco/{split}2014/{name}')
        instances = dict(
            info={},
            categories=[dict(id=3, name='cat')],
            images=[dict(id=k, file_name=names[k], height=8, width=9) for k in ids],
            annotations=[
                dict(image_id=k, category_id=3, segmentation=box, area=20, iscrowd=0) for k in ids
            ],
        )
        write_json(folder / f'coco/annotations/instances_{split}2014.json', instances)


def voc(folder: Path, sources: Sources) -> None:
    """A VOC 2012 of four images, of which SBD labels two, and predictions of them."""
    root, sbd = folder / 'VOC2012', folder / 'sbd'
    mask = np.zeros((8, 9), np.uint8)
    mask[2:] = 8  # cat
    xml = '<annotation><object><name>cat</name><difficult>0</difficult></object></annotation>'
    for name in ('JPEGImages', 'SegmentationClass', 'Annotations', 'ImageSets/Segmentation'):
        (root / name).mkdir(parents=True)
    for name in ('cls', 'predictions'):
        (folder / name if name == 'predictions' else sbd / name).mkdir(parents=True)
    for k in range(4):
        Image.new('RGB', (9, 8), (k, 9, 9)).save(root / f'JPEGImages/{k}.jpg')
        (root / f'Annotations/{k}.xml').write_text(xml)
        Image.fromarray(mask).save(folder / f'predictions/{k}.png')
    for k in (0, 1):
        Image.fromarray(mask).save(root / f'SegmentationClass/{k}.png')
    for k in (2, 3):
        savemat(sbd / f'cls/{k}.mat', {'GTcls': {'Segmentation': mask}})
    for path, ids in (
        (root / 'ImageSets/Segmentation/train.txt', '0'),
        (root / 'ImageSets/Segmentation/val.txt', '1'),
        (sbd / 'train.txt', '2'),
        (sbd / 'val.txt', '3'),
    ):
        path.write_text(f'{ids}\n')


def resnet38d(folder: Path, sources: Sources) -> None:
    """Weights of a narrow ResNet38d, as PSA publishes them."""
    torch.manual_seed(0)
    torch.save(ResNet38d(width=0.125).state_dict(), folder / 'psa.pth')
