"""The preset quick on small drawings, in a quarter of its time: for the pictures of a page."""

_base_ = '../../../configs/own/pipeline_quick.py'

methods = [dict(name='CAM', key='cam', configs='classifier.py')]
refinement = '../../../configs/own/refine_own.py'
segmentation = 'network.py'
