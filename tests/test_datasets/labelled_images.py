"""Three images with labels, and how tests load them."""

from pathlib import Path

from ppl_mm.datasets import ImageLabelDataset

LABELS = {'a': ['cat'], 'b': ['cat', 'dog'], 'c': ['traffic light']}
NAMES = ('cat', 'dog', 'traffic light')
XML = (
    '<annotation><object><name>{}</name><difficult>{}</difficult></object>'
    '<object><name>dog</name><difficult>0</difficult></object>'
    '</annotation>'
)


def write(root, name, text):
    path = Path(root) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def load(root, **kwargs):
    return ImageLabelDataset(data_root=str(root), **kwargs)


def labels_of(dataset):
    names = dataset.metainfo['classes']
    return {sample['image_id']: [names[i] for i in sample['gt_label']] for sample in dataset}
