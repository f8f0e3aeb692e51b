"""Files and options of a single command that are wrong, a row each, see test_files.py."""

import pytest
from bad_input.own_files import OWN_FILES
from bad_input.own_options import OWN_OPTIONS
from bad_input.wrong_files import check

OWN = OWN_FILES | OWN_OPTIONS


@pytest.mark.parametrize('name, fault', OWN)
def test_what_only_this_command_reads(play, command, folder, name, fault):
    break_it, more, said = OWN[name, fault]
    if break_it:
        break_it(name, folder)
    done = command(name, *more.split()) if break_it is None else play(name, *more.split())
    if name == 'voc_submission check' and done.code == 1:  # it prints what it finds
        assert 'Traceback' not in done.output and said in done.output, done.output
    else:
        check(done, name, said)
