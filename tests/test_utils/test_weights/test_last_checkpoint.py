"""Which checkpoint of a work folder a training continues from."""

import os
import random
import zipfile

import pytest

from ppl_mm.utils.weights.last_checkpoint import checkpoints, last_checkpoint


def write(path, whole=True):
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('data.pkl', 'weights')
    if not whole:
        path.write_bytes(path.read_bytes()[:-10])


@pytest.fixture
def work(tmp_path):
    """Makes a work folder; a negative number is a truncated checkpoint."""

    def make(*numbers, note=None, kind='epoch'):
        for number in numbers:
            write(tmp_path / f'{kind}_{abs(number)}.pth', whole=number > 0)
        if note is not None:
            (tmp_path / 'last_checkpoint').write_text(note)
        return tmp_path

    return make


@pytest.mark.parametrize(
    'numbers, note, expected',
    [
        ((1, 2), '/elsewhere/epoch_2.pth', 'epoch_2.pth'),
        ((1, 2), 'epoch_1.pth\n', 'epoch_1.pth'),  # the note counts, not the number
        ((1, 2), '', 'epoch_2.pth'),
        ((1, 2), None, 'epoch_2.pth'),
        ((1, 2), '/elsewhere/epoch_3.pth', 'epoch_2.pth'),
        ((1, -2), '/elsewhere/epoch_2.pth', 'epoch_1.pth'),
        ((9, 10, -11), '', 'epoch_10.pth'),
        ((-1,), '/elsewhere/epoch_1.pth', None),
        ((), '/elsewhere/epoch_1.pth', None),
        ((), None, None),
    ],
)
def test_it_is_the_noted_one_or_else_the_newest_whole_one(work, numbers, note, expected):
    found = last_checkpoint(work(*numbers, note=note))
    assert (found and found.name) == expected


def test_a_note_of_any_bytes_is_no_obstacle(work):
    folder = work(1, kind='iter')
    rng = random.Random(0)
    for _ in range(50):
        (folder / 'last_checkpoint').write_bytes(rng.randbytes(rng.randrange(30)))
        assert last_checkpoint(folder).name == 'iter_1.pth'


def pipe(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to('/dev/zero')


def folder(path):
    path.mkdir()


def loop(path):
    path.symlink_to(path.name)


def huge(path):
    path.write_text('x' * 100_000)


def long(path):
    path.write_text('x' * 1_000)


@pytest.mark.parametrize('note', [pipe, device, folder, loop, huge, long])
def test_a_note_that_is_no_short_file_is_passed_over(work, note):
    note(work(1, 2) / 'last_checkpoint')
    assert last_checkpoint(work()).name == 'epoch_2.pth'


def test_what_a_user_calls_a_checkpoint_is_not_the_trainings(work):
    folder = work(3)
    for name in ('best.pth', 'epoch_9.pth.bak', 'epoch_x.pth', 'my_epoch_7.pth'):
        write(folder / name)
    assert [path.name for path in checkpoints(folder)] == ['epoch_3.pth']


def test_a_missing_folder_has_none(tmp_path):
    assert last_checkpoint(tmp_path / 'none') is None and not checkpoints(tmp_path / 'none')
