import runpy
import shutil

import pytest

from ppl_mm.errors import UserError
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.export_record import ExportRecord
from ppl_mm.formats.voc_layout import VOCLayout
from ppl_mm.gallery.from_folders import read_folders


@pytest.fixture
def main(request):
    return runpy.run_path(str(request.config.rootpath / 'tools/gallery.py'))['main']


@pytest.fixture
def export(demo_root, tmp_path):
    """A finished export whose labels are the masks."""
    folder = ExportFolder(tmp_path / 'export')
    shutil.copytree(VOCLayout(demo_root).mask_dir, folder.label_dir)
    classes = VOCLayout(demo_root).read_classes()
    folder.write(ExportRecord(classes=classes, data_root=str(demo_root), threshold=0.3))
    return folder.root


def test_it_says_what_to_open(main, export, capsys):
    main([str(export)])
    page = export / 'gallery/index.html'
    assert capsys.readouterr().out == f'open {page}\n' and page.is_file()
    assert len(list((page.parent / 'photos').iterdir())) == 12


def test_a_folder_of_labels(main, export, demo_root, tmp_path):
    options = ['--data-root', str(demo_root), '--out', str(tmp_path / 'out')]
    shutil.copytree(export / 'labels', tmp_path / 'alone')
    main([str(tmp_path / 'alone'), *options])
    assert (tmp_path / 'out/index.html').is_file()


def test_an_image_with_a_prediction_alone_is_shown_with_masks_and_without(
    export, demo_root, tmp_path
):
    shutil.copytree(demo_root, tmp_path / 'data')
    shutil.rmtree(VOCLayout(tmp_path / 'data').mask_dir)
    shutil.copytree(export / 'labels', tmp_path / 'predicted')
    next((export / 'labels').glob('*.png')).unlink()
    for root in (demo_root, tmp_path / 'data'):
        source = read_folders(export, root, predictions=tmp_path / 'predicted')
        assert len(source.split_of()) == 12


@pytest.mark.parametrize(
    'change, message',
    [
        (lambda root: shutil.rmtree(root), 'holds neither pipeline.json nor export.json'),
        (lambda root: (root / 'pipeline.json').write_text('{}'), 'give the work folder of'),
        (lambda root: shutil.rmtree(root / 'labels'), 'no pseudo-labels are there'),
    ],
)
def test_wrong_folders_are_one_line(main, export, change, message):
    change(export)
    with pytest.raises(UserError, match=message) as caught:
        main([str(export)])
    assert '\n' not in str(caught.value)
