"""Every command in folders whose names are unusual: each is a folder like any other."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from bad_input.scenes import SCENES, Scene
from tool_modules import TOOLS

NAMES = {
    'signs': 'a,b [c]\'d %s {x}\\ "e" #f?',
    'letters': 'Фото 写真 é',
    'dash': '-x',
    'number': '2024',
    'bytes': 'caf\udce9',  # not valid UTF-8
}
# Those without a scene, and a classifier that predicts; a file of MXNet is not at hand.
MORE = {
    'gallery': Scene('gallery', 'export --data-root data --out look --workers 1'),
    'predict cls': Scene('predict', 'photos cls.pth --config cls.py --out out --overlays'),
}
ALL = {name: SCENES[name] for name in SCENES if name != 'resnet38d_from_mxnet'} | MORE
_WRITTEN = ('--out', '--out-dir', '--work-dir')
_ENDINGS = re.compile(r'\.(py|pth|npy|csv|txt|params|tgz)$')


def below(name, scene, folder):
    """The arguments of a scene, its paths in a folder of another name."""
    words = scene.args.split()
    return [
        f'./{name}/{word}'
        if before in _WRITTEN or (folder / word).exists() or _ENDINGS.search(word)
        else word
        for before, word in zip(['', *words], words, strict=False)
    ]


@pytest.mark.parametrize('kind', NAMES)
@pytest.mark.parametrize('name', ALL)
def test_folders_of_any_name(command, good_files, folder, name, kind):
    scene, place = ALL[name], folder / NAMES[kind]
    shutil.copytree(good_files, place)
    done = command(scene.command, *below(NAMES[kind], scene, folder))
    assert 'Traceback' not in done.output, done.output
    if kind == 'bytes' and '--work-dir' in scene.args:  # mmengine cannot note its checkpoints
        assert done.code == 2 and 'caf\\xe9/work: ' in done.errors[0], done.output
        assert 'not valid UTF-8: rename it' in done.errors[0] and not (place / 'work').exists()
    else:
        assert done.code == scene.status, done.output


IN_ASCII = {
    'train': ['cls.py', '--work-dir', 'é/work'],
    'make_masks': ['photos', '--out', 'é/work'],
}


@pytest.mark.parametrize('name', IN_ASCII)
def test_a_locale_that_lacks_the_letters_of_a_folder(folder, name):
    plain = dict(LC_ALL='C', PYTHONUTF8='0', PYTHONCOERCECLOCALE='0')
    done = subprocess.run(
        [sys.executable, str(TOOLS / f'{name}.py'), *IN_ASCII[name]],
        capture_output=True,
        text=True,
        cwd=folder,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join([str(TOOLS.parent), *sys.path]), **plain),
    )
    assert done.returncode == 2 and done.stdout == '', done.stdout + done.stderr
    assert done.stderr.count('\n') == 1 and done.stderr.startswith('error: '), done.stderr
    assert 'set PYTHONUTF8=1 in the environment' in done.stderr
    assert not (folder / 'é').exists()
