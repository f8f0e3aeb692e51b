"""All steps on the embedded demo data: `make demo`."""

name = 'demo'
data_root = 'data/demo'
make_data = dict(tool='dataset_converters/make_demo_data.py', seed=0)
# The first is what the others are compared with; the last makes the
# pseudo-labels.
methods = [
    dict(name='plain CAM', key='cam', configs='cls_cam_demo.py'),
    dict(name='PPL', key='ppl', configs='cls_progressive_demo.py'),
]
refinement = 'refine_demo.py'
segmentation = 'seg_deeplab_demo.py'
# The masks of train choose thresholds and measure results; no training uses them.
splits = dict(train='train', threshold='train', masked='train', val='val')
seed = 0
start_segmentation_from_classifier = True
segmentation_tta = True
# On two cores: the first guess at the time left.
expected_seconds = dict(
    train_cam=73,
    export_cam=38,
    export_cam_val=12,
    train_ppl=129,
    export_ppl=53,
    export_ppl_val=13,
    refine=18,
    refine_val=9,
    train_seg=140,
    test_seg=55,
    test_seg_val=15,
)
