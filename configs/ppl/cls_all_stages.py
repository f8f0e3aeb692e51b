"""Progressive patch learning, every stage stepped in each iteration (PMG)."""
_base_ = './cls_stage1.py'

train_cfg = dict(
    _delete_=True,
    type='ppl_mm.AllStagesTrainLoop',
    max_epochs=5,
    stages=[
        dict(position=7, grid=2),
        dict(position=13, grid=2),
        dict(position=15, grid=2),
    ])
