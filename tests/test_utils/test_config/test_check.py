"""Keys, types and numbers of configs, before anything is built."""

from importlib import import_module
from pathlib import Path

import pytest
from mmengine.config import Config
from mmseg.datasets import BaseSegDataset

from ppl_mm.errors import UserError
from ppl_mm.utils.config.check import check_config, check_option_keys
from ppl_mm.utils.config.known_keys import first_keys
from ppl_mm.utils.config.reading import read_config, read_runner_config

CONFIGS = Path(__file__).parents[3] / 'configs'
# configs/own reads a data set where it is.
SHIPPED = [
    path
    for path in sorted(CONFIGS.glob('[a-z]*/*.py'))
    if path.parent.name not in ('own', '_base_')
]


def test_every_shipped_config_is_right():
    for path in SHIPPED:
        cfg = read_config(path)
        if cfg.get('model'):
            check_config(cfg)


def test_configs_of_mmsegmentation_are_right():
    import mmseg

    folder = Path(mmseg.__file__).parent / '.mim/configs'
    for name in ('fcn', 'deeplabv3plus', 'segformer', 'swin', 'convnext'):
        check_config(read_config(sorted((folder / name).glob('*512x512.py'))[0]))


@pytest.mark.parametrize(
    'package, name',
    [
        ('mmseg', 'pspnet/pspnet_r101-d8_4xb2-amp-80k_cityscapes-512x1024.py'),  # loss_scale=512.
        ('mmseg', 'dnlnet/dnl_r50-d8_4xb2-80k_cityscapes-769x769.py'),  # wd_mult
        ('mmpretrain', 'twins/twins-pcpvt-small_8xb128_in1k.py'),  # a list of flags; _delete
        ('mmpretrain', 'simsiam/simsiam_resnet50_8xb32-coslr-100e_in1k.py'),  # fix_lr
        ('mmpretrain', 'vision_transformer/vit-base-p16_8xb64-lora_in1k-384px.py'),  # targets
    ],
)
def test_unusual_configs_of_openmmlab_are_right(package, name):
    folder = Path(import_module(package).__file__).parent / '.mim/configs'
    check_config(read_config(folder / name))


def test_gradients_may_be_clipped_by_their_largest():
    wrapper = dict(optimizer=dict(type='SGD', lr=0.1))
    wrapper['clip_grad'] = dict(max_norm=1, norm_type='inf')
    check_config(Config(dict(default_scope='mmpretrain', optim_wrapper=wrapper)))


def test_variables_of_a_config_are_its_own():
    part = dict(type='NoSuchType', postion=1)
    check_config(Config(dict(default_scope='mmpretrain', mine=part, lr='high')))


def test_an_option_may_set_what_a_run_reads():
    cfg = dict(mine=1, model=dict())
    options = ['model.neck', 'work_dir', 'val_cfg', 'tta_model.relu']
    check_option_keys('x.py', cfg, first_keys(), dict.fromkeys(options))
    with pytest.raises(UserError, match='x.py: --cfg-options wrok_dir: .*did you mean work_dir'):
        check_option_keys('x.py', cfg, first_keys(), dict(wrok_dir='a'))


@pytest.mark.parametrize(
    'option, said',
    [
        ('data_root', 'is a variable, the config has copied it already: set train_dataloader'),
        ('data_root', r'set train_dataloader\.dataset\.data_root and test_dataloader\.dataset\.d'),
        ('train_pipeline.0.type', r': set train_dataloader\.dataset\.pipeline\.0\.type'),
        ('mine', 'is a variable, nothing reads it'),
    ],
)
def test_a_variable_that_the_config_has_copied_is_no_setting(option, said):
    """A change of it would do nothing, silently."""
    steps, root = [dict(type='ppl_mm.LoadImage')], 'data/mine'
    data = dict(data_root=root, pipeline=steps)
    cfg = dict(data_root=root, train_pipeline=steps, mine='data/mine')
    cfg |= dict(train_dataloader=dict(dataset=data), test_dataloader=dict(dataset=data))
    with pytest.raises(UserError, match=said):
        check_option_keys('x.py', cfg, first_keys(), {option: 1})


def test_of_two_types_of_one_name_both_count():
    """mmseg and mmcv both have a RandomFlip, with different arguments."""
    step = dict(type='RandomFlip', prob=0.5)
    cfg = Config(dict(default_scope='mmseg', train_dataloader=dict(dataset=dict(pipeline=[step]))))
    cfg.train_dataloader.dataset.type = 'BaseSegDataset'
    check_config(cfg)
    step['prop'] = 0.5
    cfg.train_dataloader.dataset.pipeline = [step]
    with pytest.raises(UserError, match=r'pipeline\.0\.prop: .* did you mean prob\?'):
        check_config(cfg)


def test_a_setting_of_the_step_after_is_named():
    steps = [dict(type='LoadImageFromFile'), dict(type='Resize', scale=(8, 8), keep_ratio=True)]
    cfg = Config(dict(default_scope='mmseg', train_dataloader=dict(dataset=dict(pipeline=steps))))
    check_config(cfg)
    cfg.train_dataloader.dataset.pipeline[0].keep_ratio = True
    meant = r'did you mean train_dataloader\.dataset\.pipeline\.1\.keep_ratio\?$'
    with pytest.raises(UserError, match=meant):
        check_config(cfg)


class PairsOfImages(BaseSegDataset):
    """A data set of one's own, which reads more than those of OpenMMLab."""

    def load_data_list(self):
        return [self.data_prefix['seg_map_path2']]


def test_a_data_set_of_ones_own_may_take_what_is_nearly_the_usual():
    data = dict(type=PairsOfImages, data_prefix=dict(seg_map_path='a', seg_map_path2='b'))
    cfg = Config(dict(default_scope='mmseg', train_dataloader=dict(dataset=data)))
    check_config(cfg)
    for key, kind in (('seg_map_pth', PairsOfImages), ('seg_map_path2', BaseSegDataset)):
        cfg.train_dataloader.dataset = dict(type=kind, data_prefix={key: 'a'})
        with pytest.raises(UserError, match=rf'data_prefix\.{key}: .* did you mean seg_map_path\?'):
            check_config(cfg)


def test_a_subclass_takes_what_its_bases_take(tmp_path):
    (tmp_path / 'x.py').write_text(
        "default_scope = 'mmpretrain'\n"
        "model = dict(type='ppl_mm.CAMClassifier', train_cfg=None,\n"
        "             backbone=dict(type='ResNet', depth=18),\n"
        "             head=dict(type='ppl_mm.SelfTrainedCAMHead', num_classes=3, thr=0.3))\n"
    )
    read_runner_config(tmp_path / 'x.py')
    with pytest.raises(UserError, match=r"model\.head\.treshold: .* takes no 'treshold'"):
        read_runner_config(tmp_path / 'x.py', {'model.head.treshold': 0.3})


def test_a_second_checkpoint_hook_by_a_wrong_name_is_refused():
    hooks = dict(checkpont=dict(type='CheckpointHook', interval=1))
    cfg = Config(dict(default_scope='mmpretrain', default_hooks=hooks))
    with pytest.raises(UserError, match=r'default_hooks\.checkpont: .* did you mean checkpoint\?'):
        check_config(cfg)
    cfg.default_hooks.checkpoint = None  # taken out on purpose
    check_config(cfg)


@pytest.mark.parametrize(
    'key, value',
    [
        ('env_cfg', dict(dist_cfg=dict(backend='gloo', timeout=60), resource_limit=3)),
        ('log_processor', dict(window_size=3, by_epoch=False)),
        ('visualizer', dict(vis_backends=[dict(type='LocalVisBackend')])),
        ('randomness', dict(seed=0, deterministic=1)),
        ('log_level', 10),
        ('resume', None),
        ('compile', True),
        ('test_dataloader', dict(dataset=dict(metainfo=dict(classes=['a'], mine=3)))),
    ],
)
def test_what_mmengine_reads_is_right(key, value):
    check_config(Config({'default_scope': 'mmpretrain', key: value}))
