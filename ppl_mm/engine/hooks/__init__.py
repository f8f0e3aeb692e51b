from .cam_iou_hook import CAMIoUHook
from .cam_visualization_hook import CAMVisualizationHook
from .channels_last_hook import ChannelsLastHook
from .class_list_hook import ClassListHook
from .finite_hook import FiniteHook
from .padding_hook import PaddingHook
from .plain_checkpoint_hook import PlainCheckpointHook
from .progressive_stage_hook import ProgressiveStageHook
from .reseed_hook import ReseedHook
from .resumed_length_hook import ResumedLengthHook
from .stage_checkpoint_hook import StageCheckpointHook

__all__ = [
    'CAMIoUHook',
    'CAMVisualizationHook',
    'ChannelsLastHook',
    'ClassListHook',
    'FiniteHook',
    'PaddingHook',
    'PlainCheckpointHook',
    'ProgressiveStageHook',
    'ReseedHook',
    'ResumedLengthHook',
    'StageCheckpointHook',
]
