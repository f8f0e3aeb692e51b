"""Images are found by name, in full or without suffix."""

import pytest

from ppl_mm.formats.image_folder import ImageFolder


@pytest.fixture
def folder(tmp_path):
    """b.jpg beside b.jpg.jpg, c.png beside c.jpg, in a folder and below."""
    for below in ('', 'more'):
        (tmp_path / below).mkdir(exist_ok=True)
        for name in ('b.jpg', 'b.jpg.jpg', 'c.PNG', 'c.jpg', 'd.txt'):
            (tmp_path / below / name).touch()
    return ImageFolder(tmp_path)


@pytest.mark.parametrize('below', ['', 'more/'])
@pytest.mark.parametrize(
    'name, found, by_stem',
    [
        ('b', 'b.jpg', 'b.jpg'),
        ('b.jpg', 'b.jpg', 'b.jpg.jpg'),
        ('b.jpg.jpg', 'b.jpg.jpg', None),
        ('c', 'c.jpg', 'c.jpg'),
        ('c.jpg', 'c.jpg', None),
        ('c.PNG', 'c.PNG', None),
        ('d', None, None),
        ('d.txt', None, None),
    ],
)
def test_an_exact_name_wins_and_a_stem_is_never_a_name_in_full(folder, below, name, found, by_stem):

    def path(file):
        return file and f'{folder.root}/{below}{file}'

    assert folder.find(below + name) == path(found)
    assert folder.find_id(below + name) == path(by_stem)


def test_ids_are_those_of_the_folder_itself(folder):
    assert folder.all_ids() == ['b', 'b.jpg', 'c']
