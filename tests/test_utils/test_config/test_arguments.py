"""What constructors take, by their annotations and their defaults."""
# ruff: noqa: UP006, UP007, UP035, UP045  (annotations as OpenMMLab writes them)

from collections.abc import Mapping, Sequence
from typing import Dict, List, Optional, Tuple, Union

import pytest
from mmengine.hooks import Hook

from ppl_mm.errors import UserError
from ppl_mm.utils.config.arguments import arguments_of, check_arguments, some


class Base:
    def __init__(self, size: int = 3, init_cfg: Union[dict, List[dict], None] = None): ...


class Part(Base):
    """A part whose annotations do not say everything.

    Args:
        loss_scale (float or str or
            dict): How large, or how a number is found.
        convs (bool | str): Whether to, or what for.
        meta (optional): No kind.
    """

    def __init__(
        self,
        with_cp=False,
        norm_eval: bool = False,
        align: Optional[bool] = None,
        bias: Union[bool, str] = 'auto',
        begin: int = 0,
        rate: 'float' = 0.1,
        wrong: int = 'same',
        prefix: str = '',
        scale: Tuple[int, int] = (1, 1),
        hook: Optional[Union[Hook, Dict]] = None,
        meta: Mapping | None = None,
        names: Sequence[str] = (),
        loss_scale: str = 'dynamic',
        convs=False,
        anything=3,
        init_cfg=None,
        **kwargs,
    ): ...


FITTING = {
    'with_cp': [True, False, 0, 1, None],
    'norm_eval': [True, 0, None],
    'align': [True, None],
    'bias': [True, 'auto'],
    'begin': [3, -1, 2.0, True, None, [3]],
    'rate': [1, 0.5],
    'wrong': [3, 'same', [1]],
    'prefix': ['a', ''],
    'scale': [(1, 2), [1, 2]],
    'hook': [{}, [{}]],
    'meta': [{}],
    'names': ['a', ['a']],
    'loss_scale': ['dynamic', 512.0, {}],
    'convs': [True, 'on_input'],
    'anything': [3, 'a', {}, []],
    'init_cfg': [{}, [{}], None],
    'size': [3],
}
NOT_FITTING = {
    'with_cp': ['maybe', 'False', 2, 0.5, [], {}],
    'norm_eval': ['abc', 2],
    'align': ['abc'],
    'begin': ['x', {}],
    'rate': ['high'],
    'prefix': [3, True],
    'scale': [3, 'big'],
    'hook': [3, 'a'],
    'meta': ['a'],
    'convs': [3, {}],
    'init_cfg': ['abc', 3],
    'size': ['big'],
}


def rows(table):
    return [(name, value) for name, values in table.items() for value in values]


@pytest.mark.parametrize('name, value', rows(FITTING))
def test_what_an_argument_takes(name, value):
    check_arguments('x.', {name: value, 'type': 'Part'}, arguments_of(Part))


@pytest.mark.parametrize('name, value', rows(NOT_FITTING))
def test_what_an_argument_does_not_take(name, value):
    with pytest.raises(UserError, match=rf'^x\.{name}=.* must be (a |True or False)'):
        check_arguments('x.', {name: value}, arguments_of(Part))


def test_names_that_no_base_takes_are_refused():
    assert not arguments_of(Part).is_open
    with pytest.raises(UserError, match=r"^x\.norm_evl: Part takes no 'norm_evl'; did you mean"):
        check_arguments('x.', dict(type='Part', norm_evl=True), arguments_of(Part))


def test_of_two_readers_each_may_take_it():
    both = some(['a'], flags=['b', 'c']) | some(['b'])
    check_arguments('', dict(a='x', b='x', c=True), both)
    with pytest.raises(UserError, match="^c='x' must be True or False"):
        check_arguments('', dict(c='x'), both)


def test_kinds_are_named_in_one_line():
    with pytest.raises(UserError, match="^init_cfg='abc' must be a dict or a list$"):
        check_arguments('', dict(init_cfg='abc'), arguments_of(Part))
