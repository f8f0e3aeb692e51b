"""Progressive patch learning, stage 1, ResNet38d, PASCAL VOC 2012."""

_base_ = '../baseline/cls_cam.py'

# The paper fixes neither cuts nor grid. Our choice: the ends of b3, b4 and b5, deeper in
# each stage, 2 x 2 patches as in its Fig. 2. `python -m ppl_mm.models.block_chain CONFIG`
# lists the blocks.
model = dict(neck=dict(type='ppl_mm.PatchLearning', position=6, grid=2))
