"""Class activation maps: their files, their scores, their pseudo-labels."""
from ..utils.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    'cam_file': ('CamFile', 'cam_path', 'read_cam', 'write_cam'),
    'label_file': ('encode_label', 'label_path', 'read_label', 'read_mask',
                   'voc_palette', 'write_label'),
    'normalization': ('normalize_cam', ),
    'pseudo_label': ('foreground_score', 'label_from_cam', 'upsample_cam'),
})
