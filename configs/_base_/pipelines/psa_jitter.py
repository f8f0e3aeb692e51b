"""Colour jitter of PSA, SEAM and their like, for a config to splice in.

torchvision's, as theirs (train_cls.py, train_SEAM.py, train_aff.py): 0.3, 0.3,
0.3, 0.1. mmpretrain's own ColorJitter fails with NumPy 2 where it turns the
hue backwards.
"""
psa_jitter = [
    dict(type='mmpretrain.NumpyToPIL', to_rgb=True),
    dict(
        type='mmpretrain.torchvision/ColorJitter', brightness=0.3,
        contrast=0.3, saturation=0.3, hue=0.1),
    dict(type='mmpretrain.PILToNumpy', to_bgr=True),
]
