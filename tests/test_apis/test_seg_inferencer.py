import io
import shutil

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmseg.apis import inference_model, init_model
from PIL import Image

from ppl_mm.apis import CAMInferencer, SegInferencer
from ppl_mm.errors import UserError


@pytest.fixture
def infer(seg_work):
    return SegInferencer(seg_work, device='cpu')


@pytest.fixture
def sizes(tmp_path):
    """Photos of two sizes, in turn."""
    rng = np.random.default_rng(0)
    paths = [tmp_path / f'{k}.png' for k in range(5)]
    for k, path in enumerate(paths):
        pixels = rng.integers(0, 256, (40 + 16 * (k // 2), 56, 3), np.uint8)
        Image.fromarray(pixels).save(path)
    return paths


def test_it_finds_what_mmseg_finds(infer, seg_work, photos):
    seen = set()
    network = init_model(str(seg_work / 'tiny_seg.py'), str(seg_work / 'iter_1.pth'), 'cpu')
    for path, found in zip(photos, infer(photos)['predictions'], strict=True):
        sample = inference_model(network, path)
        label = sample.pred_sem_seg.data[0].numpy()
        assert np.array_equal(found['label'], label)
        assert found['label'].dtype == np.uint8
        seen |= set(np.unique(label))
        names = [infer.class_names[k] for k in np.unique(label) if k]
        assert found['classes'] == names
        probability = sample.seg_logits.data.softmax(dim=0).amax(dim=(1, 2))
        assert list(found['scores'].values()) == pytest.approx(probability.tolist(), abs=1e-6)
        share = [(label == k).mean() for k in range(len(infer.class_names))]
        assert list(found['coverage'].values()) == pytest.approx(share)
    assert len(seen) > 2  # else all this would say little


def test_batches_are_of_photos_of_one_size(infer, sizes, monkeypatch):
    seen = []
    forward = infer.forward
    monkeypatch.setattr(infer, 'forward', lambda data: seen.append(data) or forward(data))
    alone = infer(sizes)['predictions']
    together = infer(sizes, batch_size=4)['predictions']
    assert [len(data['inputs']) for data in seen] == [1] * 5 + [2, 2, 1]
    for one, other in zip(alone, together, strict=True):
        # Sums are taken in another order: a pixel between two classes may change.
        assert np.mean(one['label'] == other['label']) > 0.999
        assert list(one['scores'].values()) == pytest.approx(
            list(other['scores'].values()), abs=1e-4
        )


def test_the_order_does_not_matter(infer, photos):
    forwards, backwards = infer(photos)['predictions'], infer(photos[::-1])['predictions']
    for one, other in zip(forwards, backwards[::-1], strict=True):
        assert np.array_equal(one['label'], other['label'])


def test_a_photo_comes_in_every_form(infer, photos):
    picture = Image.open(photos[0]).convert('RGB')
    file = io.BytesIO()
    picture.save(file, 'PNG')
    array = np.asarray(picture)[..., ::-1]
    found = infer([photos[0], picture, file.getvalue(), array, array / 255], draw=True)
    for one, drawn in zip(found['predictions'], found['visualization'], strict=True):
        assert np.array_equal(one['label'], found['predictions'][0]['label'])
        assert np.array_equal(drawn, found['visualization'][0])


def test_a_label_is_of_the_size_that_viewers_show(infer, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new('RGB', (60, 40), 'red').save(tmp_path / 'a.jpg', exif=exif)
    (found,) = infer(tmp_path / 'a.jpg')['predictions']
    assert found['label'].shape == found['size'] == (60, 40)


def test_only_some_classes(infer, photos):
    names = [name for name in infer.class_names if name != 'background'][:2]
    for found in infer(photos, classes=names)['predictions']:
        assert set(found['classes']) <= set(names)
    everything = infer(photos, classes=infer.class_names)['predictions']
    for one, other in zip(everything, infer(photos)['predictions'], strict=True):
        assert np.array_equal(one['label'], other['label'])


def test_a_photo_that_shows_a_class_has_pixels_of_it(infer, photos):
    bias = infer.model.decode_head.conv_seg.bias.data
    bias[0] += 100  # sure of the background everywhere
    for name in infer.class_names[1:]:
        for found in infer(photos, classes=[name], all_shown=True)['predictions']:
            assert found['classes'] == [name]
            assert 0 < found['coverage'][name] < 1
        assert not any(found['classes'] for found in infer(photos, classes=[name])['predictions'])


def test_a_network_is_found_wherever_it_lies(seg_work, photos, tmp_path):
    shutil.copytree(seg_work, tmp_path / 'made/model')
    config, weights = seg_work / 'tiny_seg.py', seg_work / 'iter_1.pth'
    places = [
        (seg_work,),
        (weights,),
        (tmp_path / 'made',),
        (config, weights),
        (config, seg_work),
        (Config.fromfile(config), weights),
    ]
    labels = [SegInferencer(*place)(photos[0])['predictions'][0]['label'] for place in places]
    assert all(np.array_equal(label, labels[0]) for label in labels)


def test_a_network_with_one_channel(seg_work, photos):
    cfg = Config.fromfile(seg_work / 'tiny_seg.py')
    cfg.model.decode_head.update(num_classes=2, out_channels=1, threshold=0.5)
    cfg.model.decode_head.loss_decode.use_sigmoid = True
    weights = torch.load(seg_work / 'iter_1.pth')
    for key in ('weight', 'bias'):
        name = f'decode_head.conv_seg.{key}'
        weights['state_dict'][name] = weights['state_dict'][name][:1]
    weights['meta']['dataset_meta']['classes'] = ['background', 'thing']
    torch.save(weights, seg_work.parent / 'one.pth')
    infer = SegInferencer(cfg, seg_work.parent / 'one.pth', device='cpu')
    (found,) = infer(photos[0])['predictions']
    assert set(np.unique(found['label'])) <= {0, 1}
    assert (found['scores']['thing'] > 0.5) == (found['coverage']['thing'] > 0)
    with pytest.raises(UserError, match='single channel'):
        infer(photos[0], classes=['thing'])


def test_the_white_of_the_data_set_comes_with_the_checkpoint(seg_work, demo_root, tmp_path):
    root = shutil.copytree(demo_root, tmp_path / 'data')
    (root / 'image_values.json').write_text('{"white_level": 1023}')
    cfg = Config.fromfile(seg_work / 'tiny_seg.py')
    cfg.work_dir = str(tmp_path / 'work')
    cfg.train_dataloader.num_workers = 0
    cfg.train_dataloader.persistent_workers = False
    cfg.train_dataloader.batch_size = 2
    cfg.train_dataloader.dataset.update(data_root=str(root), label_dir=str(root))
    cfg.train_dataloader.dataset.label_dir = str(root / 'SegmentationClass')
    cfg.merge_from_dict(
        dict(
            val_dataloader=None,
            val_cfg=None,
            val_evaluator=None,
            **{'train_cfg.max_iters': 1, 'default_hooks.checkpoint.interval': 1},
        )
    )
    Runner.from_cfg(cfg).train()
    assert SegInferencer(cfg, cfg.work_dir, device='cpu').white_level == 1023


@pytest.mark.parametrize(
    'place, message',
    [
        ('none', 'none: no checkpoint is there'),
        ('empty', 'empty: no checkpoint is there'),
        ('tiny_seg.py', 'tiny_seg.py: is a config; give its checkpoint'),
        ('alone', 'iter_1.pth: the config must lie beside it, one file .py; there: none'),
        ('two', 'there: b.py, tiny_seg.py'),
        ('cut', 'iter_1.pth: is truncated'),
    ],
)
def test_what_is_no_network_is_one_line(seg_work, tmp_path, place, message):
    for name in ('alone', 'two', 'cut'):
        shutil.copytree(seg_work, tmp_path / name)
    (tmp_path / 'alone/tiny_seg.py').unlink()
    (tmp_path / 'two/b.py').touch()
    (tmp_path / 'empty').mkdir()
    content = (seg_work / 'iter_1.pth').read_bytes()
    (tmp_path / 'cut/iter_1.pth').write_bytes(content[: len(content) // 2])
    (tmp_path / 'cut/last_checkpoint').write_text('iter_1.pth')
    path = tmp_path / 'cut/iter_1.pth' if place == 'cut' else tmp_path / place
    with pytest.raises(UserError, match=message) as caught:
        SegInferencer(seg_work / place if place.endswith('.py') else path)
    assert '\n' not in str(caught.value)


def test_the_two_kinds_are_told_apart(seg_work, tiny_config):
    with pytest.raises(UserError, match='of a segmentation network; SegInferencer'):
        CAMInferencer(seg_work)
    with pytest.raises(UserError, match='of a classifier; CAMInferencer'):
        SegInferencer(tiny_config, seg_work)
    with pytest.raises(UserError, match='--device abc: not usable here'):
        SegInferencer(seg_work, device='abc')
