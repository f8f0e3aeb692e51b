"""How masks and maps are measured: one confusion matrix over a split."""
from ..utils.image_lists import read_ids as read_stems
from .cam_iou import CAMIoU
from .cam_writer import CAMWriter
from .confusion import (
    confusion_matrix,
    iou_from_confusion,
    mean_scores,
    over_activation,
    precision_from_confusion,
    recall_from_confusion,
    under_activation,
)
from .folders import evaluate_folder, evaluate_labels
from .report import format_table, summarize
from .seg_confusion import SegConfusion
from .threshold_sweep import ThresholdSweep

__all__ = [
    'CAMIoU', 'CAMWriter', 'SegConfusion', 'ThresholdSweep',
    'confusion_matrix', 'evaluate_folder', 'evaluate_labels', 'format_table',
    'iou_from_confusion', 'mean_scores', 'over_activation',
    'precision_from_confusion', 'read_stems', 'recall_from_confusion',
    'summarize', 'under_activation'
]
