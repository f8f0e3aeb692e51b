"""All steps on voc6, real photographs of six animal classes."""

name = 'voc6'
data_root = 'data/voc6'
# Self-training starts from the confident regions of a plain CAM. The paper's method, PPL, is
# cls_progressive_voc6.py.
methods = [
    dict(name='plain CAM', key='cam', configs='cls_cam_voc6.py'),
    dict(
        name='self-trained PPL',
        short='PPL-ST',
        key='ppl_st',
        configs=['cls_first_round_voc6.py', 'cls_self_trained_voc6.py'],
        labels='confident_voc6.py',
    ),
]
affinity = 'affinity_voc6.py'
affinity_labels = 'confident_self_trained_voc6.py'
refinement = 'refine_voc6.py'
segmentation = ['seg_deeplab_voc6.py', 'seg_again_voc6.py']
segmentation_maps = 'maps_seg_voc6.py'
segmentation_labels = 'refine_seg_voc6.py'
# VOC's own training images choose the thresholds; pseudo-labels and
# predictions are compared on them, too.
splits = dict(train='train', threshold='train_official', masked='train_official', val='val')
seed = 0
# This classifier has seen the images and their labels; ImageNet's has not.
start_segmentation_from_classifier = True
# On two cores: the first guess at the time left.
expected_seconds = dict(
    train_cam=600,
    export_cam=500,
    export_cam_val=100,
    train_ppl_st_1=200,
    export_ppl_st_1=300,
    label_ppl_st_1=400,
    train_ppl_st=700,
    export_ppl_st=500,
    export_ppl_st_val=100,
    refine_confident=400,
    train_affinity=300,
    refine=400,
    refine_val=60,
    train_seg_1=1600,
    export_seg_1=600,
    label_seg_1=350,
    train_seg=800,
    test_seg=50,
    test_seg_val=30,
)
