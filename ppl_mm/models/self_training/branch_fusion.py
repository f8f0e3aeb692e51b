"""One activation map from those of the global and the patch branches.

The paper's classifier adds the branches up: concatenated features and one 1x1
convolution are a sum of one convolution for each branch (arXiv 2209.07828,
Fig. 2). A branch with strong activations then decides alone. The other rules
are ours: they give each branch the same say, whatever its scale.
"""

import torch
from torch import Tensor

from ...cams import normalize_cam

FUSIONS = ('sum', 'mean', 'geometric', 'global', 'patches')


def fuse_branches(cams: Tensor, rule: str) -> Tensor:
    """Fuse the maps of one image.

    Args:
        cams (Tensor): Raw maps (branches, num_classes, H, W), the global
            branch first, whose sum is the classifier's map.
        rule (str): 'sum', the paper's; 'mean', of branches that are cut at 0
            and divided by their maximum, for each class; 'geometric', the
            geometric mean of those, high only where all branches are; or
            'global' and 'patches', one side alone (patches: their sum).

    Returns:
        Tensor: (num_classes, H, W).
    """
    if rule == 'sum' or len(cams) == 1:
        return cams.sum(dim=0)
    if rule == 'global':
        return cams[0]
    if rule == 'patches':
        return cams[1:].sum(dim=0)
    cams = torch.stack([normalize_cam(cam) for cam in cams])
    if rule == 'mean':
        return cams.mean(dim=0)
    return cams.prod(dim=0).pow(1 / len(cams))
