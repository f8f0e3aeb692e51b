"""The maps of seg_deeplab_own.py, for tools/export_cam.py.

They are its scores for the classes of a photo. Labels made from them train the second round.
"""

_base_ = './seg_deeplab_own.py'

test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='ppl_mm.ImageLabelDataset',
        data_root=_base_.own_data_root,
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
            [dict(type='Resize', scale=(side, side), keep_ratio=True) for side in (384, 640)],
            _base_.flips,
            [dict(type='PackSegInputs', meta_keys=_base_.map_meta_keys)],
        ],
    ),
]
# The best on voc6's masks, to a tenth, for maps of this kind.
export_threshold = 0.6
