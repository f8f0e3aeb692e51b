"""Views of an image, as CAMTTAModel gets them."""

import torch
import torch.nn.functional as F
from mmpretrain.structures import DataSample


def views_of(image, labels, scales=(1.0,), flips=(False,)):
    """What TestTimeAug and the loader make of one image."""
    inputs, samples = [], []
    for scale in scales:
        resized = F.interpolate(image[None], scale_factor=scale, mode='bilinear')[0]
        for flip in flips:
            sample = DataSample(
                metainfo=dict(
                    ori_shape=tuple(image.shape[1:]),
                    flip=flip,
                    flip_direction='horizontal' if flip else None,
                    img_path='a.jpg',
                )
            )
            inputs.append(resized.flip(-1) if flip else resized)
            samples.append(sample if labels is None else sample.set_gt_label(labels))
    return inputs, samples


def run(model, *images):
    """Test one batch of images, each given by its views."""
    views = range(len(images[0][0]))
    data = dict(
        inputs=[torch.stack([image[0][v] for image in images]) for v in views],
        data_samples=[[image[1][v] for image in images] for v in views],
    )
    with torch.no_grad():
        return model.test_step(data)
