"""Class activation maps: their files, their scores, their pseudo-labels."""
from .cam_file import CamFile, cam_path, read_cam, write_cam
from .label_file import (
    encode_label,
    label_path,
    read_label,
    read_mask,
    voc_palette,
    write_label,
)
from .normalization import normalize_cam
from .pseudo_label import foreground_score, label_from_cam, upsample_cam

__all__ = [
    'CamFile', 'cam_path', 'encode_label', 'foreground_score',
    'label_from_cam', 'label_path', 'normalize_cam', 'read_cam', 'read_label',
    'read_mask', 'upsample_cam', 'voc_palette', 'write_cam', 'write_label'
]
