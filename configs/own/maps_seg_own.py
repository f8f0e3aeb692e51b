"""The maps of seg_deeplab_own.py, for tools/export_cam.py.

What it sees of the classes that a photo has; labels made of them teach the
second round.
"""
_base_ = ['./seg_deeplab_own.py', '../_base_/pipelines/seg_maps.py']

test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='ppl_mm.ImageLabelDataset',
        data_root=_base_.own_data_root,
        data_prefix=dict(seg_map_path='SegmentationClass'),
        split='train',
        test_mode=True))
tta_model = dict(type='ppl_mm.SegMapTTAModel')
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(
        type='TestTimeAug',
        transforms=[
            [
                dict(type='Resize', scale=(side, side), keep_ratio=True)
                for side in (384, 640)
            ],
            [
                dict(type='RandomFlip', prob=prob, direction='horizontal')
                for prob in (0., 1.)
            ],
            [dict(type='PackSegInputs', meta_keys=_base_.seg_map_meta_keys)],
        ]),
]
