"""Configs with typing errors and wrong values, at each command that reads one."""

import pytest

# What is given, and what the line must name: the key, and the way out.
OPTIONS = [
    ('model.neck.postion=3', ['model.neck.postion', 'did you mean position?']),
    ('model.neck.type=ppl_mm.PatchLerning', ['PatchLerning', 'did you mean ppl_mm.PatchLearning?']),
    ('model.neck.type=PatchLearning', ['PatchLearning', 'did you mean ppl_mm.PatchLearning?']),
    ('model.nek.type=a', ['model.nek', 'did you mean neck?']),
    ('model.type=CAMClasifier', ['CAMClasifier', 'ppl_mm.CAMClassifier']),
    ('model.backbone.type=ResNett', ['ResNett', 'did you mean ResNet?']),
    ('model.backbone.dept=18', ['model.backbone.dept', 'did you mean depth?']),
    ('model.backbone.depth=19', ['19']),
    ('model.head.num_class=4', ['model.head.num_class', 'did you mean num_classes?']),
    ('model.head.num_classes=0', ['num_classes=0', 'above 0']),
    ('model.head.num_classes=four', ["num_classes='four'", 'above 0']),
    ('model.head.loss.type=CrossEntropyLos', ['CrossEntropyLos', 'CrossEntropyLoss']),
    ('model.neck.grid=0', ['grid', '0']),
    ('model.neck.position=99', ['99']),
    ('train_cfg.max_epoch=3', ['train_cfg.max_epoch', 'did you mean max_epochs?']),
    ('train_cfg.max_epochs=0', ['max_epochs=0', 'above 0']),
    ('train_cfg.max_epochs=-1', ['max_epochs=-1', 'above 0']),
    ('train_cfg.max_epochs=many', ["max_epochs='many'", 'above 0']),
    ('train_cfg.val_interval=0', ['val_interval=0']),
    ('train_dataloader.batch_size=0', ['batch_size=0', 'above 0']),
    ('train_dataloader.batchsize=4', ['batchsize', 'did you mean batch_size?']),
    ('train_dataloader.num_workers=-1', ['num_workers=-1', '0 or more']),
    ('train_dataloader.dataset.type=ImageLabelDataset', ['ppl_mm.ImageLabelDataset']),
    ('train_dataloader.dataset.data_rot=x', ['data_rot', 'did you mean data_root?']),
    ('test_dataloader.batch_size=2.5', ['batch_size=2.5']),
    ('optim_wrapper.optimizer.lr=abc', ["lr='abc'", 'a number']),
    ('optim_wrapper.optimizer.lr=-0.1', ['lr=-0.1', '0 or more']),
    ('optim_wrapper.optimizer.type=SDG', ['SDG', 'did you mean SGD?']),
    ('optim_wrapper.optimizer.momentun=0.9', ['momentun', 'did you mean momentum?']),
    ('optim_wrapper.optimiser.lr=1', ['optimiser', 'did you mean optimizer?']),
    ('param_scheduler.type=PolyRL', ['PolyRL', 'PolyLR']),
    ('param_scheduler.powr=1', ['powr', 'did you mean power?']),
    ('randomness.sed=1', ['randomness.sed', 'did you mean seed?']),
    ('randomness.seed=-1', ['seed=-1', '0 or more']),
    ('default_hooks.checkpoint.intervall=1', ['intervall', 'did you mean interval?']),
    ('test_evaluator.type=CAMIoU', ['CAMIoU', 'ppl_mm.CAMIoU']),
    ('max_epochs=3', ['max_epochs']),
    ('train_dataloder.batch_size=4', ['train_dataloder', 'did you mean train_dataloader?']),
    ('modle.neck=None', ['modle', 'did you mean model?']),
    ('model.backbone.depth.x=1', ['model.backbone.depth.x=1']),
    ('tta_model.clases=predicted', ['clases', 'did you mean classes?']),
    ('tta_model.cam_stride=0', ['cam_stride=0', 'a whole number above 0']),
    ('model.head=None', ['does not run (AttributeError', 'the traceback is in', '.log']),
    ('model.data_preprocessor.mean=1,2', ['does not run (RuntimeError', 'the traceback is in']),
    ('model.init_cfg.type=Pretraind', ['init_cfg.type', 'did you mean Pretrained?']),
    ('model.backbone.init_cfg.typ=Constant', ["init_cfg: has no 'type'; 'typ' is not read"]),
    ('model.backbone.norm_cfg.type=BNN', ['norm_cfg.type', "'BNN' is not known"]),
    ('model.backbone.strides=1,2', ['ResNet cannot be built (Ass', 'assert len(strides) ==']),
    ('optim_wrapper.optimizer=SGD', ["optimizer='SGD' must be a dict"]),
    ('optim_wrapper.optimizer.weight_decay=-1', ['weight_decay=-1 must be a number, 0 or more']),
    ('optim_wrapper.accumulative_counts=0', ['accumulative_counts=0', 'above 0']),
    ('optim_wrapper.clip_grad.max_nor=1', ['max_nor', 'did you mean max_norm?']),
    ('train_cfg.val_begin=abc', ["val_begin='abc'", 'a whole number']),
    ('train_cfg.by_epoch=False', ["unexpected keyword argument 'max_epochs'"]),
    ('val_cfg.fp61=True', ['fp61', 'did you mean fp16?']),
    ('env_cfg.cudnn_benchmrk=True', ['did you mean cudnn_benchmark?']),
    ('default_hooks.loger.interval=3', ['default_hooks.loger', 'did you mean logger?']),
    ('default_hooks.checkpoint.interval=abc', ["interval='abc'", 'a whole number']),
    ('auto_scale_lr=3', ['auto_scale_lr=3 must be a dict']),
    ('default_hooks=3', ['default_hooks=3 must be a dict']),
    ('env_cfg=3', ['env_cfg=3 must be a dict']),
    ('resume=maybe', ["resume='maybe' must be True or False"]),
    ('train_cfg.by_epoch=abc', ["train_cfg.by_epoch='abc' must be True or False"]),
    ('model.backbone.norm_eval=maybe', ["backbone.norm_eval='maybe' must be True or False"]),
    ('train_dataloader.shuffle=2', ['train_dataloader.shuffle=2 must be True or False']),
    ('param_scheduler.begin=x', ["param_scheduler.begin='x' must be a number"]),
    ('model.backbone.init_cfg=abc', ["backbone.init_cfg='abc' must be a dict or a list"]),
    ('optim_wrapper.clip_grad=3', ['optim_wrapper.clip_grad=3 must be a dict']),
    ('optim_wrapper.paramwise_cfg.custom_key.a=1', ['did you mean custom_keys?']),
    ('optim_wrapper.paramwise_cfg.custom_keys.a.lr_mul=1', ['did you mean lr_mult?']),
    ('env_cfg.dist_cfg.backen=gloo', ['did you mean backend?']),
    ('log_processor.window_sise=3', ['did you mean window_size?']),
    ('default_hooks.loger.type=LoggerHook', ['a second LoggerHook', 'did you mean logger?']),
    ('train_dataloader.dataset.data_prefix.img_pth=a', ['did you mean img_path?']),
    ('test_dataloader.dataset.metainfo.clases=a', ['did you mean classes?']),
    ('model.train_cfg.augment=a', ['did you mean augments?']),
    ('default_scope=mmpretain', ['no such package; did you mean mmpretrain?']),
    ('custom_imports.imports=none', ['cannot be imported (Failed to import none)']),
    ('log_level=LOUD', ['LOUD', 'WARNING']),
    ('work_dir=3', ['work_dir=3 must be a path; put a number in quotes']),
    ('data_root=elsewhere', ['is a variable', 'set train_dataloader.dataset.data_root and']),
    ('train_pipeline.0.type=a', ['set train_dataloader.dataset.pipeline.0.type']),
]
# What a command takes beside the config.
REST = {
    'train': lambda trained: [],
    'test': lambda trained: [trained],
    'export_cam': lambda trained: [trained, '--out-dir', 'out'],
}


# One function checks them for all three: a training meets all, the others every sixth.
ROWS = [
    (name, option, named)
    for first, name in enumerate(REST)
    for option, named in OPTIONS[first :: 6 if first else 1]
]


@pytest.mark.parametrize('name, option, named', ROWS, ids=[f'{n}-{o}' for n, o, _ in ROWS])
def test_a_wrong_option(refuses, tiny_config, trained, name, option, named):
    line = refuses(name, tiny_config, *REST[name](trained), '--cfg-options', option)
    assert all(part in line for part in named), line


@pytest.mark.parametrize('name', REST)
def test_any_hook_can_be_left_out(command, tiny_config, trained, name):
    option = 'default_hooks.visualization=None'
    assert command(name, tiny_config, *REST[name](trained), '--cfg-options', option).code == 0


def test_a_setting_of_parameters_that_are_not_there_is_told(command, tiny_config):
    option = 'optim_wrapper.paramwise_cfg.custom_keys.bakbone.lr_mult=0.1'
    outcome = command('train', tiny_config, '--cfg-options', option, 'train_cfg.max_epochs=1')
    assert outcome.code == 0 and "holds 'bakbone'" in outcome.output
    assert 'did you mean backbone?' in outcome.output


TEXTS = {
    'a syntax error': ('model = dict(', ['cannot be read as a config']),
    'a missing base': ("_base_ = './nowhere.py'", ['nowhere.py']),
    'a custom import that fails': (
        "custom_imports = dict(imports=['no_such_module'])\nmodel = dict()",
        ['no_such_module'],
    ),
    'no model': ('data_root = 1', ['it has no model']),
    'nothing': ('', ['it has no model']),
    'an error of its own': ('1 / 0', ['ZeroDivisionError']),
}


@pytest.mark.parametrize('name', REST)
@pytest.mark.parametrize('text, named', TEXTS.values(), ids=TEXTS)
def test_a_file_that_is_not_a_config(refuses, tmp_path, trained, name, text, named):
    (tmp_path / 'config.py').write_text(text)
    line = refuses(name, 'config.py', *REST[name](trained))
    assert all(part in line for part in named), line


@pytest.mark.parametrize('name', REST)
@pytest.mark.parametrize('config', ['none.py', '.', 'none'])
def test_a_config_that_is_missing(refuses, trained, name, config):
    assert f'{config}: no such config' in refuses(name, config, *REST[name](trained))
