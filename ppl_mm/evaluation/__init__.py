"""How masks and maps are measured: one confusion matrix over a split."""

from .cam_iou import CAMIoU
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
from .label_writer import LabelWriter
from .multi_label_ap import MultiLabelAP, average_precision
from .seg_confusion import SegConfusion
from .summary import format_table, percent, summarize
from .threshold_sweep import ThresholdSweep

__all__ = [
    'CAMIoU',
    'LabelWriter',
    'MultiLabelAP',
    'SegConfusion',
    'ThresholdSweep',
    'average_precision',
    'confusion_matrix',
    'evaluate_folder',
    'evaluate_labels',
    'format_table',
    'iou_from_confusion',
    'mean_scores',
    'over_activation',
    'percent',
    'precision_from_confusion',
    'recall_from_confusion',
    'summarize',
    'under_activation',
]
