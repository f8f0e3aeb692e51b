"""Each command at work on small good files, which the tests then break.

A scene is a copy of one folder that holds what every command reads, see
``good_files.py``, and the arguments with which a command succeeds there.
``test_scenes.py`` shows that it does, so whatever a test sees comes from what
it has broken.
"""

from dataclasses import dataclass, field

WIDTH = 0.0625  # of a ResNet38d
VAL = 'data/ImageSets/Segmentation/val.txt'


@dataclass(frozen=True)
class Scene:
    """How a command is called in the folder, and which files it reads.

    Attributes:
        command: Its name below tools/.
        args: Arguments, paths relative to the folder.
        reads: One file of each kind that it reads, by kind.
        status: With which it ends where all is well.
    """

    command: str
    args: str
    reads: dict[str, str] = field(default_factory=dict)
    status: int = 0


_DATA = dict(
    image='data/JPEGImages/val_00000.jpg',
    mask='data/SegmentationClass/val_00000.png',
    list=VAL,
    classes='data/classes.txt',
    labels='data/image_labels.csv',
)
_DEVKIT = dict(
    image='devkit/JPEGImages/2007_000001.jpg',
    mask='devkit/SegmentationClass/2007_000001.png',
    xml='devkit/Annotations/2007_000001.xml',
)


def _of_data(*kinds: str, **more: str) -> dict[str, str]:
    return {kind: _DATA[kind] for kind in kinds} | more


SCENES = {
    'train': Scene(
        'train',
        'cls.py --work-dir work',
        dict(
            _of_data('labels', 'classes', config='cls.py'),
            image='data/JPEGImages/train_00000.jpg',
            list='data/ImageSets/Segmentation/train.txt',
        ),
    ),
    'train seg': Scene(
        'train',
        'seg.py --work-dir work',
        dict(
            image='data/JPEGImages/train_00000.jpg',
            mask='export/labels/train_00000.png',
            list='data/ImageSets/Segmentation/train.txt',
            record='export/export.json',
            config='seg.py',
        ),
    ),
    'test': Scene(
        'test',
        'cls.py cls.pth --work-dir work',
        _of_data('image', 'labels', 'list', 'classes', checkpoint='cls.pth', config='cls.py'),
    ),
    'test seg': Scene(
        'test',
        'seg.py seg.pth --work-dir work',
        _of_data('image', 'mask', 'list', 'classes', checkpoint='seg.pth', config='seg.py'),
    ),
    'export_cam': Scene(
        'export_cam',
        'cls.py cls.pth --out-dir out --split val --threshold-split val',
        dict(_DATA, checkpoint='cls.pth', config='cls.py'),
    ),
    'predict': Scene(
        'predict',
        'photos seg.pth --config seg.py --out out',
        dict(image='photos/1.jpg', checkpoint='seg.pth', config='seg.py'),
    ),
    'refine': Scene(
        'refine',
        'refine.py export --out-dir refined --split val --workers 0',
        _of_data(
            'image',
            'list',
            cam='export/cams/val_00000.npz',
            record='export/export.json',
            config='refine.py',
        ),
    ),
    'pipeline': Scene(
        'pipeline', 'pipeline.py --work-dir work --dry-run', _of_data('list', config='pipeline.py')
    ),
    'own_data': Scene(
        'own_data',
        'photos --labels labels.csv --masks masks --out mine --workers 1 --val-share 0.3',
        dict(image='photos/1.jpg', mask='masks/1.png', labels='labels.csv'),
    ),
    'check_dataset': Scene('check_dataset', 'data --out report --workers 1 --val val', dict(_DATA)),
    'cls_labels': Scene(
        'cls_labels',
        'cls_labels.npy --out out.csv --trust --compare devkit/Annotations',
        dict(xml=_DEVKIT['xml'], npy='cls_labels.npy'),
    ),
    'coco2014': Scene(
        'coco2014', 'coco --workers 0', dict(instances='coco/annotations/instances_val2014.json')
    ),
    'make_demo_data': Scene('make_demo_data', '--out demo --train 1 --val 1 --size 32'),
    'voc12_sbd': Scene(
        'voc12_sbd',
        'devkit sbd --subset --workers 0',
        dict(
            mask=_DEVKIT['mask'],
            list='devkit/ImageSets/Segmentation/val.txt',
            mat='sbd/cls/2007_000003.mat',
        ),
    ),
    'voc_subset': Scene(
        'voc_subset',
        'devkit --out subset --ids devkit/ImageSets/Segmentation/train.txt '
        'devkit/ImageSets/Segmentation/val.txt --classes cat dog',
        dict(_DEVKIT, list='devkit/ImageSets/Segmentation/val.txt'),
    ),
    'voc_submission': Scene(
        'voc_submission',
        'predictions --out new.tgz --data-root devkit --split val',
        dict(
            image=_DEVKIT['image'],
            mask='predictions/2007_000001.png',
            list='devkit/ImageSets/Segmentation/val.txt',
        ),
    ),
    'voc_submission check': Scene(
        'voc_submission',
        '--check submission.tgz --data-root devkit --split val',
        dict(archive='submission.tgz'),
    ),
    'eval_cam': Scene(
        'eval_cam',
        f'export data/SegmentationClass --split {VAL} --thresholds 0.2 0.8 0.2',
        _of_data('mask', 'list', cam='export/cams/val_00000.npz', record='export/export.json'),
    ),
    'eval_labels': Scene(
        'eval_labels',
        f'export/labels data/SegmentationClass --split {VAL} --classes data/classes.txt',
        _of_data('mask', 'list', 'classes', label='export/labels/val_00000.png'),
    ),
    'eval_refiners': Scene(
        'eval_refiners',
        'export chains.py --split val --workers 0',
        _of_data(
            'image',
            'mask',
            'list',
            cam='export/cams/val_00000.npz',
            record='export/export.json',
            config='chains.py',
        ),
    ),
    'resnet38d_from_mxnet': Scene('resnet38d_from_mxnet', f'a.params out.pth --width {WIDTH}'),
    'resnet38d_from_torch': Scene(
        'resnet38d_from_torch', f'psa.pth out.pth --width {WIDTH}', dict(checkpoint='psa.pth')
    ),
}
