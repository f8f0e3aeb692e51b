"""The random walk as a refiner, against its matrix step by step."""

import pickle

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config
from test_refine.dense_walk import dense_walk

from ppl_mm.errors import UserError
from ppl_mm.models.affinity.neighbourhood import pair_affinities
from ppl_mm.refine import RandomWalk, RefinerChain, Scores
from ppl_mm.refine.random_walk import load_affinity_net
from ppl_mm.registry import MODELS, REFINERS

CONFIG = """
model = dict(
    type='ppl_mm.AffinityNet',
    data_preprocessor=dict(
        mean=[10., 20., 30.], std=[50., 60., 70.], bgr_to_rgb=True),
    backbone=dict(
        type='mmpretrain.ResNet', depth=18, stem_channels=4, base_channels=4,
        init_cfg=dict(type='Pretrained', checkpoint='not/there.pth')),
    taps=(2, 4), channels=(3, 4), stride=4)
"""


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """A config and a work folder with weights of its network."""
    folder = tmp_path_factory.mktemp('net')
    config, work_dir = folder / 'tiny_affinity.py', folder / 'work'
    config.write_text(CONFIG)
    torch.manual_seed(0)
    net = MODELS.build(Config.fromfile(config).model)
    with torch.no_grad():
        net.head.mix.weight *= 0.3
    work_dir.mkdir()
    path = work_dir / 'epoch_1.pth'
    torch.save(dict(state_dict=net.state_dict()), path)
    (work_dir / 'last_checkpoint').write_text(str(path))
    return dict(affinity_net=str(config), checkpoint=str(work_dir))


@pytest.fixture
def walk(files):
    return RandomWalk(**files)


def sample(n=2, size=(26, 33), background=True):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*size, 3), np.uint8)
    values = rng.random((1 + n, *size), np.float32)
    values[0] *= background
    return image, Scores(values, np.arange(n) * 3, has_background=background)


def by_hand(files, image, channels, beta, steps_log2):
    """The walk of channels (C, H, W) step by step, with the matrix."""
    net = load_affinity_net(files['affinity_net'], files['checkpoint'] + '/epoch_1.pth')
    mean, std = np.array([10.0, 20, 30]), np.array([50.0, 60, 70])
    inputs = torch.from_numpy((image - mean) / std).permute(2, 0, 1).float()
    with torch.no_grad():
        features = net(inputs[None])
    cells = F.adaptive_avg_pool2d(torch.from_numpy(channels), features.shape[2:])
    affinities = pair_affinities(features, 5)[0]
    walked = dense_walk(cells, affinities, 5, beta, steps_log2)
    return F.interpolate(walked[None], size=image.shape[:2], mode='bilinear')[0].numpy()


@pytest.mark.parametrize('settings', [{}, dict(steps_log2=2), dict(beta=1, steps_log2=2)])
def test_refine_step_by_step(files, settings):
    image, scores = sample()
    refined = RandomWalk(**files, **settings)(image, scores)
    published = dict(beta=10, steps_log2=8)
    expected = by_hand(files, image, scores.values, **published | settings)
    np.testing.assert_allclose(refined.values, expected, atol=1e-5)
    assert refined.has_background
    assert abs(refined.values - scores.values).max() > 0.1


def test_without_a_background_the_classes_walk_alone(walk):
    image, scores = sample(background=False)
    refined = walk(image, scores)
    assert not refined.has_background and not refined.values[0].any()
    both = walk(*sample())
    np.testing.assert_allclose(refined.foreground, both.foreground, atol=1e-7)


def test_without_a_class_nothing_is_done(walk):
    image, scores = sample(n=0)
    assert walk(image, scores) is scores
    assert walk._net is None


@pytest.mark.parametrize('size', [(1, 1), (1, 40), (40, 1), (3, 5), (31, 18)])
def test_sizes(walk, size):
    image, scores = sample(size=size)
    refined = walk(image, scores)
    assert refined.values.shape == scores.values.shape
    assert refined.values.min() >= 0 and refined.values.max() <= 1


def test_a_pickle_holds_paths_and_no_network(walk):
    image, scores = sample()
    refined = walk(image, scores)
    data = pickle.dumps(walk)
    assert walk._net is not None and len(data) < 1000
    again = pickle.loads(data)(image, scores)
    np.testing.assert_array_equal(again.values, refined.values)


def test_the_network_is_made_once(walk, monkeypatch):
    walk(*sample())
    monkeypatch.setattr('ppl_mm.refine.random_walk.load_affinity_net', None)
    walk(*sample())


def test_in_a_chain_as_irn(files):
    image, scores = sample(background=False)
    chain = RefinerChain(
        [
            dict(type='ppl_mm.RandomWalk', **files),
            dict(type='ppl_mm.Renormalize'),
            dict(type='ppl_mm.ConstantBackground', threshold=0.25),
        ]
    )
    for step in chain.steps:
        scores = step(image, scores)
    np.testing.assert_allclose(scores.foreground.max(axis=(1, 2)), 1)
    assert (scores.values[0] == np.float32(0.25)).all()


def test_a_scope_of_others_is_left_as_it_is(walk):
    from mmengine.registry import DefaultScope

    DefaultScope.get_instance('here', scope_name='mmpretrain')
    walk(*sample())
    assert DefaultScope.get_current_instance().scope_name == 'mmpretrain'


def test_auto_takes_a_gpu_only_if_there_is_one(files):
    device = RandomWalk(**files, device='auto').device
    assert device == ('cuda' if torch.cuda.is_available() else 'cpu')


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_a_gpu_gives_the_same(walk, files):
    on_gpu = RandomWalk(**files, device='cuda')(*sample())
    np.testing.assert_allclose(on_gpu.values, walk(*sample()).values, atol=1e-3)


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(affinity_net='none.py'), 'none.py: no such config'),
        (dict(checkpoint='none.pth'), 'none.pth: no checkpoint is there'),
        (dict(beta=0), 'beta=0 must be above 0'),
        (dict(steps_log2=-1), 'steps_log2=-1'),
        (dict(steps_log2=13), 'steps_log2=13'),
        (dict(steps_log2=2.5), 'steps_log2=2.5'),
    ],
)
def test_wrong_settings_are_found_at_once(files, settings, message):
    with pytest.raises(UserError, match=message):
        REFINERS.build(dict(type='ppl_mm.RandomWalk', **{**files, **settings}))


def test_weights_of_another_network(files, tmp_path):
    other = tmp_path / 'other.py'
    other.write_text(CONFIG.replace('channels=(3, 4)', 'channels=(3, 5)'))
    walk = RandomWalk(str(other), files['checkpoint'])
    with pytest.raises(UserError, match='does not fit AffinityNet: .*head'):
        walk(*sample())


def test_a_broken_checkpoint(files, tmp_path):
    path = tmp_path / 'broken.pth'
    path.write_bytes(b'no checkpoint')
    walk = RandomWalk(files['affinity_net'], str(path))
    with pytest.raises(UserError, match='broken.pth'):
        walk(*sample())


def test_a_config_of_something_else(files, tmp_path):
    path = tmp_path / 'other.py'
    path.write_text("model = dict(type='ppl_mm.CAMClassifier')")
    walk = RandomWalk(str(path), files['checkpoint'])
    with pytest.raises(UserError, match='not a ppl_mm.AffinityNet'):
        walk(*sample())
