"""The maps of voc6's segmentation network, for tools/export_cam.py.

They are its scores for the classes of an image. Labels made from them train the next round.
"""

_base_ = './seg_deeplab_voc6.py'

test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='ppl_mm.ImageLabelDataset',
        data_root='data/voc6',
        data_prefix=dict(seg_map_path='SegmentationClass'),
        split='train',
        test_mode=True,
    )
)
tta_model = dict(type='ppl_mm.SegMapTTAModel')
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(
        type='TestTimeAug',
        transforms=[
            [dict(type='Resize', scale_factor=scale, keep_ratio=True) for scale in (0.75, 1.25)],
            _base_.flips,
            [dict(type='PackSegInputs', meta_keys=_base_.map_meta_keys)],
        ],
    ),
]
