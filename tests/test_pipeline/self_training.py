"""The miniature with a method that learns from labels of the stage before."""

from test_pipeline.mini_configs import rewrite

SELF_TRAINED = """
_base_ = './cls_cam.py'
model = dict(
    neck=dict(type='ppl_mm.MixedPatchLearning', position=4, grid=2),
    head=dict(type='ppl_mm.SelfTrainedCAMHead'))
tta_model = dict(softmax=True)
train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='ppl_mm.LoadLabel'),
    dict(type='ppl_mm.RandomResizeLong', min_size=48, max_size=64),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='ppl_mm.RandomFillCrop', crop_size=48),
    dict(type='PackInputs', algorithm_keys=('gt_seg_map', ))]
train_dataloader = dict(dataset=dict(
    label_dir='work_dirs/labels', pipeline=train_pipeline))
"""
ONE = "configs='cls_progressive.py')"
TWO = "configs=['cls_progressive.py', 'cls_self_trained.py'], labels='confident.py')"


def add_self_training(mini, method=TWO):
    """Let the second stage of PPL learn from the first."""
    (mini.folder / 'cls_self_trained.py').write_text(SELF_TRAINED)
    rewrite(mini, ONE, method)
    return mini
