"""The command ppl-mm with names, configs and options that are wrong."""

import pytest

from ppl_mm import command_line


@pytest.fixture
def refuses(modules, refuses):
    modules['ppl-mm'] = command_line
    return refuses


FAULTS = [
    (['trian'], ["unknown command 'trian'", 'did you mean train?']),
    (['make-mask', 'photos'], ["unknown command 'make-mask'", 'did you mean make-masks?']),
    (['nothing like it'], ["unknown command 'nothing like it'", 'ppl-mm --help']),
    (['--version'], ["unknown command '--version'", 'ppl-mm --help']),
    (['../train'], ["unknown command '../train'"]),
    ([''], ["unknown command ''", 'ppl-mm --help']),
    (['train', 'configs/own/none.py'], ['configs/own/none.py', 'no such config']),
    (['train', 'configs/../configs/own/pipeline.py'], ['no such config']),
    (['train', 'configs/own'], ['configs/own', 'no such config']),
    (['train', 'configs/own/pipeline.py'], ['not the config of a training']),
    (['train', 'configs/demo/cls_cam_demo.py', '--cfg-options', 'modle=1'], ['modle', 'model']),
    (['pipeline', 'configs/demo/cls_cam_demo.py'], ['not a pipeline config']),
    (['pipeline', 'configs/own/pipeline.py'], ['data/mine', 'no such folder']),
    (['export-cam', 'configs/demo/cls_cam_demo.py', 'none', '--out-dir', 'o'], ['none']),
    (['make_masks', 'none', '--out', 'out'], ['none', 'missing']),
    (['own-data', 'none'], ['none', 'missing']),
]


@pytest.mark.parametrize('words, named', FAULTS, ids=[' '.join(words) for words, _ in FAULTS])
def test_one_line_says_what_to_do(refuses, words, named):
    line = refuses('ppl-mm', *words)
    assert all(word in line for word in named), line


def test_arguments_that_a_tool_does_not_know(command, modules):
    modules['ppl-mm'] = command_line
    done = command('ppl-mm', 'train', 'configs/demo/cls_cam_demo.py', '--epochs', '3')
    assert done.code == 2 and 'ppl-mm train: error: unrecognized arguments' in done.output
