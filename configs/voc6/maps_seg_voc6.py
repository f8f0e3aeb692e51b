"""The maps of voc6's segmentation network, for tools/export_cam.py.

What it sees of the classes that an image has; labels made of them teach the
next round.
"""
_base_ = ['./seg_deeplab_voc6.py', '../_base_/pipelines/seg_maps.py']

test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='ppl_mm.ImageLabelDataset',
        data_root='data/voc6',
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
                dict(type='Resize', scale_factor=scale, keep_ratio=True)
                for scale in (0.75, 1.25)
            ],
            [
                dict(type='RandomFlip', prob=prob, direction='horizontal')
                for prob in (0., 1.)
            ],
            [dict(type='PackSegInputs', meta_keys=_base_.seg_map_meta_keys)],
        ]),
]
