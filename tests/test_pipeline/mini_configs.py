"""Changes to the config of the miniature pipeline, and what they make of its plan."""

from pathlib import Path

from ppl_mm.pipeline.plan import make_plan
from ppl_mm.pipeline.settings import load_settings

OWN_PRESET = """
name = 'tiny'
data_root = 'data/mine'
methods = [dict(name='CAM', key='cam', configs='cls_cam.py')]
refinement = 'refine.py'
segmentation = 'seg.py'
splits = dict(train='train', threshold='train_masks', masked='train_masks', val='val')
masks_optional = True
"""


def rewrite(mini, old, new):
    text = mini.config.read_text()
    assert old in text
    mini.config.write_text(text.replace(old, new))


def write_own_preset(mini, refinement, more_of_seg=''):
    """Write a preset of make_masks.py, whose classes are those of the data; return its path."""
    base = f'{mini.root}/configs/_base_/datasets/own_data.py'
    for name, head, number, more in (
        ('cls_cam', 'head', 'own_num_classes', ''),
        ('seg', 'decode_head', 'own_num_channels', more_of_seg),
    ):
        path = mini.folder / f'{name}.py'
        path.rename(mini.folder / f'{name}_plain.py')
        path.write_text(
            f"_base_ = ['{base}', './{name}_plain.py']\n"
            f'model = dict({head}=dict(num_classes=_base_.{number}))\n{more}'
        )
    (mini.folder / 'refine.py').write_text(refinement)
    (mini.folder / 'tiny.py').write_text(OWN_PRESET)
    return mini.folder / 'tiny.py'


def plan(mini):
    """Return the steps by name."""
    steps = make_plan(load_settings(mini.config), Path('work'), Path('tools'))
    return {step.name: step for step in steps}
