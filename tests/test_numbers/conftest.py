"""Files whose numbers are known, and commands that print them."""

import json

import numpy as np
import pytest
from tool_modules import load_tool

from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.mask_file import write_label

CLASSES = ['cat', 'cow', 'dog']
SIZE = (8, 10)


@pytest.fixture
def printed(monkeypatch, capsys, tmp_path):
    """Runs a command in the test's folder; returns what it prints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOCAL_RANK', '0')

    def run(name, *args):
        monkeypatch.setattr('sys.argv', [name, *map(str, args)])
        capsys.readouterr()
        load_tool(name).main()
        return capsys.readouterr().out

    return run


class Export:
    """An export of maps of the image's own size, so that nothing is resized.

    Attributes:
        maps: float16 (5, 3, H, W): 0 where an image has no map of a class.
        labels: uint8 (5, H, W), pseudo-labels with 255 among them.
        masks: uint8 (5, H, W), without a cow, with void.
    """

    def __init__(self, root):
        rng = np.random.default_rng(7)
        self.ids = list('abcde')
        self.maps = rng.random((5, 3, *SIZE)).astype(np.float16)
        self.labels = rng.choice(np.uint8([0, 1, 2, 3, 255]), (5, *SIZE))
        self.masks = rng.choice(np.uint8([0, 1, 3, 255]), (5, *SIZE))
        folder = ExportFolder(root / 'export')
        for k, image in enumerate(self.ids):
            own = [0, 1, 2][: k % 4]  # of an image without a class there is no map
            self.maps[k, len(own) :] = 0
            write_cam(folder.cam_path(image), CamFile(own, self.maps[k, : len(own)], SIZE))
            write_label(folder.label_path(image), self.labels[k])
            write_label(root / f'data/SegmentationClass/{image}.png', self.masks[k])
        record = dict(classes=CLASSES, threshold=0.5, checkpoint_sha256='0' * 64)
        folder.record_path.write_text(json.dumps(record))
        lists = root / 'data/ImageSets/Segmentation'
        lists.mkdir(parents=True)
        (lists / 'val.txt').write_text('\n'.join(self.ids))
        (root / 'data/classes.txt').write_text('\n'.join(['background', *CLASSES]))


@pytest.fixture
def export(tmp_path):
    return Export(tmp_path)
