# These register chains; nothing of them is called by name.
from . import conv_chains, token_chains  # noqa: F401
from .affinity_loss import AffinityLoss
from .affinity_net import AffinityNet
from .balanced_loss import BalancedCrossEntropyLoss
from .block_chain import Block, BlockChain, block_chain, register_block_chain
from .cam_classifier import CAMClassifier
from .cam_head import CAMHead
from .cam_tta import CAMTTAModel
from .deeplab_v1_head import DeepLabV1Head
from .deeplab_v2_head import DeepLabV2Head
from .dilated_mobilenet_v2 import DilatedMobileNetV2
from .label_loss import LabelLoss
from .patch_learning import MultiGranularityFusion, PatchLearning
from .refined_seg_tta import RefinedSegTTAModel
from .resnet38d import ResNet38d
from .seg_map_tta import SegMapTTAModel

__all__ = [
    'AffinityLoss', 'AffinityNet', 'BalancedCrossEntropyLoss', 'Block',
    'BlockChain', 'CAMClassifier', 'CAMHead', 'CAMTTAModel', 'DeepLabV1Head',
    'DeepLabV2Head', 'DilatedMobileNetV2', 'LabelLoss',
    'MultiGranularityFusion', 'PatchLearning', 'RefinedSegTTAModel',
    'ResNet38d', 'SegMapTTAModel', 'block_chain', 'register_block_chain'
]
