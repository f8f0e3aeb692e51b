"""One view of an image, as a classifier sees it."""

from dataclasses import dataclass

import torch
from mmengine.model import BaseModel
from torch import Tensor

from ...models.cam_classifier import Readers


@dataclass(frozen=True, eq=False)
class SeenView:
    """What a classifier makes of one view of an image.

    Args:
        class_ids: The classes that the image shows, (n,).
        maps: Their maps, in 0.. and not divided, (n, h, w).
        read: What the readers make of it, by their names, (.., h', w').
    """

    class_ids: Tensor
    maps: Tensor
    read: dict[str, Tensor]


@torch.no_grad()
def see_view(model: BaseModel, item: dict, number: int, readers: Readers) -> SeenView:
    """Run a :class:`.CAMClassifier` on a view of an item of a data set that has several."""
    image, sample = item['inputs'][number], item['data_samples'][number]
    data = model.data_preprocessor(dict(inputs=[image], data_samples=[sample]))
    (predicted,), read = model.predict_with_cells(**data, readers=readers)
    class_ids = sample.gt_label.long().unique().to(predicted.cam.device)
    maps = predicted.cam[class_ids].float().relu()
    return SeenView(class_ids, maps, {name: seen[0] for name, seen in read.items()})
