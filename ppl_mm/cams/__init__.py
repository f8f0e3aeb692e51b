"""The mathematics of class activation maps, and of their pseudo-labels."""

from ..utils.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        'auto_threshold': ('choose_threshold',),
        'geometry': ('lay_over',),
        'normalization': ('normalize_cam',),
        'pseudo_label': (
            'common_cut',
            'foreground_score',
            'image_maps',
            'label_from_cam',
            'level',
            'upsample_cam',
        ),
    },
)
