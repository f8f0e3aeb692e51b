"""IRN's way from CAMs to pseudo-labels, MS COCO 2014; values as for VOC."""
_base_ = './refine_irn.py'

refiners = [
    dict(
        _base_.refiners[0],
        affinity_net=(
            'configs/affinity/'
            'affinity_resnet50_4xb8-3e_coco14-512x512.py'),
        checkpoint='work_dirs/affinity_resnet50_4xb8-3e_coco14-512x512'),
    *_base_.refiners[1:],
]
