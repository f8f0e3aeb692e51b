"""Files that only one command reads, and that are wrong."""

import numpy as np
from bad_input import faults
from bad_input.scenes import WIDTH
from bad_input.wrong_files import (
    arguments,
    coco,
    files,
    options,
    other,
    packed,
    params,
    text,
    values,
)
from scipy.io import savemat

_MAT = dict(GTcls=dict(Segmentation=np.zeros((2, 2), np.float32)))
_TWICE = {2007: np.ones(20), '0000_002007': np.ones(20)}
_PACKED = 'results/VOC2012/Segmentation/comp6_test_cls/2007_000001.png'
_NO_MAT, _NO_COCO = 'not a class mask of SBD', 'cannot be read as COCO instances'
#: (command, what is wrong): how, more arguments, the line.
OWN_FILES = {
    **files(
        'voc12_sbd',
        'mat',
        ('a truncated .mat', faults.truncated, _NO_MAT),
        ('an empty .mat', faults.empty, _NO_MAT),
        ('a text .mat', text('x' * 200), _NO_MAT),
        ('a .mat of floats', lambda path: savemat(path, _MAT), 'is float32 of 2 dimensions'),
        ('another .mat', lambda path: savemat(path, dict(a=1)), _NO_MAT),
        ('a pipe as .mat', faults.pipe, 'is not a regular file'),
    ),
    **arguments('cls_labels', ('no trust', 'cls_labels.npy --out out.csv', 'only if you trust')),
    **files(
        'cls_labels',
        'npy',
        ('a missing file', faults.missing, 'is missing'),
        ('an empty file', faults.empty, 'not a pickled dictionary'),
        ('a cut file', faults.truncated, 'not a pickled dictionary'),
        ('a pipe', faults.pipe, 'is not a regular file'),
        ('an array', lambda path: np.save(path, np.eye(3)), 'it is an array (3, 3)'),
        ('a list', lambda path: np.save(path, np.array(None, object)), 'holds a NoneType'),
        ('a short vector', lambda path: np.save(path, dict(a=np.ones(3))), 'of shape (3,)'),
        ('a value of 2', lambda path: np.save(path, dict(a=np.full(20, 2))), 'neither 0 nor 1'),
        ('a path outside', lambda path: np.save(path, {'../a': np.ones(20)}), 'is not below'),
        ('an image twice', lambda path: np.save(path, _TWICE), "has image '0000_002007' twice"),
        ('an image of bytes', lambda path: np.save(path, {b'a': 1}), 'does not name an image'),
    ),
    **options(
        'cls_labels',
        ('classes twice', '--classes cat cat', "names class 'cat' twice"),
        ('a class list that is missing', '--classes no.txt', 'no.txt'),
    ),
    **files(
        'coco2014',
        'instances',
        ('a missing file', faults.missing, 'is missing'),
        ('an empty file', faults.empty, _NO_COCO),
        ('a cut file', faults.truncated, _NO_COCO),
        ('a list', text('[]'), _NO_COCO),
        ('a deep file', text('[' * 100_000), _NO_COCO),
        ('a pipe', faults.pipe, 'is not a regular file'),
        ('no annotations', text('{"categories": []}'), _NO_COCO),
        (
            'an image outside',
            values(images=[dict(id=1, file_name='../a.jpg', height=1, width=1)]),
            'is not below',
        ),
        (
            'an image without a size',
            values(images=[dict(id=1, file_name='a.jpg')]),
            'an entry has no',
        ),
        ('a huge image', coco(images=dict(height=10**9)), 'a size of (1000000000, 24)'),
        (
            'run lengths below 0',
            coco(annotations=dict(segmentation=dict(counts=[-1], size=[20, 24]))),
            _NO_COCO,
        ),
        (
            'a point at infinity',
            coco(annotations=dict(segmentation=[[float('inf')] * 6])),
            'a point at infinity',
        ),
        ('an area of NaN', coco(annotations=dict(area=float('nan'))), 'area=nan must be'),
        ('an area below 0', coco(annotations=dict(area=-1)), 'area=-1 must be a number, 0 or more'),
        ('a crowd of letters', coco(annotations=dict(iscrowd='no')), "iscrowd='no' must be 0 or 1"),
        ('a list as image', values(images=[1]), _NO_COCO),
        ('another category', values(categories=[dict(id=3, name='dog')]), 'instances_val2014'),
        (
            'a polygon of two numbers',
            coco(annotations=dict(segmentation=[[1, 2]])),
            'cannot be drawn',
        ),
    ),
    **other(
        'coco2014',
        (
            'an image that is missing',
            lambda name, folder: (folder / 'coco/val2014/COCO_val2014_1.jpg').unlink(),
            '',
            '1 of 1 images are missing',
        ),
    ),
    **files(
        'voc_submission check',
        'archive',
        ('a missing archive', faults.missing, 'is missing'),
        ('an empty archive', faults.empty, 'not a complete .tar.gz'),
        ('a cut archive', faults.truncated, 'not a complete .tar.gz'),
        ('files elsewhere', packed('a.png'), 'lie elsewhere'),
        ('a file twice', packed(_PACKED, _PACKED), 'are there twice'),
        ('text as a PNG', packed(_PACKED, content=b'hello'), 'are not readable PNGs'),
        ('a pipe', faults.pipe, 'is missing'),
    ),
    **options('voc_submission', ('another ending', '--out new.zip', 'must end in .tgz or .tar.gz')),
    **options(
        'make_demo_data',
        ('a negative seed', '--seed -1', '--seed is -1; it must be at least 0'),
        ('a seed of letters', '--seed x', "invalid int value: 'x'"),
        ('no training image', '--train 0', '--train is 0'),
        ('no image of val', '--val 0', '--val is 0'),
        ('small images', '--size 8', '--size is 8; it must be at least 32'),
        ('an unknown option', '--sizes 8', 'unrecognized arguments: --sizes'),
        ('a file as folder', '--out labels.csv', 'labels.csv'),
        ('a folder below a file', '--out labels.csv/demo', 'labels.csv'),
        ("a folder of someone's", '--out photos', 'photos'),
        ('a preview in a file', '--preview labels.csv/a.png', 'labels.csv'),
    ),
    **other(
        'make_demo_data',
        (
            'a broken record',
            lambda name, folder: (
                (folder / 'demo').mkdir() or (folder / 'demo/demo.json').write_text('{')
            ),
            '',
            'demo.json',
        ),
    ),
    **arguments(
        'recipe_table',
        ('a folder as page', '--out photos', 'photos'),
        ('a page below a file', '--out labels.csv/a.md', 'labels.csv'),
        ('no page', '--out', 'expected one argument'),
        ('an unknown option', '--page a.md', 'unrecognized arguments'),
        ('an argument', 'a.md', 'unrecognized arguments'),
        ('a page below a device', '--out /dev/null/a.md', '/dev/null'),
        ('a page in /proc', '--out /proc/no/a.md', '/proc/no'),
        ('the root folder', '--out /', 'Is a directory'),
        ('a short option', '-o a.md', 'unrecognized arguments'),
        ('a long name', f'--out {"a" * 300}.md', 'File name too long'),
    ),
    **other(
        'resnet38d_from_torch',
        (
            'another network',
            lambda name, folder: (folder / 'psa.pth').write_bytes(
                (folder / 'cls.pth').read_bytes()
            ),
            '',
            'psa.pth',
        ),
    ),
    **options(
        'resnet38d_from_torch',
        ('another width', '--width 0.125', 'psa.pth'),
        ('a width of 0', '--width 0', 'width'),
    ),
    **arguments(
        'resnet38d_from_torch',
        ('a file as folder', f'psa.pth labels.csv/a.pth --width {WIDTH}', 'labels.csv'),
    ),
    **arguments(
        'resnet38d_from_mxnet',
        ('a missing file', 'no.params out.pth', 'no such file'),
        ('a folder', 'photos out.pth', 'no such file'),
        ('text', 'labels.csv out.pth', 'not a .params file of MXNet'),
        ('a checkpoint of torch', 'psa.pth out.pth', 'not a .params file of MXNet'),
    ),
    **{
        ('resnet38d_from_mxnet', fault): (
            lambda name, folder, content=content: (folder / 'a.params').write_bytes(content),
            '',
            said,
        )
        for fault, content, said in (
            ('no content', b'', 'not a .params file of MXNet'),
            ('no arrays', params(3), 'is truncated or damaged'),
            ('a sparse array', params(1, '<Ii', 0xF993FAC9, 1), 'holds a sparse array'),
            ('many sides', params(1, '<I', 10**6), 'is damaged, or newer than this reader'),
            ('a negative side', params(1, '<Iiiq', 0xF993FAC9, 0, 1, -4), 'has the shape (-4,)'),
            (
                'an unknown type',
                params(1, '<Iiiqqi', 0xF993FAC9, 0, 1, 1, 0, 99),
                'an array of type 99',
            ),
            ('bytes at the end', params(0, '<QI', 0, 7), 'bytes follow its last name'),
        )
    },
}
