import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ppl_mm.utils.lazy import lazy_exports

ROOT = Path(__file__).parents[2]
CONVERTERS = ('check_dataset', 'cls_labels', 'coco2014', 'make_demo_data', 'own_data', 'voc12_sbd')


@pytest.mark.parametrize('package', ['ppl_mm.cams', 'ppl_mm.datasets'])
def test_every_name_is_there(package):
    module = importlib.import_module(package)
    assert module.__all__ and {*module.__all__} <= {*dir(module)}
    for name in module.__all__:
        assert getattr(module, name).__module__.startswith(f'{package}.')


def test_another_name_is_not():
    import ppl_mm.datasets

    with pytest.raises(AttributeError, match="'ppl_mm.datasets' has no .*'No"):
        getattr(ppl_mm.datasets, 'NoDataset')  # noqa: B009
    with pytest.raises(ImportError):
        from ppl_mm.datasets import NoDataset  # noqa: F401


def test_a_name_is_asked_for_once(monkeypatch, tmp_path):
    package = tmp_path / 'lazily'
    package.mkdir()
    (package / '__init__.py').touch()
    (package / 'late.py').write_text('value = 3\n')
    monkeypatch.syspath_prepend(tmp_path)
    lazily = importlib.import_module('lazily')
    names, get, show = lazy_exports('lazily', dict(late=['value']))
    assert names == ['value'] and 'value' in show()
    assert 'lazily.late' not in sys.modules
    assert get('value') == 3 == lazily.value


def test_converters_do_not_wait_for_torch():
    code = (
        'import importlib.util, sys\n'
        f'for name in {CONVERTERS}:\n'
        '    path = f"tools/dataset_converters/{name}.py"\n'
        '    spec = importlib.util.spec_from_file_location(name, path)\n'
        '    spec.loader.exec_module(importlib.util.module_from_spec(spec))\n'
        'print({"torch", "mmseg", "mmpretrain"} & {*sys.modules})'
    )
    done = subprocess.run(
        [sys.executable, '-c', code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
    )
    assert done.stdout.splitlines()[-1:] == ['set()'], done.stderr
