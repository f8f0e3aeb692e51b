"""DeepLab-v2, ResNet-101, on the pseudo-labels of VOC 2012 train_aug.

Values of kazuto1011/deeplab-pytorch, configs/voc12.yaml: 10 times the rate for
the head's weights, 20 times without decay for its biases (main.py,
get_params). Three differences: it starts from ImageNet (torchvision), where
that recipe, and many numbers published with it, start from COCO; the loss is
taken at one scale; and the batch is 12, 3 on each of 4 GPUs, where that has
10, with the rate times 12 / 10. The author of AdvCAM trains 30,000 iterations
with a balanced cross entropy (jbeomlee93/AdvCAM#9: 64.9 -> 68.1).

--tta: scales 0.5 to 1.75, flip, and the CRF of that recipe.
"""
_base_ = [
    '../_base_/models/deeplabv2_r101-d8.py',
    '../_base_/datasets/voc12_deeplab.py',
    '../_base_/schedules/seg_poly_20k.py',
    '../_base_/seg_runtime.py',
]

optim_wrapper = dict(
    optimizer=dict(lr=2.5e-4 * 12 / 10),
    paramwise_cfg=dict(
        custom_keys={
            'decode_head': dict(lr_mult=10.),
            **{f'decode_head.convs.{i}.bias': dict(lr_mult=20., decay_mult=0.)
               for i in range(4)},
        }))
tta_model = dict(
    type='ppl_mm.RefinedSegTTAModel',
    refiners=dict(type='ppl_mm.DenseCRF', preset='deeplab_v2'))
