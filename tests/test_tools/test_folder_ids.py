"""Images whose ids have a folder in them, from COCO's files to the scores."""

import json
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.runner import Runner
from PIL import Image
from tool_modules import load_tool

from ppl_mm.datasets import CAMPseudoLabelDataset, VOCLayoutDataset
from ppl_mm.formats.cam_file import read_cam
from ppl_mm.formats.mask_file import read_mask, write_label

NAMES = ('person', 'traffic light', 'dog', 'tie')
PIPELINE = [
    dict(type='LoadImageFromFile'),
    dict(type='mmseg.LoadAnnotations'),
    dict(type='mmseg.PackSegInputs'),
]
REFINE = "refiners = [dict(type='ppl_mm.ConstantBackground', threshold=0.4)]"


def write_coco(root):
    """Three images of train and two of val, a category an image."""
    rng = np.random.default_rng(0)
    for split, count in (('train', 3), ('val', 2)):
        (root / f'{split}2014').mkdir(parents=True)
        images, annotations = [], []
        for k in range(count):
            name = f'COCO_{split}2014_{k:012d}.jpg'
            photo = rng.integers(0, 256, (48, 40, 3), np.uint8)
            Image.fromarray(photo).save(root / f'{split}2014' / name)
            images.append(dict(id=k, file_name=name, height=48, width=40))
            annotations += [
                dict(
                    image_id=k,
                    category_id=2 * label,
                    iscrowd=0,
                    area=100,
                    segmentation=[[8, 8, 18, 8, 18, 18, 8, 18]],
                )
                for label in {1 + k, 2}
            ]
        categories = [dict(id=2 * label, name=name) for label, name in enumerate(NAMES, 1)]
        path = root / f'annotations/instances_{split}2014.json'
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            json.dumps(dict(images=images, annotations=annotations, categories=categories))
        )


@pytest.fixture(scope='module')
def coco(tmp_path_factory):
    root = tmp_path_factory.mktemp('data') / 'coco'
    write_coco(root)
    load_tool('coco2014').main([str(root), '--no-masks'])
    for split in ('train', 'val'):  # without pycocotools
        for stem in stems(root, split):
            mask = np.zeros((48, 40), np.uint8)
            mask[8:18, 8:18] = 2
            write_label(root / f'SegmentationClass/{stem}.png', mask)
    return root


def stems(root, split):
    return (root / f'ImageSets/Segmentation/{split}.txt').read_text().split()


@pytest.fixture(scope='module')
def trained(coco, tiny_config, tmp_path_factory):
    """The path of a checkpoint of the tiny config on that data."""
    cfg = Config.fromfile(tiny_config)
    cfg.merge_from_dict(
        dict(train_dataloader=dict(batch_size=2, dataset=dict(data_root=str(coco))))
    )
    cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None
    cfg.work_dir = str(tmp_path_factory.mktemp('trained'))
    Runner.from_cfg(cfg).train()
    return Path(cfg.work_dir) / 'epoch_1.pth'


@pytest.fixture
def export(tool, coco, tiny_config, trained, tmp_path):
    """Export and pseudo-labels of train; the threshold is of val."""
    done = tool(
        'export_cam',
        tiny_config,
        trained,
        out_dir=tmp_path / 'export',
        split='train',
        threshold_split='val',
        cfg_options=f'test_dataloader.dataset.data_root={coco}',
    )
    assert done.code == 0, done.output
    return tmp_path / 'export'


def test_from_labels_to_pseudo_labels(export, coco, tool):
    for split in ('train', 'val'):
        for stem in stems(coco, split):
            cam_file = read_cam(export / f'cams/{stem}.npz')
            assert cam_file.size == (48, 40)
    for stem in stems(coco, 'train'):
        assert read_mask(export / f'labels/{stem}.png').shape == (48, 40)
    done = tool(
        'analysis_tools/eval_cam',
        export,
        coco / 'SegmentationClass',
        split=coco / 'ImageSets/Segmentation/val.txt',
    )
    assert done.code == 0, done.output
    done = tool(
        'analysis_tools/eval_labels',
        export / 'labels',
        coco / 'SegmentationClass',
        classes=coco / 'classes.txt',
        split=coco / 'ImageSets/Segmentation/train.txt',
    )
    assert done.code == 0, done.output
    assert 'traffic light' in done.output


def test_refined_labels_keep_the_folder(export, coco, tool, tmp_path):
    (tmp_path / 'refine.py').write_text(REFINE)
    done = tool(
        'refine', tmp_path / 'refine.py', export, out_dir=tmp_path / 'refined', split='train'
    )
    assert done.code == 0, done.output
    for stem in stems(coco, 'train'):
        assert (tmp_path / f'refined/labels/{stem}.png').is_file()


@pytest.mark.parametrize('split', ['', 'ImageSets/Segmentation/train.txt'])
def test_pseudo_labels_are_found_again(export, coco, split):
    dataset = CAMPseudoLabelDataset(str(export), str(coco), split, pipeline=PIPELINE)
    assert dataset.metainfo['classes'] == ('background', *NAMES)
    assert len(dataset) == 3
    for k, stem in enumerate(stems(coco, 'train')):
        info, sample = dataset.get_data_info(k), dataset[k]
        assert info['img_path'].endswith(f'JPEGImages/{stem}.jpg')
        label = read_mask(export / f'labels/{stem}.png')
        found = sample['data_samples'].gt_sem_seg.data[0].numpy()
        assert (found == label).all()


def test_true_masks_are_found(coco):
    dataset = VOCLayoutDataset(str(coco), 'ImageSets/Segmentation/val.txt', pipeline=PIPELINE)
    assert [Path(dataset.get_data_info(k)['seg_map_path']).parts[-2:] for k in range(2)] == [
        (*Path(stem).parts[:-1], f'{Path(stem).name}.png') for stem in stems(coco, 'val')
    ]
    assert dataset[0]['data_samples'].gt_sem_seg.data.max() == 2
