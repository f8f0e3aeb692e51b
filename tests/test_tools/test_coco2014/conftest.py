import pytest
from test_tools.test_coco2014.coco_files import TRAIN, VAL, write_split


@pytest.fixture
def coco(tmp_path):
    root = tmp_path / 'coco'
    write_split(root, 'train', [9, 5, 6], TRAIN)
    write_split(root, 'val', [7, 8], VAL)
    return root
