"""Files and options of each command that are wrong, a row each.

A row says what is wrong, how it is brought about, and what the one line says.
"""

import io
import json
import struct
import tarfile
import zipfile

import numpy as np
import pytest
import torch
from bad_input import faults
from bad_input.scenes import SCENES, WIDTH
from scipy.io import savemat


def text(content):
    return faults.replaced_by(content)


def saved(*args, **kwargs):
    """A checkpoint of other content."""
    return lambda path: torch.save(*args, path, **kwargs)


def changed_weights(change):
    def break_it(path):
        state = torch.load(path, weights_only=True)
        change(state.get('state_dict', state))
        torch.save(state, path)

    return break_it


def first_weight(make):
    """The first weight is replaced by what ``make`` makes of it."""

    def change(state):
        name = next(key for key, value in state.items() if value.ndim > 1)
        state[name] = make(state[name])

    return changed_weights(change)


def flipped_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def arrays(**changes):
    """A CAM file with other arrays; None takes one out."""

    def break_it(path):
        with np.load(path) as found:
            kept = {**found, **changes}
        np.savez(path, **{name: value for name, value in kept.items() if value is not None})

    return break_it


def pickled(path):
    """An array of Python objects, which only a pickle can hold."""
    with np.load(path) as found:
        np.savez(path, **{**found, 'cam': np.array([{}], object)})


def bomb(path):
    """Maps that say they need 4 TiB."""
    with zipfile.ZipFile(path, 'a') as archive, archive.open('scale.npy', 'w') as file:
        header = dict(descr='<f4', fortran_order=False, shape=(1 << 40,))
        np.lib.format.write_array_header_1_0(file, header)


def values(**changes):
    """A JSON object with other values."""

    def break_it(path):
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return break_it


def packed(*names, content=b''):
    """An archive of these files."""

    def break_it(path):
        with tarfile.open(path, 'w:gz') as archive:
            for name in names:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))

    return break_it


#: What can be wrong with a file, by its kind; and what every command says of it.
FAULTS = {
    'list': {
        'missing': (faults.missing, 'is missing'),
        'empty': (faults.empty, 'names no image'),
        'outside': (text('../../etc/passwd\n'), 'is not below the image folder'),
        'twice': (text('a\nb\na\n'), "line 3: image 'a' occurs twice, first at line 1"),
        'control': (text('\x1b[31mred\n'), 'has a control character'),
        'pipe': (faults.pipe, 'is not a regular file'),
    },
    'classes': {
        'no background': (text('dax\nfep\n'), "line 1: is 'dax', expected 'background'"),
        'twice': (text('background\ndax\ndax\n'), "names class 'dax' twice"),
        'empty': (faults.empty, 'is empty'),
        'only background': (text('background\n'), 'expected a list of class names'),
    },
    'checkpoint': {
        'missing': (faults.missing, 'no such file'),
        'empty': (faults.empty, 'is empty'),
        'truncated': (faults.truncated, 'truncated'),
        'flipped byte': (flipped_byte, 'is damaged (checksum of'),
        'text': (text('hello'), 'not a checkpoint'),
        'LFS': (text('version https://git-lfs.github.com'), 'is a Git LFS pointer'),
        'web page': (text('<html>'), 'is a web page'),
        'NaN': (first_weight(lambda w: w * float('nan')), 'holds NaN or infinite values'),
        'complex': (first_weight(lambda w: w.to(torch.complex64)), 'is complex'),
        'sparse': (first_weight(lambda w: w.to_sparse()), 'is sparse or quantized'),
        'another shape': (first_weight(lambda w: w[:1]), 'shape'),
        'no weights': (saved(dict(epoch=3)), 'holds no weights by name'),
        'a list': (saved([1, 2]), 'holds a list, not weights by name'),
        'pipe': (faults.pipe, 'is not a file'),
    },
    'cam': {
        'missing': (faults.missing, 'no such CAM file'),
        'empty': (faults.empty, 'not a readable CAM file'),
        'truncated': (faults.truncated, 'not a readable CAM file'),
        'no size': (arrays(size=None), "it has no 'size'"),
        'complex': (arrays(cam=np.ones((2, 6, 6), complex)), 'cam must be real numbers'),
        'above 1': (arrays(cam=np.full((2, 6, 6), 3.0)), 'says that it is normalized'),
        'NaN': (arrays(cam=np.full((2, 6, 6), np.nan)), 'not finite'),
        'fractions': (arrays(class_ids=np.array([0.5, 1])), 'class_ids must be integers'),
        'too large an id': (arrays(class_ids=np.array([0, 300])), 'are not all in 0..253'),
        'a class twice': (arrays(class_ids=np.array([1, 1])), 'name a class twice'),
        'another count': (arrays(class_ids=np.array([1])), 'need a cam of shape (1, h, w)'),
        'text': (arrays(normalized=np.array('yes')), 'normalized must be true or false'),
        'negative scale': (arrays(scale=np.array([-1.0, 1])), 'scale must be finite and 0 or more'),
        'another size': (arrays(size=np.array([12, 12])), '12 x 12'),
        'unknown class': (arrays(class_ids=np.array([0, 9])), '9'),
        'pickle': (pickled, 'holds Python objects'),
        'bomb': (bomb, 'bytes of memory'),
        'pipe': (faults.pipe, 'is not a regular file'),
    },
    'record': {
        'missing': (faults.missing, 'export.json'),
        'no JSON': (text('{'), 'not a readable record of an export'),
        'a list': (text('[]'), 'not a readable record of an export'),
        'a high threshold': (values(threshold=3), 'threshold is 3, it must be in 0..1'),
        'a wrong type': (values(threshold='high'), 'is of the wrong type'),
        'a class twice': (values(classes=['dax', 'dax']), "names class 'dax' twice"),
    },
}
# Which of them a command does not notice, since another file says it, and what else it says.
ELSE = {
    **{
        (name, 'checkpoint', fault): 'no checkpoint is there; give the path of a checkpoint'
        for name in ('test', 'test seg', 'export_cam', 'predict')
        for fault in ('missing', 'pipe')
    },
    ('train seg', 'record', 'missing'): 'the export was not finished',
    ('check_dataset', 'list', 'missing'): 'there is no list val.txt',
    ('voc_submission', 'list', 'twice'): 'occurs twice',
}
OF_EACH = [
    (name, kind, fault)
    for name, scene in SCENES.items()
    for kind in scene.reads
    for fault in FAULTS.get(kind, ())
]
# Commands that go on with the other files.
GO_ON = ('check_dataset', 'refine')


def check(done, name, said, status=2):
    assert 'Traceback' not in done.output, done.output
    if done.code == status < 2 or (done.code == 1 and name in GO_ON):
        assert said in done.output, done.output
    else:
        assert done.code == status == 2 and len(done.errors) == 1, done.output
        assert said in done.errors[0], done.output


@pytest.mark.parametrize('name, kind, fault', OF_EACH)
def test_a_file_that_is_wrong(play, folder, name, kind, fault):
    break_it, said = FAULTS[kind][fault]
    break_it(folder / SCENES[name].reads[kind])
    status = 0 if (name, kind, fault) == ('check_dataset', 'list', 'missing') else 2
    check(play(name), name, ELSE.get((name, kind, fault), said), status)


def broken(kind, break_it):
    return lambda name, folder: break_it(folder / SCENES[name].reads[kind])


def params(arrays, form='<', *content):
    """A .params file of MXNet: its head says how many arrays follow."""
    return struct.pack('<QQQ', 0x112, 0, arrays) + struct.pack(form, *content)


_MAT = dict(GTcls=dict(Segmentation=np.zeros((2, 2), np.float32)))
_PACKED = 'results/VOC2012/Segmentation/comp6_test_cls/2007_000001.png'
#: What only one command reads: (command, what is wrong): how, more arguments, the line.
OWN = {
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
    ('eval_cam', 'a step of 0'): ('', '--thresholds 0 1 0', 'give 0 <= FIRST <= LAST'),
    ('eval_cam', 'an export that is missing'): (
        None,
        'no data --split labels.csv',
        'no/export.json',
    ),
    ('eval_labels', 'an output below a file'): ('', '--out labels.csv/a.json', 'labels.csv'),
    ('eval_refiners', 'a limit of 0'): ('', '--limit 0', '--limit must be 1 or more'),
    ('eval_refiners', 'no chains'): (broken('config', text('a = 1')), '', 'chains must be a dict'),
    ('refine', 'no refiners'): (broken('config', text('a = 1')), '', 'refiners must be a list'),
    ('refine', 'an unknown refiner'): (
        broken('config', text("refiners = [dict(type='ppl_mm.Crf')]")),
        '',
        'Crf',
    ),
    ('refine', 'an unknown argument'): (
        broken('config', text("refiners = [dict(type='ppl_mm.DenseCRF', prset='psa')]")),
        '',
        'prset',
    ),
    ('refine', 'a threshold of letters'): ('', '--cfg-options refiners.0.threshold=x', 'threshold'),
    ('refine', 'a misspelt option'): ('', '--cfg-options refinrs.0.threshold=0.3', 'refinrs'),
    ('refine', 'an unknown label rule'): (
        '',
        '--cfg-options label.type=ppl_mm.Strongst',
        'Strongst',
    ),
    ('pipeline', 'no methods'): ('', '--cfg-options methods=[]', 'methods is missing'),
    ('pipeline', 'an unknown key'): (
        '',
        '--cfg-options segmentations=a',
        'did you mean segmentation?',
    ),
    ('pipeline', 'a seed below 0'): ('', '--seed -1', 'must be a whole number, 0 or more'),
    ('pipeline', 'a seed of letters'): ('', '--seed x', 'invalid int value'),
    ('pipeline', 'a config that is missing'): (
        '',
        '--cfg-options segmentation=no.py',
        'no such config',
    ),
    ('pipeline', 'data that is missing'): ('', '--cfg-options data_root=no', 'no: no such folder'),
    ('pipeline', 'a split that is missing'): (
        '',
        '--cfg-options splits.val=no',
        'no.txt: is missing',
    ),
    ('pipeline', 'an unknown step'): ('', '--until no', 'no'),
    ('pipeline', 'a broken config'): (
        broken('config', text('a = (')),
        '',
        'cannot be read as a config',
    ),
    ('pipeline', "someone's folder"): ('', '--work-dir photos', 'photos'),
    ('own_data', 'photos that are missing'): ('', '--labels no.csv', 'no.csv'),
    ('own_data', 'a share of 2'): ('', '--val-share 2', '--val-share'),
    ('own_data', 'a meaning of no class'): (
        '',
        '--mask-values 1=unicorn',
        "'unicorn' is neither a class nor",
    ),
    ('own_data', 'a value of 300'): ('', '--mask-values 300=cat', 'expected VALUE=MEANING'),
    ('own_data', 'a class twice'): ('', '--classes cat cat', "names class 'cat' twice"),
    ('own_data', 'a white level of 0'): ('', '--white-level 0', '--white-level'),
    ('own_data', "someone's folder"): ('', '--out data', 'data'),
    ('check_dataset', 'a folder that is missing'): (None, 'no', 'no: the folder is missing'),
    ('voc_subset', 'an unknown class'): (
        '',
        '--classes unicorn',
        "'unicorn' is not a class of VOC",
    ),
    ('voc_subset', 'a side of 3'): ('', '--long-side 3', 'it must be at least 32'),
    ('export_cam', 'a threshold of 3'): (
        None,
        'cls.py cls.pth --out-dir out --threshold 3',
        'it must be in 0..1',
    ),
    ('export_cam', 'a threshold of letters'): (
        None,
        'cls.py cls.pth --out-dir out --threshold x',
        "not a number, 'auto', or a readable",
    ),
    ('export_cam', 'two thresholds'): ('', '--threshold 0.3', 'not both'),
    ('export_cam', 'a split that is missing'): ('', '--split no', 'no.txt: is missing'),
    ('export_cam', "a folder of someone's"): ('', '--out-dir photos', 'photos'),
    ('export_cam', 'a refinement that is missing'): ('', '--refine no.py', 'no.py: no such config'),
    ('export_cam', 'weights of segmentation'): (None, 'cls.py seg.pth --out-dir out', 'seg.pth'),
    ('test', 'weights of segmentation'): (None, 'cls.py seg.pth', 'seg.pth'),
    ('test', 'predictions as text'): ('', '--out a.txt', 'ending in .pkl'),
    ('test', 'a report of a classifier'): ('', '--report a.json', 'no confusion matrix'),
    ('test seg', 'no folder of predictions'): ('', '--predict-only', 'give --out and no --report'),
    ('train', 'a checkpoint that is missing'): ('', '--resume no.pth', 'no.pth'),
    ('train', 'weights that are missing'): ('', '--cfg-options load_from=no.pth', 'no.pth'),
    ('train', 'mixed precision on a CPU'): ('', '--amp', '--amp needs a GPU'),
    ('train', 'a file as work folder'): ('', '--work-dir labels.csv', 'labels.csv'),
}


@pytest.mark.parametrize('name, fault', OWN)
def test_what_only_this_command_reads(play, command, folder, name, fault):
    break_it, more, said = OWN[name, fault]
    if break_it:
        break_it(name, folder)
    done = command(name, *more.split()) if break_it is None else play(name, *more.split())
    if name == 'voc_submission check' and done.code == 1:  # it prints what it finds
        assert 'Traceback' not in done.output and said in done.output, done.output
    else:
        check(done, name, said)
