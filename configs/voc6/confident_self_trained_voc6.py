"""Sure regions of cls_self_trained_voc6.py's maps, for affinity_voc6.py.

The same as confident_voc6.py, but these maps are probabilities, cut best at
0.55.
"""

_base_ = './confident_voc6.py'

label = dict(
    _delete_=True,
    type='ppl_mm.Agreement',
    chains=[
        [
            dict(type='ppl_mm.ConstantBackground', threshold=threshold),
            dict(type='ppl_mm.DenseCRF', preset='irn', scale=500 / 320),
        ]
        for threshold in (0.7, 0.4)
    ],
)
