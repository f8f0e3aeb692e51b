"""Files that are checkpoints, and files that are taken for one."""

import io
import pickle
import random
import struct
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmengine.runner.checkpoint import CheckpointLoader
from networks import saved
from torch import nn

from ppl_mm.errors import UserError
from ppl_mm.utils.weights import checkpoint_file
from ppl_mm.utils.weights.checkpoint_file import TRUST_VARIABLE, read_checkpoint

WEIGHTS = {'conv.weight': torch.arange(8.0).reshape(2, 4), 'conv.bias': torch.ones(2)}


def refusal(path):
    """The line that refuses a file, at our door and at mmengine's."""
    with pytest.raises(UserError) as ours:
        read_checkpoint(path)
    with pytest.raises(UserError) as mmengines:
        CheckpointLoader.load_checkpoint(str(path))
    line = str(ours.value)
    assert line == str(mmengines.value)
    assert '\n' not in line and str(path) in line
    return line


@pytest.mark.parametrize(
    'pack',
    [
        lambda weights: weights,
        lambda weights: dict(state_dict=weights, meta=dict(epoch=3)),
        lambda weights: dict(model=weights, optimizer={}),
        lambda weights: dict(model_state_dict=weights, epoch=1),
    ],
)
def test_weights_are_found_wherever_projects_keep_them(tmp_path, pack):
    found = read_checkpoint(saved(tmp_path / 'a.pth', pack(WEIGHTS)))['state_dict']
    assert found.keys() == WEIGHTS.keys()
    assert all(torch.equal(found[key], value) for key, value in WEIGHTS.items())


def test_a_file_older_than_zip_is_read(tmp_path):
    path = tmp_path / 'a.pth'
    torch.save(WEIGHTS, path, _use_new_zipfile_serialization=False)
    assert read_checkpoint(path)['state_dict'].keys() == WEIGHTS.keys()


def tar(path):
    with tarfile.open(path, 'w') as archive:
        info = tarfile.TarInfo('weights.pth')
        info.size = 3
        archive.addfile(info, io.BytesIO(b'abc'))


def torch_script(path):
    torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.ones(1, 2)), str(path))


def other_zip(path):
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('readme.txt', 'text')


def compressed_zip(path):
    saved(path, WEIGHTS)
    with zipfile.ZipFile(path) as archive:
        records = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, content in records.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    'write, words',
    [
        (lambda path: None, 'no such file'),
        (lambda path: path.mkdir(), 'is not a file'),
        (lambda path: path.touch(), 'is empty'),
        (lambda path: path.write_text('epoch 3'), 'not a checkpoint'),
        (lambda path: path.write_text('\n<!doctype html>'), 'is a web page'),
        (
            lambda path: path.write_text('version https://git-lfs.github.com/spec/v1\noid sha256:'),
            'git lfs pull',
        ),
        (lambda path: path.write_bytes(b'\x1f\x8b\x08\x00'), 'unpack it'),
        (lambda path: path.write_bytes(b'PK\x03\x04' + b'x' * 99), 'is truncated'),
        (tar, 'is a tar archive'),
        (torch_script, 'TorchScript'),
        (other_zip, 'a zip file but not a checkpoint'),
        (compressed_zip, 'is damaged'),
        (lambda path: saved(path, [1, 2]), 'holds a list'),
        (lambda path: saved(path, {}), 'holds no weights'),
        (lambda path: saved(path, dict(state_dict={})), 'holds no weights'),
        (lambda path: saved(path, {0: torch.ones(2)}), 'holds no weights by name'),
        (
            lambda path: saved(path, dict(optimizer=dict(state={}), epoch=3)),
            r'holds no weights by name (its keys: optimizer, epoch)',
        ),
        (lambda path: path.write_bytes(pickle.dumps(WEIGHTS['conv.bias'].numpy())), 'plain data'),
    ],
)
def test_a_file_that_is_not_a_checkpoint(tmp_path, write, words):
    path = tmp_path / 'a.pth'
    write(path)
    assert words in refusal(path)


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
@pytest.mark.filterwarnings('ignore:Detected pickle')
def test_any_bytes_are_refused_with_a_line(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / 'any.pth'
    for start in (b'', b'\x80\x02', b'PK\x03\x04'):
        path.write_bytes(start + content)
        refusal(path)


def test_a_safetensors_file(tmp_path):
    path = tmp_path / 'a.safetensors'
    path.write_bytes(struct.pack('<Q', 2) + b'{}')
    assert 'safetensors.torch.load_file' in refusal(path)


@pytest.mark.parametrize('keep', [10, 0.5, 0.99])
def test_a_truncated_file(tmp_path, keep):
    path = saved(tmp_path / 'a.pth', WEIGHTS)
    content = path.read_bytes()
    path.write_bytes(content[: keep if keep > 1 else int(keep * len(content))])
    assert 'copy or download it again' in refusal(path)


def test_a_flipped_bit_is_found(tmp_path):
    path = saved(tmp_path / 'a.pth', {'weight': torch.rand(4000)})
    content = path.read_bytes()
    rng = random.Random(0)
    for _ in range(50):  # nearly all of the file is weights
        broken = bytearray(content)
        broken[rng.randrange(2000, 15000)] ^= 1 << rng.randrange(8)
        path.write_bytes(broken)
        refusal(path)


@pytest.mark.parametrize(
    'value, words',
    [
        (torch.tensor([1.0, float('nan')]), 'NaN or infinite'),
        (torch.tensor([float('inf')], dtype=torch.float16), 'NaN or infinite'),
        (torch.ones(2, dtype=torch.complex64), 'is complex'),
        (torch.eye(2).to_sparse(), 'is sparse'),
        (torch.ones(1).expand(1000, 1000), 'claims 1000000 values'),
    ],
)
@pytest.mark.filterwarnings('ignore:Sparse')
def test_weights_that_nothing_can_compute_with(tmp_path, value, words):
    path = saved(tmp_path / 'a.pth', dict(state_dict={**WEIGHTS, 'odd.weight': value}))
    line = refusal(path)
    assert 'odd.weight' in line and words in line


def test_no_code_is_run(tmp_path, monkeypatch):
    made = tmp_path / 'made'

    class Hostile:
        def __reduce__(self):
            return (open, (str(made), 'w'))

    path = tmp_path / 'a.pth'
    for save in (
        lambda: torch.save(dict(state_dict=WEIGHTS, extra=Hostile()), path),
        lambda: path.write_bytes(pickle.dumps(Hostile())),
    ):
        save()
        assert TRUST_VARIABLE in refusal(path)
    assert not made.exists()


def test_an_unknown_name_of_a_collection_names_the_nearest():
    assert 'did you mean torchvision://resnet50?' in refusal('torchvision://resnet5O')
    assert 'did you mean open-mmlab://resnet50_v1c?' in refusal('open-mmlab://resnet50_v1d_')


@pytest.mark.parametrize('address', ['torchvision://resnet50', 'https://localhost:9/a.pth'])
def test_without_network(tmp_path, monkeypatch, address):
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))

    def refuse(*args, **kwargs):
        raise OSError(101, 'Network is unreachable')

    monkeypatch.setattr(torch.hub, 'download_url_to_file', refuse)
    line = refusal(address)
    assert 'Network is unreachable' in line
    assert 'give its path' in line and 'pipeline_quick.py' in line


@pytest.fixture
def server(tmp_path):
    """Serves tmp_path/a.pth under every path; counts the requests."""
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write((tmp_path / 'a.pth').read_bytes())

        def log_message(self, *args):
            pass

    with HTTPServer(('127.0.0.1', 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{server.server_port}', requests
        server.shutdown()


def test_a_download_is_kept_and_is_not_trusted_either(tmp_path, monkeypatch, server):
    address, requests = server
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'cache'))
    saved(tmp_path / 'a.pth', WEIGHTS)
    for _ in range(2):
        assert read_checkpoint(f'{address}/b.pth')['state_dict'].keys() == WEIGHTS.keys()
    assert requests == ['/b.pth']
    (tmp_path / 'a.pth').write_bytes(pickle.dumps(checkpoint_file.read_checkpoint))
    with pytest.raises(UserError, match='more than plain data'):
        read_checkpoint(f'{address}/c.pth')
