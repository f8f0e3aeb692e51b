"""pipeline.py with a second round: the segmentation network learns from its own maps again.

For one GPU. The second round costs another export and another training of the network.
"""

_base_ = './pipeline.py'

name = 'own_best'
segmentation = ['seg_deeplab_own.py', 'seg_deeplab_own.py']
segmentation_maps = 'maps_seg_own.py'
segmentation_labels = 'refine_self_trained_own.py'
