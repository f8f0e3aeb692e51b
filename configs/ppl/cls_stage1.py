"""Progressive patch learning, stage 1: the cut after a middle block.

The paper fixes neither positions nor K; 2 x 2 is what its Fig. 2 draws, and
the ends of the residual stages are our choice of positions.
"""
_base_ = '../baseline/cls_cam.py'

# After layer2; `python -m ppl_mm.models.block_chain CONFIG` lists the blocks.
model = dict(neck=dict(type='ppl_mm.PatchLearning', position=7, grid=2))
