import importlib
import os
import pickle
import subprocess
import sys
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.config.utils import MODULE2PACKAGE
from mmengine.logging import HistoryBuffer
from mmengine.runner.checkpoint import CheckpointLoader

from ppl_mm import compat
from ppl_mm.errors import UserError
from ppl_mm.utils.weights.checkpoint_file import TRUST_VARIABLE


def run_python(code, **env):
    done = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, env={**os.environ, **env}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def save_checkpoint(path, **more):
    buffer = HistoryBuffer()
    for value in (3.5, np.float64(1.25).item(), 2):
        buffer.update(value, 4)
    hub = dict(
        log_scalars=OrderedDict(loss=buffer),
        best=np.float64(0.5),
        count=np.int64(3),
        curve=np.arange(3, dtype=np.float32),
    )
    torch.save(dict(state_dict={'w': torch.ones(2)}, message_hub=hub, **more), path)
    return path


class Hostile:
    """Pickles as a call of the given function."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def test_import_is_light_and_mmseg_follows():
    out = run_python(
        'import sys, ppl_mm\n'
        'print("torch" in sys.modules, "mmcv" in sys.modules)\n'
        'import mmseg.apis, mmpretrain.apis\n'
        'from mmcv.utils import collect_env\n'
        'print(collect_env()["MMCV Compiler"] != "")'
    )
    assert out.splitlines()[-2:] == ['False False', 'True']


def test_mmpretrain_beside_a_transformers_that_it_does_not_know(tmp_path):
    package = tmp_path / 'transformers'
    package.mkdir()
    (package / '__init__.py').touch()
    info = tmp_path / 'transformers-5.0.0.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text('Metadata-Version: 2.1\nName: transformers\nVersion: 5.0.0\n')
    path = os.pathsep.join([str(tmp_path), os.environ.get('PYTHONPATH', '')])
    out = run_python(
        'import ppl_mm, mmpretrain.models\n'
        'from mmpretrain.registry import MODELS\n'
        'print(MODELS.get("BlipCaption").__name__)',
        PYTHONPATH=path,
    )
    assert out.splitlines()[-1] == 'ask_install'


def test_what_is_known_of_a_missing_module_is_said_once():
    said = []
    finder = compat.AtImport(before={'no_such_module': said.append}, after={})
    assert finder.find_spec('no_such_module') is None
    assert finder.find_spec('no_such_module') is None
    assert finder.find_spec('another_module') is None
    assert said == [None]


def test_apply_twice_is_idle():
    before = list(sys.meta_path)
    compat.apply()
    assert sys.meta_path == before


def test_stand_in_operators_say_why():
    spec = compat.CompiledOpsFinder().find_spec('mmcv._ext')
    ops = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(ops)
    assert ops.__spec__ is spec
    assert hasattr(ops, 'nms_forward') and not hasattr(ops, '__path__')
    with pytest.raises(UserError, match='nms_forward.*pip install "mmcv>='):
        ops.nms_forward(1, iou=2)
    assert compat.CompiledOpsFinder().find_spec('mmcv.other') is None


def test_stand_in_does_not_hide_compiled_operators(tmp_path):
    package = tmp_path / 'mmcv'
    package.mkdir()
    (package / '__init__.py').touch()
    (package / '_ext.py').write_text('compiled = True\n')
    path = os.pathsep.join([str(tmp_path), *sys.path])
    out = run_python('import ppl_mm, mmcv._ext; print(mmcv._ext.compiled)', PYTHONPATH=path)
    assert out.strip() == 'True'


def test_mmengine_checkpoint_loads_safely(tmp_path):
    path = save_checkpoint(tmp_path / 'epoch_1.pth')
    hub = torch.load(path, weights_only=True)['message_hub']
    loss = hub['log_scalars']['loss']
    assert isinstance(loss, HistoryBuffer)
    assert loss.statistics('min') == 1.25 and loss.mean() == 6.75 / 12
    assert hub['best'] == 0.5 and hub['count'] == 3
    assert hub['curve'].dtype == np.float32 and hub['curve'][2] == 2


@pytest.mark.parametrize('first', ['torch', 'mmengine.runner', 'ppl_mm'])
def test_order_of_imports_does_not_matter(tmp_path, first):
    path = save_checkpoint(tmp_path / 'epoch_1.pth')
    run_python(f'import {first}, ppl_mm, torch\ntorch.load({str(path)!r}, weights_only=True)')


def test_checkpoint_of_another_numpy_loads(tmp_path):
    path = save_checkpoint(tmp_path / 'epoch_1.pth')
    ours = b'numpy._core.' if hasattr(np, '_core') else b'numpy.core.'
    theirs = b'numpy.core.' if ours == b'numpy._core.' else b'numpy._core.'
    other = tmp_path / 'other.pth'
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, 'w') as new:
        for name in old.namelist():
            content = old.read(name)
            assert ours in content or not name.endswith('data.pkl')
            new.writestr(name, content.replace(ours, theirs))
    hub = torch.load(other, weights_only=True)['message_hub']
    assert hub['best'] == 0.5 and hub['curve'].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    'function, args',
    [
        (os.system, ('touch {}',)),
        (getattr, ('text', 'format')),
        (getattr, (HistoryBuffer, '__init__')),
        (getattr, (HistoryBuffer, 'register_statistics')),
        (eval, ('open("{}", "w")',)),
    ],
)
def test_hostile_checkpoint_is_refused(tmp_path, function, args):
    touched = tmp_path / 'touched'
    args = [arg.format(touched) if isinstance(arg, str) else arg for arg in args]
    path = save_checkpoint(tmp_path / 'epoch_1.pth', extra=Hostile(function, *args))
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)
    with pytest.raises(UserError) as info:
        CheckpointLoader.load_checkpoint(str(path), 'cpu')
    message = str(info.value)
    assert '\n' not in message and str(path) in message
    assert TRUST_VARIABLE in message
    assert not touched.exists()


def test_trusted_checkpoint_loads(tmp_path, monkeypatch):
    path = save_checkpoint(tmp_path / 'epoch_1.pth', extra=Hostile(str.upper, 'trusted'))
    with pytest.raises(UserError, match='more than plain data'):
        CheckpointLoader.load_checkpoint(str(path), 'cpu')
    monkeypatch.setenv(TRUST_VARIABLE, '1')
    loaded = CheckpointLoader.load_checkpoint(str(path), 'cpu')
    assert loaded['extra'] == 'TRUSTED'


def test_our_package_is_known_to_mmengine(tmp_path):
    assert MODULE2PACKAGE['ppl_mm'] == 'ppl_mm'
    config = tmp_path / 'config.py'
    config.write_text("_base_ = 'ppl_mm::no_such_file.py'\n")
    # Known, so that the error is about the file, not about the package.
    with pytest.raises(Exception) as info:  # noqa: PT011
        Config.fromfile(config)
    assert 'does not support' not in str(info.value)
