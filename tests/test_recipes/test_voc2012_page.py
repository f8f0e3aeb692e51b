"""docs/voc2012.md: every command can be given, and together they arrive."""

import re
import shlex
import sys
from pathlib import Path

import pytest
from mmengine.config import Config

ROOT = Path(__file__).parents[2]
PAGE = ROOT / 'docs/voc2012.md'
#: Positional arguments before the number of GPUs of tools/dist_*.sh.
BEFORE_GPUS = dict(train=1, test=2, export_cam=2, refine=2)


def commands(*languages):
    """The page's commands as lists of words: bash is the way, shell beside."""
    blocks = re.findall(rf'```(?:{"|".join(languages)})\n(.*?)```', PAGE.read_text(), re.DOTALL)
    lines = '\n'.join(blocks).replace('\\\n', ' ').splitlines()
    return [
        shlex.split(line, comments=True)
        for line in lines
        if line.strip() and not line.startswith('#')
    ]


def as_script(words):
    """The script of tools/ and its arguments, in one process; or None."""
    if words[:2] == ['python', '-c']:
        return None
    name = words[1].removeprefix('tools/')
    arguments = words[2:]
    if words[0] == 'bash':
        name = name.removeprefix('dist_').removesuffix('.sh') + '.py'
        assert arguments.pop(BEFORE_GPUS[name.removesuffix('.py')]) == '4'
    return name.removesuffix('.py'), arguments


SCRIPTS = [script for script in map(as_script, commands('bash', 'shell')) if script]


def split_options(arguments):
    """Arguments before --cfg-options, and its KEY=VALUEs."""
    if '--cfg-options' not in arguments:
        return arguments, {}
    at = arguments.index('--cfg-options')
    return arguments[:at], dict(pair.split('=', 1) for pair in arguments[at + 1 :])


@pytest.mark.parametrize(
    'name, arguments', SCRIPTS, ids=[f'{number} {name}' for number, (name, _) in enumerate(SCRIPTS)]
)
def test_the_command_can_be_given(name, arguments, load, monkeypatch):
    assert (ROOT / f'tools/{name}.py').is_file()
    monkeypatch.setattr(sys, 'argv', [name, *arguments])
    load(name).parse_args()  # every option is known
    for argument in arguments:
        if argument.startswith('configs/'):
            assert (ROOT / argument).is_file()
    for key in split_options(arguments)[1]:
        *parents, last = key.split('.')
        node = Config.fromfile(ROOT / arguments[0])
        for part in parents:
            node = node[int(part) if part.isdigit() else part]
        assert last in node or last == 'device'


def test_it_names_no_other_config_that_is_not_there():
    for name in re.findall(r'configs/[\w/.+-]+?\.(?:py|md)', PAGE.read_text()):
        assert list(ROOT.glob(name)), name


def test_the_way_goes_through_every_step():
    names = [script[0].split('/')[-1] for script in map(as_script, commands('bash')) if script]
    assert names == [
        'voc12_sbd',
        'check_dataset',
        'resnet38d_from_mxnet',
        'train',
        'export_cam',
        'eval_cam',
        'refine',
        'train',
        'eval_refiners',
        'refine',
        'eval_labels',
        'train',
        'test',
        'test',
        'voc_submission',
        'voc_submission',
    ]


#: In place of what the page needs a GPU or the official numbers for.
CHANGES = {'refiners.1.device=cuda': 'refiners.1.device=cpu'}
MORE = dict(voc12_sbd=['--subset', '--workers', '0'], eval_refiners=['--workers', '0'])


@pytest.mark.configs
def test_the_commands_lead_to_the_archive(clone, command, capsys):
    pytest.importorskip('pydensecrf')
    for words in commands('bash'):
        script = as_script(words)
        if script is None:  # python -c ".." > FILE
            capsys.readouterr()  # of the commands before
            exec(words[2])
            Path(words[4]).write_text(capsys.readouterr().out)
        elif 'resnet38d_from_mxnet' not in script[0]:  # weights are random
            name, arguments = script
            arguments = [CHANGES.get(word, word) for word in arguments]
            more = MORE.get(name.split('/')[-1], [])
            command(name, *arguments, *more)
    assert (clone / 'work_dirs/submission.tgz').is_file()
    found = sorted(clone.glob('work_dirs/refined/labels/*.png'))
    assert [path.stem for path in found] == (
        clone / 'data/VOCdevkit/VOC2012/ImageSets/Segmentation/train_aug.txt'
    ).read_text().split()
