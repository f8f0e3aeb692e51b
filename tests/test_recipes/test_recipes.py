"""Every recipe trains, is interrupted, resumes and is tested, on a CPU.

On data in the official layouts of VOC 2012 and COCO 2014, at an eighth of the
width. The whole list is `make test-configs`; a sample is always run.
"""

from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]
FOLDERS = ('baseline', 'ppl', 'affinity', 'seg')
SAMPLE = {
    'cls_cam',
    'ppl-progressive_resnet38d_4xb2-24e_coco14-448x448',
    'ppl-progressive_resnet50_4xb4-15e_voc12aug-512x512',
    'ppl-self-trained_resnet38d_4xb2-8e_voc12aug-448x448',
    'affinity_resnet38d_4xb2-8e_voc12aug-448x448',
    'deeplabv1_r38-d8_4xb3-20k_voc12aug-448x448',
    'deeplabv2_r101-d8_4xb3-100k_coco14ppl-321x321',
    'deeplabv3plus_r50',
}


def recipes(*folders):
    """Configs that train."""
    return [
        path
        for folder in folders
        for path in sorted((ROOT / 'configs' / folder).glob('*.py'))
        if not path.stem.startswith(('chains_', 'confident_', 'refine_'))
    ]


def marked(paths):
    """All but the sample belong to the long list."""

    def marks(stem):
        if stem not in SAMPLE:
            return [pytest.mark.configs]
        return [pytest.mark.slow] if 'deeplabv3plus' in stem else []

    return [pytest.param(path, id=path.stem, marks=marks(path.stem)) for path in paths]


def weights(path):
    checkpoint = torch.load(path, weights_only=True)
    assert all(value.isfinite().all() for value in checkpoint['state_dict'].values())
    return checkpoint['state_dict']


def train_and_resume(path, command, work_dir):
    """An interrupted run ends as one that was not."""
    command('train', path, '--work-dir', work_dir)
    first, *_, last = sorted(work_dir.glob('*_[0-9].pth'))
    whole = weights(last)
    last.unlink()
    (work_dir / 'last_checkpoint').write_text(str(first))
    command('train', path, '--work-dir', work_dir, '--resume')
    resumed = weights(last)
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)
    start = weights(first)
    assert any(not torch.equal(start[key], whole[key]) for key in whole)


@pytest.mark.parametrize('path', marked(recipes('baseline', 'ppl')))
def test_classifier(path, shrink, command, on_machine, tmp_path):
    config = shrink(path)
    text = config.read_text()
    if 'load_from = None' not in text:  # a stage whose first one is not run
        config.write_text(text + '\nload_from = None\n')
    train_and_resume(config, command, tmp_path / 'work')
    scores = command('test', config, tmp_path / 'work', '--work-dir', tmp_path / 'test')
    assert 0 <= scores['multi-label/mAP'] <= 100


@pytest.mark.parametrize('path', marked(recipes('affinity')))
def test_affinity_net(path, shrink, command, on_machine, tmp_path):
    train_and_resume(shrink(path), command, tmp_path / 'work')


@pytest.mark.parametrize('path', marked(recipes('seg')))
def test_segmentation(path, shrink, command, on_machine, tmp_path):
    pytest.importorskip('pydensecrf')
    config = shrink(path)
    train_and_resume(config, command, tmp_path / 'work')
    arguments = (config, tmp_path / 'work', '--work-dir', tmp_path / 'test')
    for more in ((), ('--tta',), ('--tta', '--cfg-options', 'tta_model.refiners=[]')):
        assert 0 <= command('test', *arguments, *more)['mIoU'] <= 100


def test_the_sample_is_part_of_the_list():
    assert {path.stem for path in recipes(*FOLDERS)} >= SAMPLE
