import csv
import json

import pytest

from ppl_mm.errors import UserError
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.export_record import ExportRecord
from ppl_mm.formats.voc_layout import VOCLayout, write_lists
from ppl_mm.gallery.from_pipeline import read_pipeline

IMAGES = {'cat/1.jpg': 'cat_1', 'cat/1.png': 'cat_1_2', 'dog/2.jpg': 'dog_2'}


@pytest.fixture
def work(tmp_path, monkeypatch):
    """The folder of a pipeline that has read ``out/data`` and has made labels."""
    monkeypatch.chdir(tmp_path)
    layout, work = VOCLayout(tmp_path / 'out/data'), tmp_path / 'out/work'
    layout.image_dir.mkdir(parents=True)
    names = list(IMAGES.values())
    write_lists(
        layout.root, ('cat', 'dog'), dict(train=names, val=[]), {name: [] for name in names}
    )
    with open(layout.root / 'sources.csv', 'w', newline='') as file:
        rows = csv.writer(file)
        rows.writerow(['photo', 'image', 'problem'])
        rows.writerows([photo, image, ''] for photo, image in IMAGES.items())
    record = ExportRecord(classes=('cat', 'dog'), data_root='out/data', finished=True)
    ExportFolder(work / 'export').write(record)
    run = dict(name='own', data_root='out/data', splits=dict(train='train'))
    run |= dict(methods=[dict(key='cam', short='CAM')])
    run |= dict(paths=dict(labels='export', maps=dict(cam='export')))
    (work / 'pipeline.json').write_text(json.dumps(run))
    return work


def test_images_have_the_names_of_the_users_files(work):
    assert read_pipeline(work).photos == {image: photo for photo, image in IMAGES.items()}


def test_masks_have_the_names_that_the_one_command_gives_them(work):
    assert not read_pipeline(work).masks
    (work.parent / 'make_masks.json').write_text('{}')
    masks = dict(cat_1='cat/1.jpg.png', cat_1_2='cat/1.png.png', dog_2='dog/2.png')
    assert read_pipeline(work).masks == masks


def test_from_another_folder_the_line_says_where_to_run_it(work, tmp_path, monkeypatch):
    (tmp_path / 'elsewhere').mkdir()
    monkeypatch.chdir(tmp_path / 'elsewhere')
    with pytest.raises(UserError, match='out/data: no such folder; .* in the same folder as'):
        read_pipeline(work)
