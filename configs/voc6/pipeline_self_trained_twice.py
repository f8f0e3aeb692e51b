"""The voc6 pipeline with two self-trained stages.

Better maps make better labels: an epoch of plain CAM, an epoch on its labels,
and an epoch on the labels of that one.
"""

_base_ = './pipeline.py'

name = 'voc6_self_trained_twice'
methods = [
    dict(name='plain CAM', key='cam', configs='cls_cam_voc6.py'),
    dict(
        name='self-trained PPL, twice',
        short='PPL-ST 2',
        key='ppl_st',
        configs=[
            'cls_first_round_voc6.py',
            'cls_self_trained_once_voc6.py',
            'cls_self_trained_twice_voc6.py',
        ],
        # The maps of a self-trained stage are probabilities, cut at another
        # threshold.
        labels=['confident_voc6.py', 'confident_self_trained_voc6.py'],
    ),
]
