"""own_data.py: runs that stop are continued, and other settings are refused."""

import json
import shutil

import pytest
from PIL import Image
from test_data_tools.own_files import files, labels, lines

from ppl_mm.errors import UserError


def test_a_broken_photo_stops_it_and_a_mended_one_goes_on(convert, photos, tmp_path):
    with pytest.raises(UserError, match='1 photo .*--skip-bad.*cut.jpg'):
        convert()
    out = tmp_path / 'mine'
    (listed,) = lines(out / 'problems.txt')
    assert 'leaf/cut.jpg' in listed
    before = {path: path.stat().st_mtime_ns for path in (out / 'JPEGImages').iterdir()}
    Image.open(photos.folder / 'apple/3.jpg').rotate(180).save(photos.folder / 'leaf/cut.jpg')
    convert()
    assert len(before) == 29
    for path, time in before.items():
        assert path.stat().st_mtime_ns == time
    assert (out / 'JPEGImages/leaf_cut.jpg').is_file()
    assert not (out / 'problems.txt').exists()


def test_a_continued_run_makes_the_same_files(convert, photos, mine, tmp_path, monkeypatch):
    whole = files(mine)
    shutil.rmtree(mine)
    converted = []

    def stop(self, photo, source, target):
        converted.append(target)
        if len(converted) == 10:
            raise KeyboardInterrupt
        return write(self, photo, source, target)

    from ppl_mm.data_tools.own.converter import PhotoConverter

    write = PhotoConverter._write_photo
    monkeypatch.setattr(PhotoConverter, '_write_photo', stop)
    arguments = ('--skip-bad', '--masks', photos.masks)
    with pytest.raises(KeyboardInterrupt):
        convert(*arguments)
    monkeypatch.undo()
    convert(*arguments)
    assert files(mine) == whole


def test_a_photo_that_was_replaced_meanwhile_is_converted_again(convert, photos):
    with pytest.raises(UserError):
        convert()
    path = photos.folder / 'apple/0.jpg'
    Image.open(photos.folder / 'apple/1.jpg').rotate(180).save(path)
    out = convert('--skip-bad')
    assert (out / 'JPEGImages/apple_0.jpg').read_bytes() == path.read_bytes()


def test_what_has_gone_since_an_interrupted_run_is_removed(convert, photos, tmp_path):
    with pytest.raises(UserError):
        convert()
    (photos.folder / 'apple/0.jpg').unlink()
    out = convert('--skip-bad')
    assert not (out / 'JPEGImages/apple_0.jpg').exists()
    assert 'apple_0' not in labels(out)


def test_a_second_run_is_idle_and_changes_are_refused(convert, mine, photos, capsys):
    arguments = ('--skip-bad', '--masks', photos.masks)
    before = {path: path.stat().st_mtime_ns for path in mine.rglob('*')}
    convert(*arguments)
    assert 'complete already' in capsys.readouterr().out
    with pytest.raises(UserError, match='other settings.*seed 0 there, 1'):
        convert(*arguments, '--seed', '1')
    shutil.copy(photos.folder / 'apple/0.jpg', photos.folder / 'leaf/new.jpg')
    (photos.folder / 'leaf/0.jpg').unlink()
    with pytest.raises(UserError, match='1 are new, 1 gone, 1 changed'):
        convert(*arguments)
    assert before == {path: path.stat().st_mtime_ns for path in mine.rglob('*')}


@pytest.mark.parametrize('gone', ['JPEGImages', 'JPEGImages/apple_0.jpg', 'val.txt', 'sources.csv'])
def test_what_was_deleted_is_made_again(convert, mine, photos, gone):
    before = files(mine)
    path = next(mine.rglob(gone)) if '.txt' in gone else mine / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    convert('--skip-bad', '--masks', photos.masks)
    assert files(mine) == before


OPTIONS = (
    ('--image-size', '512'),
    ('--classes', 'apple', 'leaf', '--keep-others'),
    ('--split-near-copies',),
)


@pytest.mark.parametrize('given', OPTIONS, ids=' '.join)
def test_a_second_run_without_an_option_is_refused(convert, given):
    convert('--skip-bad', *given)
    without = given[:-1] if given[-1] == '--keep-others' else ()
    option = given[-1] if given[-1].startswith('--') else given[-2]
    with pytest.raises(UserError, match=f'{option[2:].replace("-", "_")} .* there, None here'):
        convert('--skip-bad', *without)


def test_a_record_from_before_options_existed_is_that_of_the_same_data_set(convert, capsys):
    record = convert('--skip-bad') / 'own_data.json'
    known = json.loads(record.read_text())
    record.write_text(json.dumps({key: one for key, one in known.items() if one is not None}))
    convert('--skip-bad')
    assert 'complete already' in capsys.readouterr().out
