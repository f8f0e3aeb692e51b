import shutil
from types import SimpleNamespace

import pytest
import torch
from mmengine.runner import Runner

from ppl_mm.datasets import ImageLabelDataset
from ppl_mm.engine.hooks import ClassListHook
from ppl_mm.errors import UserError


@pytest.fixture
def checkpoint(tiny_cfg, train):
    return f'{train(tiny_cfg("trained")).work_dir}/epoch_1.pth'


def with_classes(path, classes):
    """The checkpoint as if it had been trained for other classes."""
    saved = torch.load(path)
    saved['meta']['dataset_meta'] = dict(classes=classes)
    torch.save(saved, path)
    return path


def classes_of(path):
    return torch.load(path)['meta']['dataset_meta']['classes']


def test_a_model_for_another_number_of_classes(tiny_cfg, train):
    with pytest.raises(UserError, match='num_classes=3, .* has 4 classes: '):
        train(tiny_cfg(**{'model.head.num_classes': 3}))


def test_testing_with_another_number_of_classes(tiny_cfg):
    runner = Runner.from_cfg(tiny_cfg(**{'model.head.num_classes': 3}))
    with pytest.raises(UserError, match='num_classes=3'):
        runner.test()


def test_testing_a_checkpoint_of_the_same_classes(tiny_cfg, checkpoint):
    Runner.from_cfg(tiny_cfg(load_from=checkpoint)).test()


@pytest.mark.parametrize(
    'change',
    [
        lambda classes: classes[::-1],
        lambda classes: ['a', 'b', 'c', 'd'],
        lambda classes: classes[:2],
    ],
)
def test_testing_a_checkpoint_of_other_classes(tiny_cfg, checkpoint, change):
    other = with_classes(checkpoint, change(classes_of(checkpoint)))
    runner = Runner.from_cfg(tiny_cfg(load_from=other))
    with pytest.raises(UserError, match='checkpoint was trained for the classes'):
        runner.test()


def test_resuming_with_other_classes(tiny_cfg, checkpoint):
    other = with_classes(checkpoint, ['a', 'b', 'c', 'd'])
    runner = Runner.from_cfg(tiny_cfg(load_from=other, resume=True))
    with pytest.raises(UserError, match=r'\(a, b, c, d\)'):
        runner.train()


def test_training_may_start_from_other_classes(tiny_cfg, train, checkpoint):
    train(tiny_cfg(load_from=with_classes(checkpoint, ['a', 'b'])))


def test_a_checkpoint_without_its_classes_is_tested(tiny_cfg, checkpoint):
    saved = torch.load(checkpoint)
    torch.save(saved['state_dict'], checkpoint)
    Runner.from_cfg(tiny_cfg(load_from=checkpoint)).test()


@pytest.fixture
def segmenting():
    """A run that exports the maps of a network for some number of classes."""

    def make(count):
        dataset = ImageLabelDataset(metainfo=dict(classes=('a', 'b')), lazy_init=True)
        head = torch.nn.Module()
        head.num_classes = count
        return SimpleNamespace(
            model=torch.nn.ModuleDict(dict(decode_head=head)),
            test_dataloader=SimpleNamespace(dataset=dataset),
        )

    return make


def test_a_segmentation_network_also_knows_the_background(segmenting):
    """Image-level labels do not."""
    ClassListHook().before_test(segmenting(3))
    with pytest.raises(UserError, match=r'=2, .* 3 classes: \(background, a'):
        ClassListHook().before_test(segmenting(2))


def test_validation_compares_the_validation_data(tiny_cfg, checkpoint):
    """Also where a config has no test set."""
    cfg = tiny_cfg(load_from=checkpoint)
    cfg.test_dataloader = cfg.test_cfg = cfg.test_evaluator = None
    Runner.from_cfg(cfg).val()
    other = with_classes(checkpoint, ['a', 'b', 'c', 'd'])
    cfg = tiny_cfg(load_from=other)
    cfg.test_dataloader = cfg.test_cfg = cfg.test_evaluator = None
    with pytest.raises(UserError, match='checkpoint was trained for the classes'):
        Runner.from_cfg(cfg).val()


def test_training_compares_the_validation_data(tiny_cfg, demo_root, tmp_path, train):
    """The same classes in another order: maps of one would be measured as another."""
    root = shutil.copytree(demo_root, tmp_path / 'other')
    background, *names = (root / 'classes.txt').read_text().split()
    (root / 'classes.txt').write_text('\n'.join([background, *names[::-1]]))
    with pytest.raises(UserError, match='val_dataloader have .*; make them equal'):
        train(tiny_cfg(**{'val_dataloader.dataset.data_root': str(root)}))


def test_a_checkpoint_of_other_classes_names_the_folder_and_its_variable(tiny_cfg, checkpoint):
    other = with_classes(checkpoint, ['a', 'b', 'c', 'd'])
    cfg = tiny_cfg(load_from=other)
    root = cfg.test_dataloader.dataset.data_root
    with pytest.raises(UserError, match=f'data of {root} have'):
        Runner.from_cfg(cfg).test()
    cfg = tiny_cfg(load_from=other, own_data_root=root)
    with pytest.raises(UserError, match=rf'data of {root} \(OWN_DATA\) have'):
        Runner.from_cfg(cfg).test()
