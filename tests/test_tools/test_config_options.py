"""What the commands that take a config say of one that is wrong."""

import pytest

# What follows the config.
COMMANDS = dict(
    train=[],
    test=['some.pth'],
    export_cam=['some.pth', '--out-dir', 'out'],
    refine=['some_cams', '--out-dir', 'out'],
    pipeline=[],
)


@pytest.mark.parametrize('name', COMMANDS)
def test_an_option_without_a_value_is_the_parsers_error(tool, name):
    done = tool(name, 'config.py', *COMMANDS[name], '--cfg-options', 'a=1', 'foo')
    assert done.code == 2
    assert done.output.splitlines()[-1].endswith(
        "error: argument --cfg-options: 'foo' is not KEY=VALUE"
    )


@pytest.mark.parametrize('name', COMMANDS)
def test_a_config_that_python_cannot_read_is_one_line(fails, tmp_path, name):
    (tmp_path / 'config.py').write_text('model = dict(\n')
    assert 'config.py: cannot be read as a config (SyntaxError' in fails(
        name, 'config.py', *COMMANDS[name]
    )
