"""Maps and scores of images in tiles, beside those of the whole image."""

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.registry import DefaultScope
from test_models.conftest import BACKBONES, build_backbone
from test_models.tta_views import run, views_of

from ppl_mm.errors import UserError
from ppl_mm.models import block_chain
from ppl_mm.models.cell_features import CellFeatures
from ppl_mm.models.negative_reference import write_reference
from ppl_mm.models.segmentation.slide import slide_over_large_images
from ppl_mm.registry import MODELS
from ppl_mm.utils.tiles import MAX_PIXELS, TileGrid

# The smallest tile: 768 x 768 pixels. The sides are divided by no stride.
TILE, SIZE = 589824, (901, 1147)
RESNET = dict(
    type='mmpretrain.ResNet', depth=18, stem_channels=8, base_channels=8, strides=(1, 2, 2, 1)
)


def classifier(backbone, **settings):
    """A random network, in eval mode, whose maps are not all alike."""
    backbone = build_backbone(backbone)
    head = dict(type='ppl_mm.CAMHead', num_classes=3, **settings)
    model = MODELS.build(dict(type='ppl_mm.CAMClassifier', backbone=backbone, head=head))
    torch.nn.init.normal_(model.head.classifier.weight)
    return model.eval()


@pytest.fixture(scope='module')
def image():
    """A drawn image (1, 3, H, W), normalised: coloured squares on noise."""
    rng = np.random.default_rng(0)
    pixels = rng.normal(0, 0.3, (3, *SIZE))
    for _ in range(60):
        y, x, side = rng.integers(0, SIZE[0]), rng.integers(0, SIZE[1]), rng.integers(20, 250)
        pixels[:, y : y + side, x : x + side] += rng.normal(0, 1, (3, 1, 1))
    return torch.from_numpy(pixels[None]).float()


def predicted(model, image, max_pixels):
    model.max_pixels = max_pixels
    with torch.no_grad():
        (sample,) = model.predict(image)
    return sample


@pytest.mark.parametrize('pool', ['mean', dict(name='lse', scale=1.0), 'topk'])
def test_maps_and_scores_are_those_of_the_whole_image(image, pool):
    model = classifier(RESNET, pool=pool)
    whole, tiled = (predicted(model, image, pixels) for pixels in (MAX_PIXELS, TILE))
    torch.testing.assert_close(tiled.cam, whole.cam, rtol=1e-4, atol=1e-4 * whole.cam.abs().max())
    torch.testing.assert_close(tiled.pred_score, whole.pred_score)
    assert tiled.cam_extent == whole.cam_extent
    assert whole.cam.std() > 0.01


# docs/predict.md says: to a ten-thousandth of the largest value.
@pytest.mark.parametrize(
    'name', ['resnet50', 'efficientnet_lite', 'dilated_mobilenet_v2', 'convnext_atto']
)
def test_networks_that_see_farther_than_the_margin_are_close(image, name):
    model = classifier(BACKBONES[name])
    whole, tiled = (predicted(model, image, pixels).cam for pixels in (MAX_PIXELS, TILE))
    assert tiled.shape == whole.shape
    assert (tiled - whole).abs().max() < 1e-4 * whole.abs().max()


def test_no_tile_is_larger(image):
    model = classifier(RESNET)
    seen = []
    model.backbone.conv1.register_forward_pre_hook(lambda _, args: seen.append(args[0].shape[-2:]))
    predicted(model, image, TILE)
    assert len(seen) == 6 and all(size.numel() <= TILE for size in seen)
    seen.clear()
    predicted(model, image, MAX_PIXELS)
    assert list(map(tuple, seen)) == [SIZE]


def test_how_unlike_the_background_cells_look(image, tmp_path):
    model = classifier(dict(RESNET, strides=(1, 2, 2, 2)))
    widths = CellFeatures(block_chain(model.backbone)).widths
    with torch.no_grad():
        readers = dict(features=lambda cells: cells.averaged())
        _, seen = model.predict_with_cells(image, None, readers)
    cells = seen['features'][0].flatten(1).T
    write_reference(tmp_path / 'a.npz', cells[:300], cells[300:600], widths)
    reference = dict(type='ppl_mm.NegativeReference', path=str(tmp_path / 'a.npz'))
    model.reference = MODELS.build(reference)
    whole, tiled = (predicted(model, image, pixels).unlike for pixels in (MAX_PIXELS, TILE))
    assert tiled.shape == whole.shape
    assert (tiled - whole).abs().mean() < 0.01 and whole.std() > 0.05


def test_merged_maps_are_normalised_over_the_image(image):
    """The maximum is that of the image, not of a tile; also of views of other sizes."""
    model = classifier(RESNET)
    views = views_of(image[0], [0, 2], (0.75, 1.0), (False, True))
    merged = []
    for pixels in (MAX_PIXELS, TILE):
        tta = MODELS.build(dict(type='ppl_mm.CAMTTAModel', module=model, max_pixels=pixels))
        merged += run(tta, views)
    whole, tiled = merged
    torch.testing.assert_close(tiled.cam, whole.cam, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(tiled.cam_scale, whole.cam_scale, rtol=1e-3, atol=0)
    assert tiled.cam.max() == 1


@pytest.mark.parametrize('pixels', [0, -5, 1000, 'all'])
def test_tiles_that_cannot_be_are_refused(pixels):
    with pytest.raises(UserError, match='tta_model.max_pixels=.* must be a whole number'):
        MODELS.build(dict(type='ppl_mm.CAMTTAModel', module=classifier(RESNET), max_pixels=pixels))


SEG = dict(
    type='EncoderDecoder',
    backbone=dict(
        type='ppl_mm.DilatedMobileNetV2',
        widen_factor=0.1,
        strides=(1, 2, 2, 2, 1, 1, 1),
        dilations=(1, 1, 1, 1, 1, 2, 2),
        out_indices=(6,),
    ),
    decode_head=dict(
        type='FCNHead',
        in_channels=32,
        channels=8,
        num_classes=4,
        num_convs=1,
        norm_cfg=dict(type='BN'),
        loss_decode=dict(type='CrossEntropyLoss'),
    ),
    train_cfg=dict(),
    test_cfg=ConfigDict(mode='whole'),
)


@pytest.fixture
def segmentor():
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmseg'):
        network = MODELS.build(SEG)
    with torch.no_grad():
        network.decode_head.conv_seg.weight.normal_()
    return network.eval()


def logits_of(segmentor, image):
    with torch.no_grad():
        (sample,) = segmentor(inputs=image, mode='predict')
    return sample.seg_logits.data


def test_a_segmentation_network_slides_over_large_images(segmentor, image):
    small = image[..., :700, :800]
    whole, before = logits_of(segmentor, image), logits_of(segmentor, small)
    slide_over_large_images(segmentor, TILE)
    seen = []
    segmentor.backbone.register_forward_pre_hook(
        lambda _, args: seen.append(args[0].shape[-2:].numel())
    )
    tiled = logits_of(segmentor, image)
    assert len(seen) == 6 and max(seen) <= TILE
    assert (tiled - whole).abs().mean() < 0.01 * whole.std()
    assert (tiled.argmax(dim=0) != whole.argmax(dim=0)).float().mean() < 0.01
    assert torch.equal(logits_of(segmentor, small), before)


def test_a_config_that_says_slide_keeps_what_it_says(segmentor, image):
    segmentor.test_cfg = ConfigDict(mode='slide', crop_size=(512, 512), stride=(400, 400))
    slide_over_large_images(segmentor, TILE)
    logits_of(segmentor, image)
    assert segmentor.test_cfg.crop_size == (512, 512)


def test_both_cut_images_alike():
    """mmseg's tiles are those of the grid."""
    grid = TileGrid(SIZE, TILE, align=32)
    for side in grid.sides:
        count = max(side.length - side.window + side.step - 1, 0) // side.step + 1
        assert count == len(side.starts)
