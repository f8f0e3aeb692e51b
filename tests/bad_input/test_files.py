"""Files and options of each command that are wrong, a row each.

A row says what is wrong, how it is brought about, and what the one line says.
"""

import numpy as np
import pytest
import torch
from bad_input import faults
from bad_input.scenes import SCENES
from bad_input.wrong_files import (
    arrays,
    bomb,
    check,
    first_weight,
    flipped_byte,
    pickled,
    saved,
    text,
    values,
)

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
        'too many': (
            text('\n'.join(['background', *map(str, range(300))])),
            '300 classes, but an 8-bit mask has room for 254',
        ),
        'empty': (faults.empty, 'is empty'),
        'a link to nothing': (faults.dangling, 'classes.txt: '),
        'pipe': (faults.pipe, 'is not a regular file'),
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
        'meta': (first_weight(lambda w: w.to('meta')), 'has a shape and no values'),
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
        'no JSON': (text('{'), 'not a readable record'),
        'a list': (text('[]'), 'not a readable record'),
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


@pytest.mark.parametrize('name, kind, fault', OF_EACH)
def test_a_file_that_is_wrong(play, folder, name, kind, fault):
    break_it, said = FAULTS[kind][fault]
    break_it(folder / SCENES[name].reads[kind])
    status = 0 if (name, kind, fault) == ('check_dataset', 'list', 'missing') else 2
    check(play(name), name, ELSE.get((name, kind, fault), said), status)
