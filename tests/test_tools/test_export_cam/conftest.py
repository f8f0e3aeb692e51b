import shutil

import pytest


@pytest.fixture
def export(tool, tiny_config, trained, tmp_path):
    """Runs tools/export_cam.py into tmp_path/out; must succeed."""

    def run(*args, out='out', checkpoint=trained):
        done = tool('export_cam', tiny_config, checkpoint, '--out-dir', tmp_path / out, *args)
        assert done.code == 0, done.output
        return tmp_path / out

    return run


@pytest.fixture
def refuses(fails, tiny_config, trained, tmp_path):
    """Runs tools/export_cam.py, which must fail; returns its line."""

    def run(*args, out='out', checkpoint=trained):
        return fails('export_cam', tiny_config, checkpoint, '--out-dir', tmp_path / out, *args)

    return run


@pytest.fixture
def data(demo_root, tmp_path):
    """A copy of the data set, to be broken, and the option that uses it."""
    root = shutil.copytree(demo_root, tmp_path / 'data')
    return root, ['--cfg-options', f'test_dataloader.dataset.data_root={root}']
