"""Makers of files that are wrong, and what a command's end must say."""

import io
import json
import struct
import tarfile
import zipfile

import numpy as np
import torch
from bad_input import faults
from bad_input.scenes import SCENES


def text(content):
    return faults.replaced_by(content)


def saved(*args, **kwargs):
    """A checkpoint of other content."""
    return lambda path: torch.save(*args, path, **kwargs)


def changed_weights(change):
    def break_it(path):
        state = torch.load(path, weights_only=True)
        change(state.get('state_dict', state))
        torch.save(state, path)

    return break_it


def first_weight(make):
    """The first weight is replaced by what ``make`` makes of it."""

    def change(state):
        name = next(key for key, value in state.items() if value.ndim > 1)
        state[name] = make(state[name])

    return changed_weights(change)


def flipped_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def arrays(**changes):
    """A CAM file with other arrays; None takes one out."""

    def break_it(path):
        with np.load(path) as found:
            kept = {**found, **changes}
        np.savez(path, **{name: value for name, value in kept.items() if value is not None})

    return break_it


def pickled(path):
    """An array of Python objects, which only a pickle can hold."""
    with np.load(path) as found:
        np.savez(path, **{**found, 'cam': np.array([{}], object)})


def bomb(path):
    """Maps that say they need 4 TiB."""
    with zipfile.ZipFile(path, 'a') as archive, archive.open('scale.npy', 'w') as file:
        header = dict(descr='<f4', fortran_order=False, shape=(1 << 40,))
        np.lib.format.write_array_header_1_0(file, header)


def values(**changes):
    """A JSON object with other values."""

    def break_it(path):
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return break_it


def coco(**changes):
    """The first entry of a list of COCO has other values."""

    def break_it(path):
        content = json.loads(path.read_text())
        for key, values in changes.items():
            content[key][0].update(values)
        path.write_text(json.dumps(content))

    return break_it


def packed(*names, content=b''):
    """An archive of these files."""

    def break_it(path):
        with tarfile.open(path, 'w:gz') as archive:
            for name in names:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))

    return break_it


def broken(kind, break_it):
    return lambda name, folder: break_it(folder / SCENES[name].reads[kind])


def params(arrays, form='<', *content):
    """A .params file of MXNet: its head says how many arrays follow."""
    return struct.pack('<QQQ', 0x112, 0, arrays) + struct.pack(form, *content)


# Rows of tables, by (command, what is wrong): how, more arguments, the line.


def other(command, *rows):
    """Rows of a command at its scene: what is wrong, how, more arguments, the line."""
    return {(command, fault): row for fault, *row in rows}


def files(command, kind, *rows):
    """The same, where a file of one kind is broken: what is wrong, how, the line."""
    return other(command, *((fault, broken(kind, how), '', said) for fault, how, said in rows))


def options(command, *rows):
    """The same, where options are wrong: what is wrong, these options, the line."""
    return other(command, *((fault, '', more, said) for fault, more, said in rows))


def arguments(command, *rows):
    """The same, where these are all arguments."""
    return other(command, *((fault, None, more, said) for fault, more, said in rows))


# Commands that go on with the other files.
GO_ON = ('check_dataset', 'refine')


def check(done, name, said, status=2):
    assert 'Traceback' not in done.output, done.output
    if done.code == status < 2 or (done.code == 1 and name in GO_ON):
        assert said in done.output, done.output
    else:
        assert done.code == status == 2 and len(done.errors) == 1, done.output
        assert said in done.errors[0], done.output
