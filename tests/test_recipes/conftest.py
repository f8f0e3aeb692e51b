"""The data sets in their official layouts, tiny, and recipes made small.

Everything lies in one folder as on a user's machine, so that the paths of the
configs hold: data/VOCdevkit/VOC2012, data/coco, work_dirs/..
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.runner import Runner
from networks import without_weights
from PIL import Image
from tool_modules import load_tool

from ppl_mm.formats.mask_file import write_label
from ppl_mm.formats.voc_layout import VOC_CLASSES

ROOT = Path(__file__).parents[2]
COCO_NAMES = tuple(f'thing {number}' for number in range(80))
SIZE = (72, 64)  # width, height
CROP = 64


def draw(rng, label):
    """An image with a bright rectangle, its mask, and the box in pixels."""
    width, height = SIZE
    image = rng.integers(0, 120, (height, width, 3), np.uint8)
    left, top = rng.integers(8, 24, 2)
    mask = np.zeros((height, width), np.uint8)
    mask[top : top + 30, left : left + 34] = label
    image[mask > 0] += np.uint8(40 + label)
    return image, mask, [int(left), int(top), 34, 30]


def write_image(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


def write_lines(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('\n'.join(lines) + '\n')


def write_devkit(root, sbd, rng, convert=True):
    """VOCdevkit/VOC2012: 2 images of train, 2 of SBD, 2 of val, 2 of test."""
    splits = dict(
        train=['2007_000032', '2007_000039'],
        sbd=['2008_000002', '2008_000003'],
        val=['2007_000033', '2007_000042'],
        test=['2008_000006', '2008_000011'],
    )
    for split, images in splits.items():
        for image_id in images:
            label = int(rng.integers(1, 21))
            image, mask, _ = draw(rng, label)
            write_image(root / f'JPEGImages/{image_id}.jpg', image)
            if split == 'test':
                continue
            write_lines(
                root / f'Annotations/{image_id}.xml',
                [
                    '<annotation><object>',
                    f'<name>{VOC_CLASSES[label - 1]}</name>',
                    '<difficult>0</difficult>',
                    '</object></annotation>',
                ],
            )
            folder = sbd if split == 'sbd' else root / 'SegmentationClass'
            write_label(folder / f'{image_id}.png', mask)
        if split != 'sbd':
            write_lines(root / f'ImageSets/Segmentation/{split}.txt', images)
    if convert:
        load_tool('dataset_converters/voc12_sbd').main(
            [str(root), str(sbd), '--subset', '--workers', '0']
        )


def write_coco(root, rng):
    """COCO 2014: 4 images of train, 2 of val, one of each without objects."""
    for split, count in (('train', 4), ('val', 2)):
        images, annotations = [], []
        for number in range(1, count + 2):
            name = f'COCO_{split}2014_{number:012}'
            label = int(rng.integers(1, 81))
            image, mask, (left, top, width, height) = draw(rng, label)
            write_image(root / f'{split}2014/{name}.jpg', image)
            images.append(dict(id=number, file_name=f'{name}.jpg', width=SIZE[0], height=SIZE[1]))
            if number > count:
                continue
            write_label(root / f'SegmentationClass/{split}2014/{name}.png', mask)
            right, bottom = left + width, top + height
            annotations.append(
                dict(
                    id=number,
                    image_id=number,
                    category_id=label,
                    iscrowd=0,
                    area=width * height,
                    segmentation=[[left, top, right, top, right, bottom, left, bottom]],
                )
            )
        path = root / f'annotations/instances_{split}2014.json'
        write_lines(
            path,
            [
                json.dumps(
                    dict(
                        images=images,
                        annotations=annotations,
                        categories=[
                            dict(id=index, name=name) for index, name in enumerate(COCO_NAMES, 1)
                        ],
                    )
                )
            ],
        )
    # Masks need pycocotools; those above are what it would draw.
    load_tool('dataset_converters/coco2014').main([str(root), '--no-masks'])


def write_export(folder, data_root, split, masks, classes):
    """Pseudo-labels as an export would leave them."""
    listed = (data_root / f'ImageSets/Segmentation/{split}.txt').read_text()
    for image_id in listed.split():
        mask = np.array(Image.open(data_root / masks / f'{image_id}.png'))
        write_label(folder / f'labels/{image_id}.png', mask)
    write_lines(folder / 'export.json', [json.dumps(dict(classes=list(classes), threshold=0.2))])


@pytest.fixture(scope='session')
def machine(tmp_path_factory):
    """A folder with both data sets, and labels to train on: do not write."""
    root = tmp_path_factory.mktemp('machine')
    rng = np.random.default_rng(0)
    voc, coco = root / 'data/VOCdevkit/VOC2012', root / 'data/coco'
    write_devkit(voc, root / 'data/sbd', rng)
    write_coco(coco, rng)
    for name in ('export_cam', 'confident'):
        write_export(
            root / 'work_dirs' / name, voc, 'train_aug', 'SegmentationClassAug', VOC_CLASSES
        )
        write_export(
            root / 'work_dirs/coco14' / name, coco, 'train', 'SegmentationClass', COCO_NAMES
        )
    return root


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone as docs/voc2012.md begins with, its configs made small."""
    shutil.copytree(ROOT / 'configs', tmp_path / 'configs')
    for path in (
        'ppl/cls_progressive.py',
        'seg/deeplabv1_r38.py',
        'affinity/affinity_resnet38d_4xb2-8e_voc12aug-448x448.py',
    ):
        shrunk(ROOT / 'configs' / path).dump(tmp_path / 'configs' / path)
    # The converter takes SBD as PNGs, too.
    write_devkit(
        tmp_path / 'data/VOCdevkit/VOC2012',
        tmp_path / 'data/benchmark_RELEASE/dataset',
        np.random.default_rng(0),
        convert=False,
    )
    (tmp_path / 'work_dirs').mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def on_machine(machine, monkeypatch):
    """The working directory is that folder."""
    monkeypatch.chdir(machine)
    return machine


def narrow(model):
    """An eighth of the channels, and of what the heads count on."""
    if model.backbone.type == 'ppl_mm.ResNet38d':
        model.backbone.width = 0.125
    else:
        model.backbone.update(stem_channels=8, base_channels=8)
    for name in ('decode_head', 'auxiliary_head'):
        head = model.get(name, {})
        for key in ('in_channels', 'channels', 'c1_in_channels'):
            if key in head:
                head[key] //= 8


def shorten(cfg):
    """Two epochs of two iterations, or three of three stages, or two."""
    cfg.default_hooks.logger.interval = 1
    cfg.default_hooks.checkpoint.update(interval=1, max_keep_ckpts=-1)
    if 'max_iters' in cfg.train_cfg:
        cfg.train_cfg.update(max_iters=2, val_interval=2)
        return
    cfg.train_cfg.max_epochs = 2
    for hook in cfg.get('custom_hooks', []):
        for stage in hook.stages:
            stage.epochs = 1
        cfg.train_cfg.max_epochs = len(hook.stages)


def small_images(pipeline):
    for step in pipeline:
        if 'crop_size' in step:
            step.crop_size = (CROP, CROP)
        if 'min_size' in step:
            step.update(min_size=CROP, max_size=96)
        if 'scale' in step:
            step.scale = SIZE


def shrunk(path):
    """A recipe as it is, but for its size, its length and its weights."""
    cfg = Config.fromfile(path)
    without_weights(cfg.model)
    narrow(cfg.model)
    shorten(cfg)
    # Random weights in place of trained ones: such rates would be too much.
    cfg.optim_wrapper.optimizer.lr *= 1e-3
    if 'size' in cfg.model.data_preprocessor:
        cfg.model.data_preprocessor.size = (CROP, CROP)
    for split in ('train', 'val', 'test'):
        loader = cfg.get(f'{split}_dataloader')
        if loader:
            loader.update(
                num_workers=0, persistent_workers=False, batch_size=2 if split == 'train' else 1
            )
            if loader.sampler.type == 'InfiniteSampler':
                # What it draws depends on the worker, not on the time.
                loader.update(num_workers=1, persistent_workers=True)
            loader.dataset.serialize_data = False  # it collects garbage
            small_images(loader.dataset.pipeline)
    return cfg


@pytest.fixture
def shrink(tmp_path):
    """Writes a recipe made small to a file; called with the recipe's path."""

    def write(path):
        small = tmp_path / path.name
        shrunk(path).dump(small)
        return small

    return write


@pytest.fixture(name='load')
def load_fixture():
    """Loads a script of tools/ as a module."""
    return load_tool


@pytest.fixture
def command(monkeypatch):
    """Runs a command of tools/ in this process; returns a test's scores."""
    # What a Runner does for people, and a wait of seconds for its workers.
    monkeypatch.setattr('mmengine.runner.runner.collect_env', dict)
    monkeypatch.setattr('torch.utils.data._utils.MP_STATUS_CHECK_INTERVAL', 0.2)

    def call(name, *arguments):
        scores = {}
        test = Runner.test
        with monkeypatch.context() as patch:
            patch.setattr(sys, 'argv', [name, *map(str, arguments)])
            patch.setattr(Runner, 'test', lambda self: scores.update(test(self)))
            assert not load_tool(name).main()
        return scores

    return call
