"""The folder that the scenes are copies of: good files of every kind."""

import io
import json
import shutil
import tarfile
from pathlib import Path

import numpy as np
import torch
from bad_input.scenes import WIDTH
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from PIL import Image
from scipy.io import savemat

from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.mask_file import encode_label, write_label
from ppl_mm.models import ResNet38d

ARCHIVED = 'results/VOC2012/Segmentation/comp6_test_cls'
# VOC's ids.
CAT, DOG = 8, 12
DEVKIT = {'2007_000001': CAT, '2007_000002': DOG}
_OBJECT = '<object><name>{}</name><difficult>0</difficult></object>'

SEGMENTATION = """
_base_ = '{root}/configs/demo/seg_deeplab_demo.py'
data_root = 'data'
crop_size = (48, 48)
model = dict(
    # With fewer, in channels last, oneDNN fails: uxlfoundation/oneDNN#6035.
    data_preprocessor=dict(size=crop_size),
    backbone=dict(stem_channels=16, base_channels=16),
    decode_head=dict(in_channels=64, channels=8, c1_in_channels=16, c1_channels=4))
train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='PackSegInputs')]
train_dataloader = dict(
    batch_size=2, num_workers=0, persistent_workers=False,
    dataset=dict(data_root=data_root, label_dir='export', pipeline=train_pipeline))
train_cfg = dict(max_iters=1, val_interval=1)
param_scheduler = []
val_dataloader = val_cfg = val_evaluator = None
test_dataloader = dict(
    num_workers=0, persistent_workers=False, dataset=dict(data_root=data_root))
log_level = 'WARNING'
"""
REFINEMENT = "refiners = [dict(type='ppl_mm.ConstantBackground', threshold=0.3)]\n"
CHAINS = "chains = dict(weak=dict(refiners=[dict(type='ppl_mm.AlphaBackground', alpha=2)]))\n"
PIPELINE = """
name = 'tiny'
data_root = 'data'
methods = [dict(name='CAM', key='cam', configs='cls.py')]
segmentation = 'seg.py'
splits = dict(train='train', threshold='train', masked='train', val='val')
"""


def write_good_files(root: Path, demo_root: Path, tiny_config: Path, trained: Path) -> None:
    """Write everything.

    Args:
        root: A new folder.
        demo_root: A data set in VOC's layout, which is copied.
        tiny_config: The config of a classifier for it.
        trained: Its weights.
    """
    shutil.copytree(demo_root, root / 'data')
    shutil.copy(trained, root / 'cls.pth')
    (root / 'cls.py').write_text(tiny_config.read_text().replace(str(demo_root), 'data'))
    (root / 'seg.py').write_text(SEGMENTATION.format(root=Path(__file__).parents[2]))
    for name, text in (('refine', REFINEMENT), ('chains', CHAINS), ('pipeline', PIPELINE)):
        (root / f'{name}.py').write_text(text)
    _segmentation_weights(root)
    _export(root)
    _photos(root)
    _devkit(root / 'devkit')
    _sbd(root / 'sbd')
    _predictions(root)
    _coco(root / 'coco')
    np.save(
        root / 'cls_labels.npy',
        {image: np.eye(20, dtype=np.float32)[label - 1] for image, label in DEVKIT.items()},
    )
    torch.save(ResNet38d(width=WIDTH).state_dict(), root / 'psa.pth')


def _segmentation_weights(root: Path) -> None:
    cfg = Config.fromfile(root / 'seg.py')
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(cfg.model)
    torch.save(dict(state_dict=model.state_dict()), root / 'seg.pth')


def _export(root: Path) -> None:
    """Random maps and labels of all images."""
    rng, folder = np.random.default_rng(0), ExportFolder(root / 'export')
    for path in sorted((root / 'data/JPEGImages').iterdir()):
        maps = rng.random((2, 6, 6))
        maps /= maps.max(axis=(1, 2), keepdims=True)
        write_cam(folder.cam_path(path.stem), CamFile([0, 2], maps, (48, 48)))
        write_label(folder.label_path(path.stem), rng.choice(np.uint8([0, 1, 3]), (48, 48)))
    classes = (root / 'data/classes.txt').read_text().split()[1:]
    folder.record_path.write_text(
        json.dumps(
            dict(
                checkpoint_sha256='0' * 64,
                data_root='data',
                classes=classes,
                threshold=0.4,
                threshold_from='default',
            )
        )
    )


def _photos(root: Path) -> None:
    """Eight photos of cats and dogs, their masks, and a list of labels."""
    rng, lines = np.random.default_rng(0), ['image,labels']
    (root / 'photos').mkdir()
    for number in range(1, 9):
        label = 1 + number % 2
        photo, mask = rng.integers(0, 256, (20, 24, 3), np.uint8), np.zeros((20, 24), np.uint8)
        mask[4:12, 4:12] = label
        Image.fromarray(photo).save(root / f'photos/{number}.jpg')
        write_label(root / f'masks/{number}.png', mask)
        lines.append(f'{number}.jpg,{("cat", "dog")[label - 1]}')
    (root / 'labels.csv').write_text('\n'.join(lines))


def _write_list(path: Path, names: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('\n'.join(names))


def _devkit(root: Path) -> None:
    """VOC 2012 with an image to train on and one to validate on."""
    rng = np.random.default_rng(0)
    for folder in ('JPEGImages', 'Annotations'):
        (root / folder).mkdir(parents=True)
    for image, label in DEVKIT.items():
        photo, mask = rng.integers(0, 256, (20, 24, 3), np.uint8), np.zeros((20, 24), np.uint8)
        mask[4:12, 4:12] = label
        Image.fromarray(photo).save(root / f'JPEGImages/{image}.jpg')
        write_label(root / f'SegmentationClass/{image}.png', mask)
        name = {CAT: 'cat', DOG: 'dog'}[label]
        (root / f'Annotations/{image}.xml').write_text(
            f'<annotation>{_OBJECT.format(name)}</annotation>'
        )
    Image.fromarray(photo).save(root / 'JPEGImages/2007_000003.jpg')
    (root / 'Annotations/2007_000003.xml').write_text('<annotation></annotation>')
    _write_list(root / 'ImageSets/Segmentation/val.txt', ['2007_000001'])
    _write_list(root / 'ImageSets/Segmentation/train.txt', ['2007_000002'])


def _sbd(root: Path) -> None:
    """An image that VOC has no mask of."""
    (root / 'cls').mkdir(parents=True)
    mask = np.full((20, 24), CAT, np.uint8)
    savemat(root / 'cls/2007_000003.mat', {'GTcls': {'Segmentation': mask}})
    _write_list(root / 'train.txt', ['2007_000003'])
    _write_list(root / 'val.txt', ['2007_000001'])


def _predictions(root: Path) -> None:
    """The mask of the devkit's val as a prediction, and packed."""
    label = np.full((20, 24), CAT, np.uint8)
    write_label(root / 'predictions/2007_000001.png', label)
    with tarfile.open(root / 'submission.tgz', 'w:gz') as archive:
        member = tarfile.TarInfo(f'{ARCHIVED}/2007_000001.png')
        content = encode_label(label)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))


def _coco(root: Path) -> None:
    """COCO 2014 with an image of a cat in each split."""
    (root / 'annotations').mkdir(parents=True)
    for split in ('train', 'val'):
        (root / f'{split}2014').mkdir()
        Image.new('RGB', (24, 20)).save(root / f'{split}2014/COCO_{split}2014_1.jpg')
        instances = dict(
            categories=[dict(id=17, name='cat')],
            images=[dict(id=1, file_name=f'COCO_{split}2014_1.jpg', height=20, width=24)],
            annotations=[
                dict(
                    image_id=1,
                    category_id=17,
                    segmentation=[[2, 2, 9, 2, 9, 9, 2, 9]],
                    area=49,
                    iscrowd=0,
                )
            ],
        )
        (root / f'annotations/instances_{split}2014.json').write_text(json.dumps(instances))
