"""The pictures of the check: made by a script, from drawn data."""

import re

import numpy as np
from PIL import Image

from docs.site.check_pictures import COPIES, crop_copy
from ppl_mm.data_tools.check.scan import ScanOptions, scan_dataset
from ppl_mm.data_tools.demo.data import write_demo_data


def test_the_pictures_are_small_and_made_by_the_script(root, pages):
    script = (root / 'docs/site/check_pictures.py').read_text(encoding='utf-8')
    names = re.findall(r'images/check_(\w+)\.jpg', pages['docs/check.md'])
    assert sorted(names) == ['classes', 'near_copies']
    for name in names:
        assert f"'{name}" in script
        path = root / f'docs/images/check_{name}.jpg'
        assert path.stat().st_size < 120_000
        with Image.open(path) as picture:
            assert picture.width <= 1200


def test_a_copy_of_the_script_is_a_near_copy_with_its_mask_and_label(tmp_path):
    write_demo_data(tmp_path, train=40, val=8, size=96)
    for copy, source in COPIES.items():
        crop_copy(tmp_path, source, copy)
    scan = scan_dataset(ScanOptions(tmp_path), workers=1)
    assert scan.near_copies == [(source, copy) for copy, source in COPIES.items()]
    for copy, source in COPIES.items():
        assert scan.labels[copy] == scan.labels[source]
        image, mask = (
            np.array(Image.open(tmp_path / f'{folder}/{copy}{suffix}'))
            for folder, suffix in (('JPEGImages', '.jpg'), ('SegmentationClass', '.png'))
        )
        assert image.shape[:2] == mask.shape
