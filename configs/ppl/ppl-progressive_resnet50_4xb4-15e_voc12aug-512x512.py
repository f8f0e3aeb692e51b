"""Progressive patch learning, all stages in one run, ResNet-50, PASCAL VOC 2012.

Each stage is as long as the training of the plain CAM: our choice, and so are the cuts.
"""

_base_ = '../baseline/cam_resnet50_4xb4-5e_voc12aug-512x512.py'

model = dict(neck=dict(type='ppl_mm.PatchLearning', position=7, grid=2))
train_cfg = dict(max_epochs=15)
custom_hooks = [
    dict(
        type='ppl_mm.ProgressiveStageHook',
        stages=[
            dict(position=7, grid=2, epochs=5),  # after layer2
            dict(position=13, grid=2, epochs=5),  # after layer3
            dict(position=15, grid=2, epochs=5),  # inside layer4
        ],
    )
]
