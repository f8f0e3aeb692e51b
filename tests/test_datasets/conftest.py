import pytest
from test_datasets.labelled_images import NAMES, write


@pytest.fixture
def root(tmp_path):
    """Three images in VOC's layout, labelled in image_labels.csv."""
    write(tmp_path, 'image_labels.csv', 'image,labels\na,cat\nb.png,dog cat\nc,traffic light\n')
    write(tmp_path, 'classes.txt', '\n'.join(['background', *NAMES]))
    write(tmp_path, 'ImageSets/Segmentation/train.txt', 'c\na\n')
    for name in ('a.jpg', 'b.png', 'c.JPEG'):
        write(tmp_path, f'JPEGImages/{name}', '')
    write(tmp_path, 'SegmentationClass/a.png', '')
    return tmp_path
