"""Labels of the maps of maps_seg_voc6.py, for the next round on voc6.

The threshold is the best on train_official, with CRF and without, to a tenth.
"""
refiners = [
    dict(type='ppl_mm.ConstantBackground', threshold=0.6),
    # The long side is 320; the preset is for images of 500.
    dict(type='ppl_mm.DenseCRF', preset='irn', scale=500 / 320),
]
