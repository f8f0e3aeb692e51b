"""How masks and maps are measured: one confusion matrix over a split."""

from .cam_iou import CAMIoU
from .confusion import class_scores, confusion_matrix, mean_scores
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
    'class_scores',
    'confusion_matrix',
    'evaluate_folder',
    'evaluate_labels',
    'format_table',
    'mean_scores',
    'percent',
    'summarize',
]
