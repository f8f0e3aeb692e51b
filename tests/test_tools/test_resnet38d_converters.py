"""Published weights of ResNet38d, from files that the test writes."""

import re
import struct
from collections import OrderedDict

import pytest
import torch

from ppl_mm.models import ResNet38d

WIDTH = 0.125
UNITS = {
    'b2': '2a',
    'b2_1': '2b1',
    'b2_2': '2b2',
    'b3': '3a',
    'b3_1': '3b1',
    'b3_2': '3b2',
    'b4': '4a',
    'b4_1': '4b1',
    'b4_2': '4b2',
    'b4_3': '4b3',
    'b4_4': '4b4',
    'b4_5': '4b5',
    'b5': '5a',
    'b5_1': '5b1',
    'b5_2': '5b2',
    'b6': '6a',
    'b7': '7a',
}
NORM = {
    'weight': 'arg:{}_gamma',
    'bias': 'arg:{}_beta',
    'running_mean': 'aux:{}_moving_mean',
    'running_var': 'aux:{}_moving_var',
}


@pytest.fixture
def state():
    """Random weights, without the count of batches."""
    net = ResNet38d(width=WIDTH)
    return OrderedDict(
        (key, torch.rand_like(value))
        for key, value in net.state_dict().items()
        if not key.endswith('num_batches_tracked')
    )


def mxnet_name(key):
    """What MXNet's file calls a weight."""
    if key == 'conv1a.weight':
        return 'arg:conv1a_weight'
    if key.startswith('bn7.'):
        return NORM[key.split('.')[1]].format('bn7')
    unit, layer, what = key.split('.')
    kind, branch = layer.split('_')
    if kind == 'conv':
        return f'arg:res{UNITS[unit]}_{branch}_weight'
    return NORM[what].format(f'bn{UNITS[unit]}_{branch}')


def write_params(path, arrays):
    """In the form of 2016, as the published file: neither magic nor int64."""
    with path.open('wb') as file:
        file.write(struct.pack('<QQQ', 0x112, 0, len(arrays)))
        for value in arrays.values():
            file.write(struct.pack(f'<I{value.ndim}I', value.ndim, *value.shape))
            file.write(struct.pack('<iii', 1, 0, 0))
            file.write(value.numpy().tobytes())
        file.write(struct.pack('<Q', len(arrays)))
        for name in arrays:
            file.write(struct.pack('<Q', len(name)) + name.encode())


@pytest.fixture
def params(state, tmp_path):
    """An MXNet file with the classifier of ImageNet."""
    path = tmp_path / 'a1.params'
    write_params(
        path,
        {
            **{mxnet_name(key): value for key, value in state.items()},
            'arg:linear1000_weight': torch.rand(10, 512),
            'arg:linear1000_bias': torch.rand(10),
        },
    )
    return path


def assert_loads(path, state):
    """Strictly, key by key, and through a config."""
    found = torch.load(path, weights_only=True)['state_dict']
    net = ResNet38d(width=WIDTH)
    net.load_state_dict(found, strict=True)
    other = ResNet38d(width=WIDTH, init_cfg=dict(type='Pretrained', checkpoint=str(path)))
    other.init_weights()
    for model in (net, other):
        values = model.state_dict()
        assert all(torch.equal(values[key], state[key]) for key in state)
    assert found.keys() == net.state_dict().keys()


def test_a_file_of_mxnet(tool, params, state, tmp_path):
    out = tmp_path / 'weights/resnet38d.pth'
    done = tool('model_converters/resnet38d_from_mxnet', params, out, width=WIDTH)
    assert done.code == 0, done.output
    assert 'every layer of ResNet38d' in done.output
    assert 'note: MD5' in done.output  # ours is not the published one
    assert_loads(out, state)


@pytest.mark.parametrize(
    'change, message',
    [
        (
            lambda arrays: arrays.pop('arg:res4b3_branch2a_weight'),
            r'1 missing \(b4_3.conv_branch2a.weight\)',
        ),
        (
            lambda arrays: arrays.update({'arg:res8a_branch1_weight': torch.rand(2)}),
            r'1 unexpected \(b8.conv_branch1.weight\)',
        ),
        (lambda arrays: arrays.update({'arg:fc_bias': torch.rand(2)}), r'1 unexpected \(fc.bias\)'),
        (
            lambda arrays: arrays.update({'aux:bn7_moving_var': torch.rand(4)}),
            r'1 of another shape \(bn7.running_var \(4,\) instead of \(512,\)\)',
        ),
    ],
)
def test_a_file_of_another_network(fails, params, state, tmp_path, change, message):
    arrays = {mxnet_name(key): value for key, value in state.items()}
    change(arrays)
    write_params(params, arrays)
    out = tmp_path / 'out.pth'
    line = fails('model_converters/resnet38d_from_mxnet', params, out, width=WIDTH)
    assert str(params) in line
    assert re.search(message, line), line
    assert not out.exists()


def test_a_narrower_network_does_not_fit_the_published(fails, params, tmp_path):
    line = fails('model_converters/resnet38d_from_mxnet', params, tmp_path / 'out.pth')
    assert 'of another shape' in line and 'docs/weights.md' in line


def as_saved_by(kind, state):
    """The forms that files with PSA's names come in."""
    head = {'fc8.weight': torch.rand(20, 512, 1, 1)}
    if kind == 'psa':
        return OrderedDict({**state, **head})
    if kind == 'data_parallel':
        return OrderedDict({f'module.{key}': value for key, value in {**state, **head}.items()})
    if kind == 'wrapped':
        return dict(state_dict=dict(state), epoch=8)
    if kind == 'ppl_mm':
        return dict(
            state_dict={
                **{f'backbone.{key}': value for key, value in state.items()},
                'head.classifier.weight': torch.rand(3, 512, 1, 1),
            },
            meta={},
        )
    return {key: value.half() for key, value in state.items()}


@pytest.mark.parametrize('kind', ['psa', 'data_parallel', 'wrapped', 'ppl_mm', 'half'])
def test_a_file_of_torch(tool, state, tmp_path, kind):
    path, out = tmp_path / 'res38.pth', tmp_path / 'out.pth'
    torch.save(as_saved_by(kind, state), path)
    done = tool('model_converters/resnet38d_from_torch', path, out, width=WIDTH)
    assert done.code == 0, done.output
    assert ('fc8.weight' in done.output) == (kind in ('psa', 'data_parallel'))
    if kind == 'half':
        state = {key: value.half().float() for key, value in state.items()}
    assert_loads(out, state)


def test_the_oldest_form_of_torch_files(tool, state, tmp_path):
    """PSA's weights are of torch 0.4."""
    path, out = tmp_path / 'res38.pth', tmp_path / 'out.pth'
    torch.save(state, path, _use_new_zipfile_serialization=False)
    done = tool('model_converters/resnet38d_from_torch', path, out, width=WIDTH)
    assert done.code == 0, done.output
    assert_loads(out, state)


def test_a_torch_file_that_does_not_fit(fails, state, tmp_path):
    path, out = tmp_path / 'res38.pth', tmp_path / 'out.pth'
    del state['b5_1.bn_branch2a.weight']
    state['b6.extra.weight'] = torch.rand(2)
    torch.save(state, path)
    line = fails('model_converters/resnet38d_from_torch', path, out, width=WIDTH)
    assert '1 missing (b5_1.bn_branch2a.weight)' in line
    assert '1 unexpected (b6.extra.weight)' in line and not out.exists()


def test_a_file_with_the_network_twice(tool, state, tmp_path):
    path, out = tmp_path / 'res38.pth', tmp_path / 'out.pth'
    torch.save({**state, 'module.conv1a.weight': torch.rand(8, 3, 3, 3)}, path)
    done = tool('model_converters/resnet38d_from_torch', path, out, width=WIDTH)
    assert 'left out: module.conv1a.weight' in done.output
    assert_loads(out, state)


@pytest.mark.parametrize('content', [b'', b'no checkpoint', 'object'])
def test_foreign_files(fails, tmp_path, content):
    path = tmp_path / 'file'
    if content == 'object':  # what only a pickle that runs code could read
        torch.save(UNITS.keys, path)
    else:
        path.write_bytes(content)
    for name in ('mxnet', 'torch'):
        line = fails(f'model_converters/resnet38d_from_{name}', path, tmp_path / 'out.pth')
        assert str(path) in line
    assert not (tmp_path / 'out.pth').exists()
