import gzip
import io
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from bad_input.faults import huge
from PIL import Image

from ppl_mm.formats.mask_file import encode_label, read_mask, voc_palette, write_label

IMAGES = ['2008_000001', '2008_000002', '2008_000003']
INSIDE = 'results/VOC2012/Segmentation/comp6_test_cls'


@pytest.fixture
def voc(tmp_path):
    """VOC's test split: three images of different sizes, no masks."""
    root = tmp_path / 'VOC2012'
    (root / 'JPEGImages').mkdir(parents=True)
    for k, image in enumerate(IMAGES):
        Image.new('RGB', (9 + k, 7)).save(root / f'JPEGImages/{image}.jpg')
    path = root / 'ImageSets/Segmentation/test.txt'
    path.parent.mkdir(parents=True)
    path.write_text('\n'.join(reversed(IMAGES)) + '\n')
    return root


@pytest.fixture
def predictions(tmp_path):
    """Grey PNGs as mmseg writes them, and one that is not of the split."""
    rng = np.random.default_rng(0)
    folder = tmp_path / 'predictions'
    folder.mkdir()
    for k, image in enumerate([*IMAGES, 'other']):
        label = rng.integers(0, 21, (7, 9 + k), np.uint8)
        label[0, 0] = 20
        Image.fromarray(label).save(folder / f'{image}.png')
    return folder


@pytest.fixture
def submit(tool, voc, tmp_path):
    """Runs the tool on that data set."""

    def run(*arguments):
        return tool('voc_submission', *arguments, data_root=voc)

    return run


def check(submit, path, line):
    """The archive must be refused with that line among its lines."""
    done = submit('--check', path)
    assert done.code == 1, done.output
    lines = [one for one in done.output.splitlines() if one]
    assert all(one.startswith(f'{path}: ') for one in lines)
    assert any(line in one for one in lines), done.output
    return lines


def contents(predictions):
    return {
        f'{INSIDE}/{image}.png': encode_label(read_mask(predictions / f'{image}.png'))
        for image in IMAGES
    }


def pack(path, files, mode='w:gz'):
    with tarfile.open(path, mode) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_the_archive(submit, predictions, tmp_path):
    out = tmp_path / 'sub.tgz'
    done = submit(predictions, '--out', out)
    assert done.code == 0, done.output
    assert 'sub.tgz: 3 images, nothing is wrong' in done.output
    with tarfile.open(out, 'r:gz') as tar:
        assert tar.getnames() == [f'{INSIDE}/{name}.png' for name in IMAGES]
        for image in IMAGES:
            file = tar.extractfile(f'{INSIDE}/{image}.png')
            with Image.open(file) as picture:
                assert picture.format == 'PNG' and picture.mode == 'P'
                assert bytes(picture.getpalette()) == voc_palette()
                label = np.array(picture)
            assert (label == read_mask(predictions / f'{image}.png')).all()


def test_its_bytes_are_those_of_its_content(submit, predictions, tmp_path):
    first, second = tmp_path / 'a.tgz', tmp_path / 'b.tar.gz'
    submit(predictions, '--out', first)
    moved = tmp_path / 'moved'
    moved.mkdir()
    for path in sorted(predictions.iterdir(), reverse=True):
        write_label(moved / path.name, read_mask(path))
    submit(moved, '--out', second)
    assert first.read_bytes() == second.read_bytes()
    assert gzip.open(first).read()[257:262] == b'ustar'
    assert first.read_bytes()[4:8] == bytes(4)  # gzip's time stamp


def test_the_other_competition(submit, predictions, tmp_path):
    out = tmp_path / 'sub.tgz'
    assert submit(predictions, '--out', out, '--comp', 5).code == 0
    with tarfile.open(out) as tar:
        assert all('/comp5_test_cls/' in name for name in tar.getnames())


@pytest.mark.parametrize('split', ['test', 'test.txt', '{}/some.txt'])
def test_a_split_by_name_or_path(submit, predictions, tmp_path, split):
    (tmp_path / 'some.txt').write_text('\n'.join(IMAGES))
    out = tmp_path / 'sub.tgz'
    done = submit(predictions, '--out', out, '--split', split.format(tmp_path))
    assert done.code == 0, done.output


def test_another_program_may_have_packed_it(submit, predictions, tmp_path):
    """With folders as members, and a palette of 21 colours."""
    files = {}
    for name, content in contents(predictions).items():
        picture = Image.open(io.BytesIO(content))
        picture.putpalette(voc_palette()[:63])
        file = io.BytesIO()
        picture.save(file, 'PNG')
        files[name] = file.getvalue()
    pack(tmp_path / 'sub.tgz', files)
    target = tmp_path / 'unpacked'
    with tarfile.open(tmp_path / 'sub.tgz') as tar:
        tar.extractall(target, filter='data')
    with tarfile.open(tmp_path / 'again.tgz', 'w:gz') as tar:
        tar.add(target / 'results', 'results')
    done = submit('--check', tmp_path / 'again.tgz')
    assert done.code == 0, done.output


def as_png(mode, label=0, size=(9, 7), palette=None):
    picture = Image.new(mode, size, label)
    if palette:
        picture.putpalette(palette)
    file = io.BytesIO()
    picture.save(file, 'PNG')
    return file.getvalue()


VOC, FIRST = voc_palette(), f'{INSIDE}/{IMAGES[0]}.png'


@pytest.mark.parametrize(
    'content, line',
    [
        (b'', '1 of 3 images are not readable PNGs'),
        (as_png('P', palette=VOC)[:60], 'are not readable PNGs'),
        (as_png('L'), 'are not PNGs with a palette'),
        (as_png('RGB', (128, 0, 0)), 'are not PNGs with a palette'),
        (as_png('P', palette=bytes(range(63)) + VOC[63:]), "palette than VOC's"),
        (as_png('P', 255, palette=VOC), 'have a label above 20'),
        (as_png('P', 21, palette=VOC), 'have a label above 20'),
        (as_png('P', size=(7, 9), palette=VOC), 'are of another size than their'),
    ],
)
def test_a_bad_label_is_named(submit, predictions, tmp_path, content, line):
    files = dict(contents(predictions), **{FIRST: content})
    lines = check(submit, pack(tmp_path / 'sub.tgz', files), line)
    assert lines[0].endswith(f'first {FIRST}') and len(lines) == 1


@pytest.mark.parametrize(
    'arguments',
    [
        ['--check', 'a.tgz', '--out', 'b.tgz'],
        ['predictions'],
        ['--check', 'a.tgz', 'predictions'],
        ['--out', 'b.tgz'],
        [],
    ],
)
def test_it_either_writes_or_checks(submit, predictions, tmp_path, arguments):
    done = submit(*arguments)
    assert done.code == 2
    assert done.output.splitlines()[-1].endswith('error: give PREDICTIONS and --out, or --check')
    assert not (tmp_path / 'b.tgz').exists()


def test_wrong_names_are_named(submit, predictions, tmp_path):
    files = contents(predictions)
    first = files.pop(FIRST)
    files[f'{INSIDE}/nobody.png'] = files['labels/x.png'] = first
    path = pack(tmp_path / 'sub.tgz', files)
    for line in (
        f'1 of 3 images are missing, first {IMAGES[0]}',
        f'are not of the split, first {INSIDE}/nobody.png',
        f'lie elsewhere than in {INSIDE}, first labels/x.png',
    ):
        assert len(check(submit, path, line)) == 3


def test_both_competitions_in_one(submit, predictions, tmp_path):
    files = contents(predictions)
    files[FIRST.replace('comp6', 'comp5')] = files.pop(FIRST)
    check(submit, pack(tmp_path / 'sub.tgz', files), 'holds both')


def test_an_image_twice(submit, predictions, tmp_path):
    files = contents(predictions)
    files[FIRST.replace('comp6', 'comp5')] = files[FIRST]
    check(submit, pack(tmp_path / 'sub.tgz', files), 'are there twice')


def test_names_of_an_archive_do_not_reach_the_terminal(submit, predictions, tmp_path):
    name = 'results/VOC2012/Segmentation/comp6_test_cls/\x1b[2J\n.png'
    files = dict(contents(predictions), **{name: b''})
    done = submit('--check', pack(tmp_path / 'sub.tgz', files))
    assert done.code == 1 and '\x1b' not in done.output and r'\x1b[2J\n.png' in done.output


def test_a_bomb_is_no_label(submit, predictions, tmp_path):
    huge(tmp_path / 'huge.png')
    files = dict(contents(predictions), **{FIRST: (tmp_path / 'huge.png').read_bytes()})
    check(submit, pack(tmp_path / 'sub.tgz', files), '1 of 3 images are not readable PNGs')


def test_a_link_is_no_label(submit, predictions, tmp_path):
    path = pack(
        tmp_path / 'sub.tgz',
        {name: content for name, content in contents(predictions).items() if name != FIRST},
    )
    with tarfile.open(path, 'r:gz') as tar:
        tar.extractall(tmp_path, filter='data')
    (tmp_path / FIRST).symlink_to(f'{IMAGES[1]}.png')
    with tarfile.open(path, 'w:gz') as tar:
        tar.add(tmp_path / 'results', 'results')
    check(submit, path, 'are not readable PNGs')


def test_what_is_no_archive(submit, predictions, tmp_path):
    files = contents(predictions)
    check(submit, pack(tmp_path / 'plain.tgz', files, 'w'), 'not a complete .tar.gz')
    whole = pack(tmp_path / 'whole.tgz', files).read_bytes()
    for name, content in (('cut.tgz', whole[:-200]), ('empty.tgz', b'')):
        (tmp_path / name).write_bytes(content)
        check(submit, tmp_path / name, 'not a complete .tar.gz')
    check(submit, pack(tmp_path / 'sub.zip', files), 'must be called .tgz')


def lose(folder):
    (folder / f'{IMAGES[1]}.png').unlink()


def ignore(folder):
    write_label(folder / f'{IMAGES[0]}.png', np.full((7, 9), 255, np.uint8))


def turn(folder):
    write_label(folder / f'{IMAGES[0]}.png', np.zeros((9, 7), np.uint8))


def colour(folder):
    Image.new('RGB', (9, 7)).save(folder / f'{IMAGES[0]}.png')


@pytest.mark.parametrize(
    'spoil, line',
    [
        (lose, '1 of 3 images have no prediction, first 2008_000002.png'),
        (ignore, '2008_000001.png: has the label 255, the server takes 0 to 20'),
        (turn, '7 x 9 pixels (width x height), but image 2008_000001 has 9 x 7'),
        (colour, 'must be an 8-bit palette or grey PNG'),
        (lambda folder: shutil.rmtree(folder), '3 of 3 images have no predict'),
    ],
)
def test_bad_predictions_are_named(fails, voc, predictions, spoil, line, tmp_path):
    spoil(predictions)
    out = tmp_path / 'sub.tgz'
    assert line in fails('voc_submission', predictions, out=out, data_root=voc)
    assert not out.exists()


def test_bad_arguments_are_named(fails, tool, voc, predictions, tmp_path):
    at = ['--data-root', voc]
    assert 'must end in .tgz' in fails('voc_submission', predictions, '--out', 'sub.zip', *at)
    assert 'none.tgz: is missing' in fails('voc_submission', '--check', tmp_path / 'none.tgz', *at)
    assert 'none.txt: is missing' in fails(
        'voc_submission', predictions, '--out', 'sub.tgz', '--split', 'none', *at
    )
    (voc / f'JPEGImages/{IMAGES[0]}.jpg').unlink()
    assert f"'{IMAGES[0]}' is missing" in fails(
        'voc_submission', predictions, '--out', 'sub.tgz', *at
    )
    assert tool('voc_submission', predictions).code == 2
    assert Path(predictions).is_dir()
