"""All steps on your own photos; where some have masks, everything is measured."""

name = 'own'
# mmengine takes configs that import os for another kind, and its {{$OWN_DATA}} breaks at quotes.
data_root = __import__('os').environ.get('OWN_DATA', 'data/mine')
methods = [
    dict(name='plain CAM', key='cam', configs='cls_cam_own.py'),
    dict(
        name='self-trained PPL',
        short='PPL-ST',
        key='ppl_st',
        configs=['cls_first_round_own.py', 'cls_self_trained_own.py'],
        labels='confident_own.py',
        # A second classifier can learn mistakes: the better stage's maps are used.
        keep_better=True,
    ),
]
refinement = 'refine_self_trained_own.py'
segmentation = 'seg_deeplab_own.py'
# own_data.py writes these lists; train_masks is the part of train with masks.
splits = dict(train='train', threshold='train_masks', masked='train_masks', val='val')
# Without masks nothing is measured, and no plain CAM is trained to compare with.
masks_optional = True
seed = 0
