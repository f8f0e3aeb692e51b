import signal

import pytest
import torch
from mmengine.runner import Runner
from networks import same
from test_tools.trained_files import RUNS, load

TWO_EPOCHS = ['--cfg-options', 'train_cfg.max_epochs=2']


def test_it_trains(train, tmp_path):
    done = train()
    assert done.code == 0, done.output
    saved = load(tmp_path / 'work/epoch_1.pth')
    assert len(saved['meta']['dataset_meta']['classes']) == 4
    assert saved['state_dict']['neck.stage'].tolist() == [2, 2, 2]


def test_the_work_dir_is_named_after_the_config(tool, tiny_config, tmp_path):
    assert tool('train', tiny_config).code == 0
    assert (tmp_path / 'work_dirs/tiny/epoch_1.pth').is_file()


@pytest.mark.parametrize('path', [None, 'epoch_1.pth'])
def test_resume_ends_as_if_not_interrupted(train, tmp_path, path):
    # Nothing to resume is a fresh start.
    assert train('--resume', *TWO_EPOCHS).code == 0
    work = tmp_path / 'work'
    whole = load(work / 'epoch_2.pth')
    (work / 'epoch_2.pth').unlink()
    (work / 'last_checkpoint').write_text(str(work / 'epoch_1.pth'))
    given = [] if path is None else [work / path]
    assert train('--resume', *given, *TWO_EPOCHS).code == 0
    again = load(work / 'epoch_2.pth')
    assert same(again['state_dict'], whole['state_dict'])
    assert again['meta']['iter'] == whole['meta']['iter'] == 4


@pytest.mark.parametrize('note', ['', None, 'broken'])
def test_a_lost_note_does_not_lose_the_run(train, tmp_path, note):
    assert train().code == 0
    work = tmp_path / 'work'
    if note is None:
        (work / 'last_checkpoint').unlink()
    else:
        (work / 'last_checkpoint').write_text(note)
    assert train('--resume', *TWO_EPOCHS).code == 0
    assert load(work / 'epoch_2.pth')['meta']['iter'] == 4


def test_a_plain_rerun_leaves_the_first_run_alone(train, tmp_path):
    assert train().code == 0
    before = (tmp_path / 'work/epoch_1.pth').read_bytes()
    done = train()
    assert done.code == 2 and '--resume' in done.errors[0] and '--overwrite' in done.errors[0]
    assert (tmp_path / 'work/epoch_1.pth').read_bytes() == before
    assert train(work_dir='other').code == 0


def test_overwriting_starts_anew_and_removes_the_old_run(train, tmp_path):
    assert train(*TWO_EPOCHS).code == 0
    options = ['--cfg-options', 'optim_wrapper.optimizer.lr=0.5']
    assert train('--overwrite', *options).code == 0
    names = sorted(path.name for path in (tmp_path / 'work').glob('*.pth'))
    assert names == ['epoch_1.pth']
    assert learning_rate(tmp_path / 'work/epoch_1.pth') == 0.5


@pytest.fixture
def ctrl_c_counts():
    """Behind nohup it would be ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_names_the_way_on(train, monkeypatch, ctrl_c_counts):
    monkeypatch.setattr(Runner, 'train', lambda self: signal.raise_signal(signal.SIGINT))
    done = train()
    assert done.code == 130 and '--resume continues' in done.output
    assert 'run the same command again' not in done.output


def test_fewer_images_than_a_batch(train):
    options = ['train_dataloader.batch_size=9', 'train_dataloader.drop_last=True']
    done = train('--cfg-options', *options)
    assert done.code == 2 and '8 images' in done.errors[0] and 'batch_size=9' in done.errors[0]


def test_a_loss_that_is_not_a_number_ends_the_run(train, tmp_path):
    assert train().code == 0
    rate = ['--cfg-options', 'optim_wrapper.optimizer.lr=1e30', f'load_from={tmp_path}/work']
    done = train(*rate, 'default_hooks.logger.interval=1', work_dir='other')
    assert done.code == 2 and 'the loss is NaN or infinite since iteration' in done.errors[0]
    assert '(learning rate 1e+30)' in done.errors[0]
    assert not list((tmp_path / 'other').glob('*.pth'))


def test_weights_alone_are_no_run_to_resume(train, trained, tmp_path):
    weights = tmp_path / 'weights.pth'
    torch.save(load(trained)['state_dict'], weights)
    done = train('--resume', weights)
    assert done.code == 2 and 'weights.pth: cannot be resumed' in done.errors[0]


@pytest.mark.parametrize('key', ['load_from', 'model.backbone.init_cfg.checkpoint'])
def test_weights_that_are_not_there_or_another_networks(train, tmp_path, key, trained):
    other = tmp_path / 'other.pth'
    torch.save({'trunk.weight': torch.ones(2)}, other)
    pretrained = ['--cfg-options', 'model.backbone.init_cfg.type=Pretrained']
    for path, words in ((other, 'missing ('), (tmp_path / 'none.pth', 'no ')):
        done = train(
            *pretrained, f'{key}={path}', 'model.backbone.init_cfg.checkpoint=' + str(path)
        )
        assert done.code == 2 and words in done.errors[0] and str(path) in done.errors[0]


def test_what_init_cfg_loads_is_reported(train, tmp_path, trained):
    done = train(
        '--cfg-options',
        'model.backbone.init_cfg.type=Pretrained',
        f'model.backbone.init_cfg.checkpoint={trained}',
        'optim_wrapper.optimizer.lr=0',
        'log_level=INFO',
    )
    assert done.code == 0
    assert done.output.count('120 of 120 weights of ResNet loaded') == 1
    begun, saved = (load(path)['state_dict'] for path in (tmp_path / 'work/epoch_1.pth', trained))
    key = 'backbone.layer4.1.conv2.weight'
    assert torch.equal(begun[key], saved[key])


def test_the_console_is_short(train, tmp_path):
    frozen = ['model.backbone.frozen_stages=3', 'optim_wrapper.paramwise_cfg.bias_lr_mult=2']
    done = train('--cfg-options', 'log_level=INFO', *frozen)
    assert done.code == 0 and 'Epoch(train)' in done.output
    assert len(done.output.splitlines()) < 15, done.output
    (log,) = (tmp_path / 'work').glob('*/*.log')
    text = log.read_text()
    assert 'System environment' in text and 'is skipped since' in text and 'Config:' in text


def test_a_folder_stands_for_its_latest_checkpoint(train, tmp_path, trained):
    options = [
        f'load_from={trained.parent}',
        'model.neck.position=6',
        'optim_wrapper.optimizer.lr=0',
    ]
    assert train('--cfg-options', *options).code == 0
    begun, saved = (load(path)['state_dict'] for path in (tmp_path / 'work/epoch_1.pth', trained))
    assert begun['neck.stage'].tolist() == [6, 2, 2]
    key = 'head.classifier.weight'
    assert torch.equal(begun[key], saved[key])


def learning_rate(path):
    return load(path)['optimizer']['param_groups'][0]['initial_lr']


@pytest.mark.parametrize('batch, warns', [(4, False), (8, True)])
def test_a_batch_that_the_learning_rate_is_not_for(train, tmp_path, batch, warns):
    base = ['--cfg-options', f'auto_scale_lr.base_batch_size={batch}']
    done = train(*base)
    assert done.code == 0
    assert ('batch is 4 x 1 = 4, but the learning rate is for 8' in done.output) == warns
    assert learning_rate(tmp_path / 'work/epoch_1.pth') == 0.01


def test_the_learning_rate_can_be_scaled(train, tmp_path):
    done = train('--auto-scale-lr', '--cfg-options', 'auto_scale_lr.base_batch_size=8')
    assert done.code == 0 and 'total batch' not in done.output
    assert learning_rate(tmp_path / 'work/epoch_1.pth') == 0.005


def test_without_validation(train, tmp_path, tiny_config):
    broken = 'val_dataloader.dataset.data_root=nowhere'
    assert train('--no-validate', '--cfg-options', broken).code == 0


def test_mixed_precision_needs_a_gpu(train, fails, tiny_config):
    if torch.cuda.is_available():
        assert train('--amp').code == 0
    else:
        assert '--amp needs a GPU' in fails('train', tiny_config, '--amp')


def test_what_is_not_there(fails, tiny_config):
    assert 'none.py: no such config' in fails('train', 'none.py')
    line = fails('train', tiny_config, cfg_options='load_from=work_dirs/cls_stage1')
    assert 'work_dirs/cls_stage1: no checkpoint is there' in line
    assert 'no checkpoint' in fails('train', tiny_config, resume='none.pth')
    assert 'base_batch_size' in fails('train', tiny_config, '--auto-scale-lr')


@pytest.mark.parametrize(
    'option, message',
    [
        ('model.neck.position=8', 'position=8 is outside the chain'),
        ('model.neck.grid=0', 'grid must be an int'),
        ('model.neck.grid=16', 'training crop is too small for grid=(16, 16)'),
        ('model.head.num_classes=3', 'num_classes=3, but the data set has 4'),
    ],
)
def test_wrong_settings(fails, tiny_config, option, message):
    assert message in fails('train', tiny_config, cfg_options=option)


def test_stages_without_patch_learning(fails, tiny_config, tmp_path):
    config = tmp_path / 'config.py'
    config.write_text(
        f"_base_ = '{tiny_config}'\nmodel = dict(neck=None)\n"
        'train_cfg = dict(max_epochs=2)\ncustom_hooks = []\n'
        f'{RUNS["progressive"]}'
    )
    assert 'stages need model.neck' in fails('train', config)


@pytest.mark.parametrize('start', ['--resume', 'load_from'])
def test_a_checkpoint_of_another_architecture(fails, tiny_config, trained, start):
    args = (
        ['--resume', trained, '--cfg-options']
        if start == '--resume'
        else ['--cfg-options', f'load_from={trained}']
    )
    line = fails('train', tiny_config, *args, 'model.backbone.depth=50')
    assert str(trained) in line and 'backbone.layer1.0.conv3.weight' in line


def test_a_new_run_may_have_another_head(train, trained):
    assert train('--cfg-options', f'load_from={trained}', 'model.neck=None').code == 0
