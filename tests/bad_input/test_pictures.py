"""Masks and images that cannot be used, at each command that reads such a file."""

import pytest
from bad_input import faults
from bad_input.scenes import SCENES

# What each command must say of each fault.
MASKS = dict(
    colours='got mode RGB',
    opacity='got mode LA',
    one_bit='got mode 1;',
    two_bits='got mode L;2',
    sixteen_bits='got mode I;16',
    another_size='17',
    unknown_value='the label 200',
    jpeg='a JPEG changes the values of a mask',
    grey_jpeg='a JPEG changes the values of a mask',
    postscript='cannot identify',
    soft_edges='has the label',
    huge='pixels',
    empty='cannot identify',
    truncated='Truncated',
    pipe='is not a regular file',
)
IMAGES = dict(
    missing='00000',
    floats='floating point numbers',
    too_small='3 x 3 pixels; each side must have at least 4',
    too_thin='1000 x 8 pixels; each side must have at least 4',
    huge='more than 178,956,970 pixels',
    signed='a TIFF that has more than a photo',
    postscript='cannot identify image file',
    web_page='cannot identify image file',
    empty='cannot identify image file',
    truncated='runcated',
    pipe='is not a regular file',
)
# A command that says something else, since it looks at something else first.
_NOT_THE_MASK_S = dict(too_small='has 3 x 3', too_thin='has 1000 x 8')
_NOT_THE_CAM_S = dict(too_small='has 3 x 3', too_thin='has 8 x 1000')
_NOT_LISTED = "labels.csv line 2: photo '1.jpg' is missing"
ELSE = {
    ('own_data', 'mask'): dict(
        colours='its mode is RGB; save it as an indexed',
        sixteen_bits='has the value 302',
        unknown_value='has the value 200, but masks are of 2 classes',
        soft_edges='looks like soft edges',
        pipe='is not a regular file',
    ),
    ('own_data', 'image'): dict(missing=_NOT_LISTED, pipe=_NOT_LISTED),
    ('check_dataset', 'mask'): dict(
        another_size='mask 17 x 33, image 48 x 48',
        unknown_value='val_00000: 200',
        soft_edges='1 mask holds values that are not class ids',
    ),
    ('check_dataset', 'image'): dict(
        too_small='val_00000: 3 x 3', too_thin='val_00000: 1000 x 8', pipe='val_00000'
    ),
    ('voc_subset', 'mask'): dict(another_size='but its photo 2007_000001 has'),
    ('voc_submission', 'mask'): dict(pipe='have no prediction'),
    ('voc_submission', 'image'): _NOT_THE_MASK_S,
    ('voc_subset', 'image'): dict.fromkeys(('too_small', 'too_thin'), 'but its photo'),
    ('train seg', 'image'): _NOT_THE_MASK_S,
    ('test seg', 'image'): _NOT_THE_MASK_S,
    ('eval_refiners', 'image'): _NOT_THE_CAM_S,
    ('refine', 'image'): _NOT_THE_CAM_S,
}
# The converter takes masks of any lossless form; sizes are all that is read of these images.
ACCEPTED = {
    *(('own_data', 'mask', fault) for fault in ('opacity', 'one_bit', 'two_bits')),
    ('voc_submission', 'image', 'floats'),
    ('voc_submission', 'image', 'signed'),
    # What a folder does not hold is not asked for.
    ('predict', 'image', 'missing'),
    ('predict', 'image', 'pipe'),
}
# Commands that go on with the others, and what they say of them.
GO_ON = dict(
    check_dataset='12 images in train and val',
    refine='3 refined, 0 were there, 1 failed',
    predict='7 predicted, 0 were there, 1 failed',
)
ROWS = [
    (name, kind, fault)
    for kind, table in (('mask', MASKS), ('image', IMAGES))
    for name, scene in SCENES.items()
    if kind in scene.reads
    for fault in table
]


def stamps(folder):
    """Size and time of each file, by name."""
    return {
        path: (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob('*')
        if path.is_file()
    }


@pytest.mark.parametrize('name, kind, fault', ROWS)
def test_a_picture_that_cannot_be_used(play, folder, name, kind, fault):
    break_it = {'mask': faults.MASKS, 'image': faults.IMAGES}[kind][fault]
    break_it(folder / SCENES[name].reads[kind])
    before = stamps(folder)
    done = play(name)
    assert 'Traceback' not in done.output, done.output
    assert before.items() <= stamps(folder).items()  # what was there has not changed
    if (name, kind, fault) in ACCEPTED:
        assert done.code == 0, done.output
        return
    said = ELSE.get((name, kind), {}).get(fault) or dict(mask=MASKS, image=IMAGES)[kind][fault]
    if name in GO_ON:
        assert done.code == 1 and said in done.output and GO_ON[name] in done.output, done.output
    else:
        assert done.code == 2 and len(done.errors) == 1, done.output
        assert said in done.errors[0], done.output


@pytest.mark.parametrize(
    'kind, fault, used',
    [('mask', fault, 8) for fault in ('colours', 'jpeg', 'empty', 'pipe')]
    + [('image', fault, 7) for fault in ('empty', 'truncated', 'too_small', 'missing', 'pipe')],
)
def test_own_data_with_skip_bad_uses_the_others(play, folder, kind, fault, used):
    {'mask': faults.MASKS, 'image': faults.IMAGES}[kind][fault](
        folder / SCENES['own_data'].reads[kind]
    )
    done = play('own_data', '--skip-bad')
    assert done.code == 0, done.output
    assert f'mine: {used} images with a class' in done.output
    assert len(list((folder / 'mine/JPEGImages').iterdir())) == used
    assert len(list((folder / 'mine/SegmentationClass').iterdir())) == 7
