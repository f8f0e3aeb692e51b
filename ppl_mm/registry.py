"""Registries of ppl_mm, children of mmengine's; write types as ``ppl_mm.X``.

Registration is lazy: a registry imports its ``locations`` when a name is first asked for. Nothing
else is imported here, because mmengine hides an ``ImportError`` that happens in this file.
"""

from mmengine import registry as mmengine
from mmengine.registry import Registry

# Backbones, necks, heads, classifiers and their test-time augmentation.
MODELS = Registry(
    'model',
    parent=mmengine.MODELS,
    scope='ppl_mm',
    locations=[
        'ppl_mm.models.affinity.loss',
        'ppl_mm.models.affinity.net',
        'ppl_mm.models.backbones.dilated_mobilenet_v2',
        'ppl_mm.models.backbones.efficientnet_lite',
        'ppl_mm.models.backbones.resnet38d',
        'ppl_mm.models.cam_classifier',
        'ppl_mm.models.cam_head',
        'ppl_mm.models.cam_tta',
        'ppl_mm.models.linear_probe',
        'ppl_mm.models.negative_reference',
        'ppl_mm.models.patch_learning',
        'ppl_mm.models.segmentation.balanced_loss',
        'ppl_mm.models.segmentation.deeplab_cam_head',
        'ppl_mm.models.segmentation.deeplab_v1_head',
        'ppl_mm.models.segmentation.deeplab_v2_head',
        'ppl_mm.models.segmentation.map_tta',
        'ppl_mm.models.self_training.head',
        'ppl_mm.models.self_training.label_loss',
        'ppl_mm.models.self_training.mixed_patches',
        'ppl_mm.refine.seg_tta',
    ],
)
# Stages over the epochs, what a checkpoint means to the run that loads it.
HOOKS = Registry('hook', parent=mmengine.HOOKS, scope='ppl_mm', locations=['ppl_mm.engine'])
# Training loops that step several stages in one iteration.
LOOPS = Registry('loop', parent=mmengine.LOOPS, scope='ppl_mm', locations=['ppl_mm.engine'])
# Image-level labels in, pseudo-labels out.
DATASETS = Registry(
    'dataset',
    parent=mmengine.DATASETS,
    scope='ppl_mm',
    locations=[
        'ppl_mm.datasets.cam_pseudo_label_dataset',
        'ppl_mm.datasets.image_label_dataset',
        'ppl_mm.datasets.voc_layout_dataset',
    ],
)
TRANSFORMS = Registry(
    'transform',
    parent=mmengine.TRANSFORMS,
    scope='ppl_mm',
    locations=[
        'ppl_mm.datasets.transforms.crops',
        'ppl_mm.datasets.transforms.distortion',
        'ppl_mm.datasets.transforms.loading',
        'ppl_mm.datasets.transforms.masks',
    ],
)
# CAM export and the threshold sweep.
METRICS = Registry(
    'metric',
    parent=mmengine.METRICS,
    scope='ppl_mm',
    locations=['ppl_mm.apis.exporting.cam_writer', 'ppl_mm.evaluation'],
)
# Steps from coarse scores to sharp ones, and the rules that label them. They
# have no parent: no other OpenMMLab package knows such parts.
REFINERS = Registry('refiner', scope='ppl_mm', locations=['ppl_mm.refine'])
LABEL_RULES = Registry('label rule', scope='ppl_mm', locations=['ppl_mm.refine'])
