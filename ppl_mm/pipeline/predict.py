"""Label every image of a data set with the trained segmentation network.

A step of tools/pipeline.py; tools/predict.py does it for people. An image whose classes are known
gets these classes and the background only.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..apis.seg_inferencer import SegInferencer
from ..formats.image_folder import ImageFolder
from ..formats.image_labels.label_file import find_label_file, read_labels
from ..formats.image_list import image_id
from ..formats.mask_file import write_label
from ..formats.voc_layout import VOCLayout
from ..utils.cli import run
from ..utils.files import write_json
from ..utils.progress import track

#: What is written beside the labels when all are there.
RECORD = 'predicted.json'
#: The folder of the labels.
LABELS = 'predictions'


def predict_data(data_root: Path, network: Path, out: Path) -> None:
    """Write a label of every image of a data set, in a list or not.

    Existing labels are kept. Each class that an image shows by its labels is in its mask.

    Args:
        data_root: A data set in VOC's layout.
        network: The work folder of the training.
        out: Where ``predictions/<image>.png`` are written, and ``predicted.json`` at the end.

    Raises:
        UserError: If the network or an image cannot be used.
    """
    inferencer = SegInferencer(network)
    known = known_classes(data_root)
    images = ImageFolder(VOCLayout(data_root).image_dir)
    ids = images.all_ids()
    for image in track(ids, 'labelling'):
        path = out / LABELS / f'{image}.png'
        if path.is_file():
            continue
        sample = inferencer.read(images.find_id(image))
        (found,) = inferencer.stream([sample], classes=known.get(image), all_shown=True)
        write_label(path, found['label'])
    write_json(out / RECORD, dict(images=len(ids), network=str(network)))


def known_classes(data_root: Path) -> Mapping[str, Sequence[str]]:
    """Return the classes that labelled images show, by image id; none for a negative."""
    classes = VOCLayout(data_root).read_classes()
    file = find_label_file(data_root)
    if file is None:
        return {}
    return {image_id(row.image): row.names for row in read_labels(file, classes).rows}


def main() -> None:
    """Label the images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('network', type=Path, help='the work folder of the training')
    parser.add_argument('--data-root', type=Path, required=True)
    parser.add_argument('--out', type=Path, required=True)
    args = parser.parse_args()
    predict_data(args.data_root, args.network, args.out)


if __name__ == '__main__':
    run(main)
