"""PSA's way from CAMs to pseudo-labels, MS COCO 2014; values as for VOC."""
_base_ = './refine_psa.py'

refiners = [
    _base_.refiners[0],
    dict(
        _base_.refiners[1],
        affinity_net=(
            'configs/affinity/'
            'affinity_resnet38d_4xb2-8e_coco14-448x448.py'),
        checkpoint='work_dirs/affinity_resnet38d_4xb2-8e_coco14-448x448'),
]
