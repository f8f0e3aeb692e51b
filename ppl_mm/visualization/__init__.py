"""Pictures of maps, labels and scores, as arrays and as PNGs."""

from .curves import Curve, draw_curves
from .figures import save_figure
from .overlay import colorize, overlay_label, overlay_score
from .panel import Cell, draw_panel

__all__ = [
    'Cell',
    'Curve',
    'colorize',
    'draw_curves',
    'draw_panel',
    'overlay_label',
    'overlay_score',
    'save_figure',
]
