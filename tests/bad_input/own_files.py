"""Files that only one command reads, and that are wrong."""

import numpy as np
from bad_input import faults
from bad_input.scenes import WIDTH
from bad_input.wrong_files import broken, coco, packed, params, text, values
from scipy.io import savemat

_MAT = dict(GTcls=dict(Segmentation=np.zeros((2, 2), np.float32)))
_PACKED = 'results/VOC2012/Segmentation/comp6_test_cls/2007_000001.png'
#: (command, what is wrong): how, more arguments, the line.
OWN_FILES = {
    ('voc12_sbd', 'a truncated .mat'): (
        broken('mat', faults.truncated),
        '',
        'not a class mask of SBD',
    ),
    ('voc12_sbd', 'an empty .mat'): (broken('mat', faults.empty), '', 'not a class mask of SBD'),
    ('voc12_sbd', 'a text .mat'): (broken('mat', text('x' * 200)), '', 'not a class mask of SBD'),
    ('voc12_sbd', 'a .mat of floats'): (
        broken('mat', lambda path: savemat(path, _MAT)),
        '',
        'is float32 of 2 dimensions',
    ),
    ('voc12_sbd', 'another .mat'): (
        broken('mat', lambda path: savemat(path, dict(a=1))),
        '',
        'not a class mask of SBD',
    ),
    ('voc12_sbd', 'a pipe as .mat'): (broken('mat', faults.pipe), '', 'is not a regular file'),
    ('cls_labels', 'no trust'): (None, 'cls_labels.npy --out out.csv', 'only if you trust'),
    ('cls_labels', 'a missing file'): (broken('npy', faults.missing), '', 'is missing'),
    ('cls_labels', 'an empty file'): (broken('npy', faults.empty), '', 'not a pickled dictionary'),
    ('cls_labels', 'a cut file'): (broken('npy', faults.truncated), '', 'not a pickled dictionary'),
    ('cls_labels', 'a pipe'): (broken('npy', faults.pipe), '', 'is not a regular file'),
    ('cls_labels', 'an array'): (
        broken('npy', lambda path: np.save(path, np.eye(3))),
        '',
        'it is an array (3, 3)',
    ),
    ('cls_labels', 'a list'): (
        broken('npy', lambda path: np.save(path, np.array(None, object))),
        '',
        'holds a NoneType',
    ),
    ('cls_labels', 'a short vector'): (
        broken('npy', lambda path: np.save(path, dict(a=np.ones(3)))),
        '',
        'of shape (3,)',
    ),
    ('cls_labels', 'a value of 2'): (
        broken('npy', lambda path: np.save(path, dict(a=np.full(20, 2)))),
        '',
        'neither 0 nor 1',
    ),
    ('cls_labels', 'a path outside'): (
        broken('npy', lambda path: np.save(path, {'../a': np.ones(20)})),
        '',
        'is not below',
    ),
    ('cls_labels', 'an image twice'): (
        broken('npy', lambda path: np.save(path, {2007: np.ones(20), '0000_002007': np.ones(20)})),
        '',
        "has image '0000_002007' twice",
    ),
    ('cls_labels', 'an image of bytes'): (
        broken('npy', lambda path: np.save(path, {b'a': np.ones(20)})),
        '',
        'does not name an image',
    ),
    ('cls_labels', 'classes twice'): ('', '--classes cat cat', "names class 'cat' twice"),
    ('cls_labels', 'a class list that is missing'): ('', '--classes no.txt', 'no.txt'),
    ('coco2014', 'a missing file'): (broken('instances', faults.missing), '', 'is missing'),
    ('coco2014', 'an empty file'): (
        broken('instances', faults.empty),
        '',
        'cannot be read as COCO instances',
    ),
    ('coco2014', 'a cut file'): (
        broken('instances', faults.truncated),
        '',
        'cannot be read as COCO instances',
    ),
    ('coco2014', 'a list'): (
        broken('instances', text('[]')),
        '',
        'cannot be read as COCO instances',
    ),
    ('coco2014', 'a deep file'): (
        broken('instances', text('[' * 100_000)),
        '',
        'cannot be read as COCO instances',
    ),
    ('coco2014', 'a pipe'): (broken('instances', faults.pipe), '', 'is not a regular file'),
    ('coco2014', 'no annotations'): (
        broken('instances', text('{"categories": []}')),
        '',
        'cannot be read as COCO instances',
    ),
    ('coco2014', 'an image outside'): (
        broken('instances', values(images=[dict(id=1, file_name='../a.jpg', height=1, width=1)])),
        '',
        'is not below the image folder',
    ),
    ('coco2014', 'an image without a size'): (
        broken('instances', values(images=[dict(id=1, file_name='a.jpg')])),
        '',
        'an entry has no',
    ),
    ('coco2014', 'a huge image'): (
        broken('instances', coco(images=dict(height=10**9))),
        '',
        'a size of (1000000000, 24)',
    ),
    ('coco2014', 'run lengths below 0'): (
        broken('instances', coco(annotations=dict(segmentation=dict(counts=[-1], size=[20, 24])))),
        '',
        'cannot be read as COCO instances',
    ),
    ('coco2014', 'a point at infinity'): (
        broken('instances', coco(annotations=dict(segmentation=[[float('inf')] * 6]))),
        '',
        'a point at infinity',
    ),
    ('coco2014', 'an area of NaN'): (
        broken('instances', coco(annotations=dict(area=float('nan')))),
        '',
        'area=nan must be a number, 0 or more',
    ),
    ('coco2014', 'an area below 0'): (
        broken('instances', coco(annotations=dict(area=-1))),
        '',
        'area=-1 must be a number, 0 or more',
    ),
    ('coco2014', 'a crowd of letters'): (
        broken('instances', coco(annotations=dict(iscrowd='no'))),
        '',
        "iscrowd='no' must be 0 or 1",
    ),
    ('coco2014', 'a list as image'): (
        broken('instances', values(images=[1])),
        '',
        'cannot be read as COCO instances',
    ),
    ('coco2014', 'another category'): (
        broken('instances', values(categories=[dict(id=3, name='dog')])),
        '',
        'instances_val2014',
    ),
    ('coco2014', 'an image that is missing'): (
        lambda name, folder: (folder / 'coco/val2014/COCO_val2014_1.jpg').unlink(),
        '',
        '1 of 1 images are missing, first val2014/COCO_val2014_1',
    ),
    ('coco2014', 'a polygon of two numbers'): (
        broken(
            'instances',
            values(
                annotations=[
                    dict(image_id=1, category_id=17, segmentation=[[1, 2]], area=1, iscrowd=0)
                ]
            ),
        ),
        '',
        'cannot be drawn',
    ),
    ('voc_submission check', 'a missing archive'): (
        broken('archive', faults.missing),
        '',
        'is missing',
    ),
    ('voc_submission check', 'an empty archive'): (
        broken('archive', faults.empty),
        '',
        'not a complete .tar.gz',
    ),
    ('voc_submission check', 'a cut archive'): (
        broken('archive', faults.truncated),
        '',
        'not a complete .tar.gz',
    ),
    ('voc_submission check', 'files elsewhere'): (
        broken('archive', packed('a.png')),
        '',
        'lie elsewhere',
    ),
    ('voc_submission check', 'a file twice'): (
        broken('archive', packed(_PACKED, _PACKED)),
        '',
        'are there twice',
    ),
    ('voc_submission check', 'text as a PNG'): (
        broken('archive', packed(_PACKED, content=b'hello')),
        '',
        'are not readable PNGs',
    ),
    ('voc_submission check', 'a pipe'): (broken('archive', faults.pipe), '', 'is missing'),
    ('voc_submission', 'another ending'): ('', '--out new.zip', 'must end in .tgz or .tar.gz'),
    ('make_demo_data', 'a negative seed'): ('', '--seed -1', '--seed is -1; it must be at least 0'),
    ('make_demo_data', 'a seed of letters'): ('', '--seed x', "invalid int value: 'x'"),
    ('make_demo_data', 'no training image'): ('', '--train 0', '--train is 0'),
    ('make_demo_data', 'no image of val'): ('', '--val 0', '--val is 0'),
    ('make_demo_data', 'small images'): ('', '--size 8', '--size is 8; it must be at least 32'),
    ('make_demo_data', 'an unknown option'): ('', '--sizes 8', 'unrecognized arguments: --sizes'),
    ('make_demo_data', 'a file as folder'): ('', '--out labels.csv', 'labels.csv'),
    ('make_demo_data', 'a folder below a file'): ('', '--out labels.csv/demo', 'labels.csv'),
    ('make_demo_data', "a folder of someone's"): ('', '--out photos', 'photos'),
    ('make_demo_data', 'a preview in a file'): ('', '--preview labels.csv/a.png', 'labels.csv'),
    ('make_demo_data', 'a broken record'): (
        lambda name, folder: (
            (folder / 'demo').mkdir() or (folder / 'demo/demo.json').write_text('{')
        ),
        '',
        'demo.json',
    ),
    ('recipe_table', 'a folder as page'): (None, '--out photos', 'photos'),
    ('recipe_table', 'a page below a file'): (None, '--out labels.csv/a.md', 'labels.csv'),
    ('recipe_table', 'no page'): (None, '--out', 'expected one argument'),
    ('recipe_table', 'an unknown option'): (None, '--page a.md', 'unrecognized arguments'),
    ('recipe_table', 'an argument'): (None, 'a.md', 'unrecognized arguments'),
    ('resnet38d_from_torch', 'another network'): (
        lambda name, folder: (folder / 'psa.pth').write_bytes((folder / 'cls.pth').read_bytes()),
        '',
        'psa.pth',
    ),
    ('resnet38d_from_torch', 'another width'): ('', '--width 0.125', 'psa.pth'),
    ('resnet38d_from_torch', 'a width of 0'): ('', '--width 0', 'width'),
    ('resnet38d_from_torch', 'a file as folder'): (
        None,
        f'psa.pth labels.csv/a.pth --width {WIDTH}',
        'labels.csv',
    ),
    ('resnet38d_from_mxnet', 'a missing file'): (None, 'no.params out.pth', 'no such file'),
    ('resnet38d_from_mxnet', 'a folder'): (None, 'photos out.pth', 'no such file'),
    ('resnet38d_from_mxnet', 'text'): (None, 'labels.csv out.pth', 'not a .params file of MXNet'),
    ('resnet38d_from_mxnet', 'a checkpoint of torch'): (
        None,
        'psa.pth out.pth',
        'not a .params file of MXNet',
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
    ('recipe_table', 'a page below a device'): (None, '--out /dev/null/a.md', '/dev/null'),
    ('recipe_table', 'a page in /proc'): (None, '--out /proc/no/a.md', '/proc/no'),
    ('recipe_table', 'the root folder'): (None, '--out /', 'Is a directory'),
    ('recipe_table', 'a short option'): (None, '-o a.md', 'unrecognized arguments'),
    ('recipe_table', 'a long name'): (None, f'--out {"a" * 300}.md', 'File name too long'),
}
