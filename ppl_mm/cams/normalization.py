"""From a classifier's raw maps to maps that one threshold can cut."""

import torch


def normalize_cam(cam: torch.Tensor) -> torch.Tensor:
    """Cut away negative evidence and divide each map (n, h, w) by its own maximum.

    As in PSA (Ahn and Kwak, CVPR 2018, arXiv 1803.10464) and IRN (Ahn et al., CVPR 2019, arXiv
    1904.05044), but without the small constant that they add to the maximum: the strongest pixel
    is exactly 1. A map without positive evidence stays zero.

    Examples:
        >>> normalize_cam(torch.tensor([[[-1., 2., 4.]]]))
        tensor([[[0.0000, 0.5000, 1.0000]]])
    """
    if cam.ndim != 3:
        raise ValueError(f'expect maps (n, h, w), got {tuple(cam.shape)}')
    cam = cam.relu()
    if not cam.numel():
        return cam
    maximum = cam.amax(dim=(1, 2), keepdim=True)  # (n, 1, 1)
    return cam / torch.where(maximum > 0, maximum, 1)
