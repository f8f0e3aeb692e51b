"""Colours of photos change as mmseg changes them; bands change alike."""

import numpy as np
from mmseg.datasets.transforms import PhotoMetricDistortion as Published

from ppl_mm.datasets.transforms import PhotoMetricDistortion

RNG = np.random.default_rng(0)


def test_photos_are_changed_as_mmseg_does():
    image = RNG.integers(0, 256, (20, 30, 3), np.uint8)
    for seed in range(8):
        results = []
        for kind in (PhotoMetricDistortion, Published):
            np.random.seed(seed)
            results.append(kind()(dict(img=image.copy()))['img'])
        assert np.array_equal(*results)


def test_bands_keep_their_differences_and_their_precision():
    one = RNG.random((20, 30, 1)).astype(np.float32) * 255
    changed = []
    for seed in range(8):
        np.random.seed(seed)
        image = PhotoMetricDistortion()(dict(img=np.repeat(one, 5, axis=2)))['img']
        assert image.dtype == np.float32 and image.shape == (20, 30, 5)
        assert image.min() >= 0 and image.max() <= 255
        assert (image == image[..., :1]).all()  # all bands alike
        assert len(np.unique(image)) > 256
        changed.append(not np.array_equal(image[..., :1], one))
    assert any(changed)
