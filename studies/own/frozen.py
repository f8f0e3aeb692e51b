"""A classifier of configs/own whose first blocks are frozen and run once for each image."""

import copy
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import torch
from mmengine.config import Config
from mmengine.registry import DATASETS, MODELS, init_default_scope
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from ppl_mm.cams import normalize_cam
from ppl_mm.formats.cam_file import CamFile
from ppl_mm.models import block_chain


@dataclass(frozen=True)
class Image:
    """What the frozen blocks make of an image.

    Args:
        features: (C, h, w), half precision.
        sample: With ``gt_label``, ``image_id`` and ``ori_shape``.
    """

    features: Tensor
    sample: DataSample


class FrozenStart:
    """The blocks up to a cut are run once; those behind it, and the head, are trained.

    Args:
        config: A classifier of configs/own.
        data: The data set, see ``own_data.py``.
        cut: Index of the last frozen block; -1 freezes the whole backbone.
    """

    def __init__(self, config: str, data: str, cut: int = -1) -> None:
        os.environ['OWN_DATA'] = data
        self.config, self.cut = Config.fromfile(config), cut
        init_default_scope('mmpretrain')

    def images(self, split: str, only: Collection[str] | None = None) -> list[Image]:
        """Return the images of a split as the frozen blocks see them, at the test's scale.

        Args:
            split: The split.
            only: Image ids. Defaults to None: all of the split.
        """
        run = self.features(self.classifier())
        images = []
        for item in self.items(split, only):
            images.append(Image(run(item['inputs'])[0].half(), item['data_samples']))
        return images

    def items(self, split: str, only: Collection[str] | None = None) -> Iterator[dict]:
        """Yield the images of a split, not yet normalised; see :meth:`images`."""
        dataset = DATASETS.build(dict(self.config.val_dataloader.dataset, split=split))
        for place in range(len(dataset)):
            if only is None or dataset.get_data_info(place)['image_id'] in only:
                yield dataset[place]

    def features(self, model: nn.Module) -> Callable[[Tensor], Tensor]:
        """Return what the frozen blocks make of an image (3, H, W), not yet normalised."""
        chain = block_chain(model.backbone)
        start = chain[: range(len(chain))[self.cut] + 1]

        @torch.no_grad()
        def run(image: Tensor) -> Tensor:
            """Return the features (1, C, h, w)."""
            return start(model.data_preprocessor(dict(inputs=[image]))['inputs'])

        return run

    def classifier(self, pool: str | dict = 'mean', neck: dict | None = None) -> nn.Module:
        """Return a new classifier in eval mode, with another pooling and a neck."""
        settings = copy.deepcopy(self.config.model)
        settings.head.pool, settings.neck = pool, neck
        settings.head.class_shares = None  # the rows are older
        model = MODELS.build(settings)
        model.init_weights()
        model.eval()
        return model

    def head_input(self, model: nn.Module, features: Tensor) -> tuple[Tensor, ...]:
        """Return what the head is given for frozen features (B, C, h, w)."""
        chain = block_chain(model.backbone)
        tail = chain[range(len(chain))[self.cut] + 1 :]
        if model.with_neck:  # its positions count from the cut
            return (model.neck(features, tail),)
        return (tail(features),)


def train(
    start: FrozenStart, model: nn.Module, images: list[Image], epochs: int, rate: float = 1e-4
) -> None:
    """Train what is not frozen: AdamW, poly, 8 images a step, as configs/own; and flips.

    Args:
        start: Where the cut is.
        model: From :meth:`FrozenStart.classifier`.
        images: From :meth:`FrozenStart.images`.
        epochs: How often each image is seen.
        rate: Learning rate; ten times that for the head.
    """
    head = list(model.head.parameters())
    rest = [] if start.cut == -1 else list(model.backbone.parameters())
    groups = [dict(params=rest, lr=rate), dict(params=head, lr=10 * rate)]
    optimizer = torch.optim.AdamW([group for group in groups if group['params']], weight_decay=1e-2)
    steps = epochs * -(-len(images) // 8)
    schedule = torch.optim.lr_scheduler.PolynomialLR(optimizer, steps, power=0.9)
    for _ in range(epochs):
        for batch in torch.randperm(len(images)).split(8):
            optimizer.zero_grad()
            for index in batch.tolist():
                (_loss(start, model, images[index]) / len(batch)).backward()
            nn.utils.clip_grad_norm_([*rest, *head], 5.0)
            optimizer.step()
            schedule.step()


def _loss(start: FrozenStart, model: nn.Module, image: Image) -> Tensor:
    """Return the loss of an image, which is flipped in half of the cases."""
    features, sample = image.features[None].float(), image.sample
    if torch.rand(()) < 0.5:
        features, sample = features.flip(-1), _flipped(sample)
    return sum(model.head.loss(start.head_input(model, features), [sample]).values())


def _flipped(sample: DataSample) -> DataSample:
    """Return a sample whose pseudo-label, if it has one, is mirrored."""
    if 'gt_seg_map' in sample:
        sample = sample.clone()
        sample.set_field(sample.gt_seg_map.flip(-1), 'gt_seg_map')
    return sample


def cam_of(start: FrozenStart, model: nn.Module, image: Image, softmax: bool = False) -> CamFile:
    """Return the maps of an image's own classes, at the size of the network's.

    Args:
        start: Where the cut is.
        model: From :meth:`FrozenStart.classifier`.
        image: From :meth:`FrozenStart.images`.
        softmax: See :class:`ppl_mm.CAMTTAModel`.
    """
    with torch.no_grad():
        feats = start.head_input(model, image.features[None].float())
        (sample,) = model.head.predict(feats, [image.sample.new()])
    ids = image.sample.gt_label.long().unique()
    cam = sample.cam[ids]
    if softmax:
        cam = nn.functional.pad(cam, (0, 0, 0, 0, 1, 0)).softmax(dim=0)[1:]
    return CamFile(
        class_ids=ids.numpy(),
        cam=normalize_cam(cam).numpy(),
        size=image.sample.ori_shape[:2],
        scale=cam.amax(dim=(1, 2)).relu().numpy(),
        score=sample.pred_score[ids].numpy(),
    )
