"""What the gallery cannot show."""

import pytest
from bad_input import faults

EXPORT = ['export', '--out', 'look', '--workers', '1']


@pytest.mark.command('gallery')
@pytest.mark.parametrize(
    'args, said',
    [
        (['none', '--out', 'look'], 'none'),
        (['labels.csv', '--out', 'look'], 'labels.csv'),
        (['photos', '--out', 'look'], 'photos'),
        ([*EXPORT, '--data-root', 'none'], 'none'),
        ([*EXPORT, '--data-root', 'photos'], 'photos'),
        ([*EXPORT, '--refined', 'none'], 'none'),
        ([*EXPORT, '--refined', 'photos'], 'photos: holds no label of an image of'),
        ([*EXPORT, '--predictions', 'photos'], 'photos: holds no label of an image of'),
        ([*EXPORT, '--predictions', 'none'], 'none'),
        ([*EXPORT, '--predictions', 'labels.csv'], 'labels.csv'),
        (['export', '--out', 'photos'], 'photos'),
        (['export', '--out', 'labels.csv'], 'labels.csv'),
        (['export', '--out', 'labels.csv/look'], 'labels.csv'),
        (['photos', '--data-root', 'data', '--out', 'look'], 'holds no label of an image of data'),
    ],
)
def test_folders_that_cannot_be_shown(refuses, folder, args, said):
    assert said in refuses('gallery', *args)
    assert not (folder / 'look').exists()


@pytest.mark.command('gallery')
@pytest.mark.parametrize('file', ['export/export.json', 'data/classes.txt'])
@pytest.mark.parametrize('fault', ['empty', 'truncated'])
def test_a_record_that_is_damaged(refuses, folder, file, fault):
    faults.ANY_FILE[fault](folder / file)
    assert file in refuses('gallery', *EXPORT)
