"""The chains that the project ships: each makes labels of the right kind."""

from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config

from ppl_mm.formats.cam_file import CamFile
from ppl_mm.formats.export_record import ExportRecord
from ppl_mm.refine import RefinerChain
from ppl_mm.refine.config import chain_settings

CONFIGS = Path(__file__).parents[2] / 'configs'
REFINE = sorted(CONFIGS.glob('[!_]*/refine_*.py'))
CHAINS = sorted(CONFIGS.glob('[!_]*/chains_*.py'))


def chains_of(path):
    """The chains of a config, for an export; a walk would need weights, so it is left out."""
    cfg, export = Config.fromfile(path), ExportRecord(classes=('a', 'b', 'c'), threshold=0.3)
    found = dict(cfg.get('chains', {})) or {path.stem: cfg}
    found = {name: chain_settings(chain, name, export) for name, chain in found.items()}
    return {
        name: [step for step in chain.refiners if step['type'] != 'ppl_mm.RandomWalk']
        for name, chain in found.items()
    }


@pytest.mark.parametrize('path', REFINE + CHAINS, ids=lambda p: f'{p.parent.name}/{p.stem}')
def test_every_chain_labels_an_image(path):
    pytest.importorskip('pydensecrf')
    image = np.full((24, 32, 3), 90, np.uint8)
    image[4:20, 4:16] = 200
    cam = np.zeros((1, 6, 8), np.float16)
    cam[0, 1:5, 1:4] = 1
    for name, refiners in chains_of(path).items():
        label = RefinerChain(refiners)(image, CamFile([2], cam, (24, 32)))
        assert set(np.unique(label)) <= {0, 3}, name
        assert label[12, 8] == 3, name


@pytest.mark.parametrize('path', REFINE, ids=lambda p: f'{p.parent.name}/{p.stem}')
def test_a_walk_names_a_config_that_is_there(path):
    for step in Config.fromfile(path).refiners:
        if step.type == 'ppl_mm.RandomWalk':
            assert (CONFIGS.parent / step.affinity_net).is_file()
            assert step.checkpoint.startswith('work_dirs/')


def test_demo_and_voc6_are_refined():
    assert {'demo/refine_demo', 'voc6/refine_voc6'} <= {
        f'{path.parent.name}/{path.stem}' for path in REFINE
    }
