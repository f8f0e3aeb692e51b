"""The method: backbones seen as chains of blocks, patch learning, CAMs."""

from ..utils.lazy import lazy_exports
from . import chains  # noqa: F401  (registers the chains)

# Not lazy: the function has the name of its module.
from .block_chain import Block, BlockChain, block_chain, register_block_chain

# Importing one module must not import all: refinement needs the affinities of
# pixel pairs, and no backbone. The registry knows where each type is.
__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        'affinity.loss': ('AffinityLoss',),
        'affinity.net': ('AffinityNet',),
        'backbones.dilated_mobilenet_v2': ('DilatedMobileNetV2',),
        'backbones.efficientnet_lite': ('EfficientNetLite',),
        'backbones.resnet38d': ('ResNet38d',),
        'cam_classifier': ('CAMClassifier',),
        'cam_head': ('CAMHead',),
        'cam_tta': ('CAMTTAModel',),
        'linear_probe': ('LinearProbe',),
        'negative_reference': ('NegativeReference',),
        'patch_learning': ('MultiGranularityFusion', 'PatchLearning'),
        'segmentation.balanced_loss': ('BalancedCrossEntropyLoss',),
        'segmentation.deeplab_cam_head': ('DeepLabCAMHead',),
        'segmentation.deeplab_v1_head': ('DeepLabV1Head',),
        'segmentation.deeplab_v2_head': ('DeepLabV2Head',),
        'segmentation.map_tta': ('SegMapTTAModel',),
        'self_training.head': ('SelfTrainedCAMHead',),
        'self_training.label_loss': ('LabelLoss',),
        'self_training.mixed_patches': ('MixedPatchLearning',),
    },
)
__all__ += ['Block', 'BlockChain', 'block_chain', 'register_block_chain']
