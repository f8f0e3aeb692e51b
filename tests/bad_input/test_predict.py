"""predict.py and to_onnx.py with images, networks and folders that cannot be used."""

import shutil

import pytest
from bad_input import faults

TINY = ['--config', 'seg.py', '--out', 'out']
FOUND = ['photos', 'work', '--out', 'out']


@pytest.fixture
def work(folder):
    """A work folder: weights with their config."""
    (folder / 'work').mkdir()
    shutil.copy(folder / 'seg.pth', folder / 'work/iter_1.pth')
    shutil.copy(folder / 'seg.py', folder / 'work/seg.py')
    return folder / 'work'


@pytest.mark.command('predict')
@pytest.mark.parametrize(
    'args, said',
    [
        (['none', 'seg.pth', *TINY], ['none: no such file or folder']),
        (['photos/*.gif', 'seg.pth', *TINY], ['photos/*.gif: matches nothing']),
        (['labels.csv', 'seg.pth', *TINY], ['nothing there is an image', '.jpg']),
        (['photos', 'none', *TINY], ['none: no checkpoint is there']),
        (['photos', 'none.pth', *TINY], ['none.pth: no checkpoint is there']),
        (['photos', 'data', '--out', 'out'], ['data: no checkpoint is there']),
        (['photos', 'photos/1.jpg', *TINY], ['photos/1.jpg: not a checkpoint']),
        (['photos', 'seg.py', '--out', 'out'], ['seg.py: is a config; give its checkpoint']),
        (['photos', 'cls.pth', *TINY], ['cls.pth does not fit EncoderDecoder']),
        (['photos', 'seg.pth', '--config', 'cls.py', '--out', 'out'], ['does not fit', 'CAMCl']),
        (['photos', 'seg.pth', '--config', 'refine.py', '--out', 'out'], ['it has no model']),
        (['photos', 'seg.pth', '--config', 'no.py', '--out', 'out'], ['no.py: no such config']),
        (['photos', 'seg.pth', '--config', 'seg.py', '--out', 'photos/1.jpg'], ['is a file']),
        (['photos', 'seg.pth', '--config', 'seg.py', '--out', 'data'], ['holds other files']),
        (['photos', 'seg.pth', *TINY, '--device', 'cuda:99'], ['--device cuda:99']),
        (['photos', 'seg.pth', *TINY, '--batch-size', '0'], ['--batch-size 0']),
        (['photos', 'seg.pth', *TINY, '--classes', 'cta'], ["class 'cta' is unknown; known are"]),
        (['photos', 'seg.pth', *TINY, '--threshold', '0.3'], ['a segmentation network has none']),
        (['photos', 'seg.pth', *TINY, '--threshold', 'x'], ['--threshold x: not a number']),
        (['photos', 'seg.pth', *TINY, '--threshold', '0.3,=2'], ['--threshold', 'has no class']),
        (['photos', 'seg.pth', *TINY, '--threshold', '2'], ['--threshold 2: it must be in 0..1']),
        (['photos', 'seg.pth', *TINY, '--threshold', 'auto'], ['auto', 'export.json']),
    ],
)
def test_predict_says_what_is_wrong(refuses, folder, args, said):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob('*') if path.is_file()}
    line = refuses('predict', *args)
    assert all(part in line for part in said), line
    assert not (folder / 'out').exists()  # it looks before it writes
    assert before.items() <= {path: path.stat().st_mtime_ns for path in before}.items()


@pytest.mark.command('predict')
@pytest.mark.parametrize('fault', faults.ANY_FILE)
@pytest.mark.parametrize('name', ['iter_1.pth', 'seg.py'])
def test_a_network_that_is_damaged(refuses, work, name, fault):
    faults.ANY_FILE[fault](work / name)
    line = refuses('predict', *FOUND)
    # Of several checkpoints the newest whole one counts; here is none.
    assert ('no checkpoint is there' if name == 'iter_1.pth' else f'work/{name}') in line


def test_a_config_that_is_not_there_alone(refuses, work):
    (work / 'other.py').touch()
    assert 'there: other.py, seg.py. Give the config' in refuses('predict', *FOUND)
    for path in work.glob('*.py'):
        path.unlink()
    assert 'there: none. Give the config' in refuses('predict', *FOUND)


@pytest.mark.command('predict')
@pytest.mark.parametrize('name', ['predictions.json', 'predictions.csv'])
@pytest.mark.parametrize('fault', ['empty', 'truncated', 'pipe'])
def test_a_damaged_output(play, folder, name, fault):
    play('predict')
    faults.ANY_FILE[fault](folder / 'out' / name)
    done = play('predict')
    assert 'Traceback' not in done.output, done.output
    if name == 'predictions.csv' and fault != 'pipe':  # it is made anew
        assert done.code == 0 and '8 images' in done.output, done.output
    else:
        assert done.code == 2 and len(done.errors) == 1, done.output


def test_a_table_of_another_program(play, folder):
    play('predict')
    (folder / 'out/predictions.csv').write_text('image;mask\n1.jpg;1.png\n')
    assert '8 predicted' in play('predict').output


CHANGES = {
    "model.test_cfg.mode='slide'": (
        'model.update(test_cfg=dict(mode="slide", crop_size=(32, 32), stride=(16, 16)))'
    ),
    'pads images': 'model["data_preprocessor"].update(test_cfg=dict(size_divisor=32))',
    'which the graph cannot hold': (
        'test_dataloader["dataset"].update(pipeline=[dict(type="ppl_mm.LoadImage"), '
        'dict(type="RandomFlip", prob=0.5), dict(type="PackSegInputs")])'
    ),
}


@pytest.mark.command('to_onnx')
@pytest.mark.parametrize('said', CHANGES)
def test_a_network_that_no_graph_can_hold(refuses, work, folder, said):
    text = (work / 'seg.py').read_text()
    (work / 'seg.py').write_text(f'{text}\n{CHANGES[said]}\n')
    pytest.importorskip('onnx', reason='pip install "ppl_mm[onnx]"')
    assert said in refuses('to_onnx', 'work', '--out', 'net.onnx')
    assert not (folder / 'net.onnx').exists()


@pytest.mark.command('to_onnx')
@pytest.mark.parametrize(
    'args, said',
    [
        (['cls.pth', '--config', 'cls.py', '--out', 'a.onnx'], 'cls.py: of a classifier'),
        (['none', '--out', 'a.onnx'], 'none: no checkpoint is there'),
        (['seg.pth', '--config', 'seg.py', '--out', 'data'], 'data'),
        (['seg.pth', '--config', 'seg.py', '--out', 'seg.py/a.onnx'], 'seg.py'),
        (['seg.pth', '--config', 'seg.py', '--out', 'a.onnx', '--check', 'none'], 'none: no such'),
        (['seg.pth', '--config', 'no.py', '--out', 'a.onnx'], 'no.py: no such config'),
        (['photos/1.jpg', '--config', 'seg.py', '--out', 'a.onnx'], 'photos/1.jpg: not a check'),
        (['cls.pth', '--config', 'seg.py', '--out', 'a.onnx'], 'cls.pth does not fit'),
    ],
)
def test_to_onnx_says_what_is_wrong(refuses, folder, args, said):
    pytest.importorskip('onnx', reason='pip install "ppl_mm[onnx]"')
    assert said in refuses('to_onnx', *args)
    assert not (folder / 'a.onnx').exists()
