"""Images with bands give what photos give, from training to masks of new images."""

import json
import shutil

import numpy as np
import pytest
import tifffile
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from numpy.testing import assert_allclose
from PIL import Image

from ppl_mm.apis import CAMInferencer, SegInferencer
from ppl_mm.apis.export import CAMExport
from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.apis.inference.given_images import find_images
from ppl_mm.apis.inference.prediction_folder import PredictionFolder
from ppl_mm.apis.onnx_export import SegGraph
from ppl_mm.apis.predict import ImagePrediction
from ppl_mm.apis.refine import FolderRefinement
from ppl_mm.errors import UserError
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.images.bands import ImageBands
from ppl_mm.formats.images.stored_values import StoredValues, write_values
from ppl_mm.formats.mask_file import read_mask

# Of 12 bits in 16, red, green, blue, and a band without anything.
BANDS = ImageBands(4, 0, 4080, (124.0, 124.0, 124.0, 0.0), (58.0, 58.0, 58.0, 1.0), (1, 2, 3))
REFINE = dict(refiners=[dict(type='ppl_mm.ConstantBackground', threshold=0.3)])
REFINE['refiners'].append(dict(type='ppl_mm.PAMR'))


@pytest.fixture(scope='module')
def photo_root(demo_root, tmp_path_factory):
    """The demo data, its images as PNG."""
    root = shutil.copytree(demo_root, tmp_path_factory.mktemp('photos') / 'data')
    for path in sorted((root / 'JPEGImages').iterdir()):
        Image.open(path).convert('RGB').save(path.with_suffix('.png'))
        path.unlink()
    return root


@pytest.fixture(scope='module')
def band_root(photo_root, tmp_path_factory):
    """The same images as TIFFs of four bands and 16 bits."""
    root = shutil.copytree(photo_root, tmp_path_factory.mktemp('bands') / 'data')
    for path in sorted((root / 'JPEGImages').iterdir()):
        rgb = np.asarray(Image.open(path)).astype(np.uint16) * 16
        values = np.dstack([rgb, np.zeros(rgb.shape[:2], np.uint16)])
        tifffile.imwrite(path.with_suffix('.tif'), values, planarconfig='contig')
        path.unlink()
    write_values(root, StoredValues(bands=BANDS))
    return root


@pytest.fixture
def roots(tiny_cfg, photo_root, band_root, trained, tmp_path):
    """For each kind of images a config and a checkpoint, of which one takes four bands."""
    checkpoint = torch.load(trained, weights_only=True)
    weights = checkpoint['state_dict']
    name = 'backbone.conv1.weight'
    weights[name] = torch.cat([weights[name], torch.ones_like(weights[name][:, :1])], dim=1)
    checkpoint['meta']['dataset_meta']['bands'] = BANDS.record()
    torch.save(checkpoint, tmp_path / 'bands.pth')
    bands = str(tmp_path / 'bands.pth')
    found = dict(
        photos=(config_of(tiny_cfg, photo_root), str(trained)),
        bands=(band_config(tiny_cfg, band_root), bands),
    )
    for cfg, _ in found.values():
        # One scale: scaled photos would be rounded to 8 bits, scaled bands are not.
        cfg.tta_pipeline[1]['transforms'][0] = [dict(type='Resize', scale_factor=1.0)]
    return found


def config_of(tiny_cfg, root, **changes):
    loaders = ('train_dataloader', 'val_dataloader', 'test_dataloader')
    return tiny_cfg(**{f'{name}.dataset.data_root': str(root) for name in loaders}, **changes)


def band_config(tiny_cfg, root, **changes):
    pipeline = 'train_dataloader.dataset.pipeline.3.pad_value'
    return config_of(
        tiny_cfg,
        root,
        **{
            'model.backbone.in_channels': 4,
            'model.data_preprocessor.to_rgb': False,
            'model.data_preprocessor.mean': list(BANDS.mean),
            'model.data_preprocessor.std': list(BANDS.std),
            pipeline: list(BANDS.mean),
            **changes,
        },
    )


def test_maps_and_labels_are_those_of_photos(roots, tmp_path):
    found = {}
    for kind, (cfg, checkpoint) in roots.items():
        export = CAMExport(cfg, checkpoint, tmp_path / kind / 'export')
        export.run('train')
        folder = CamFolder(tmp_path / kind / 'export')
        out = ExportFolder(tmp_path / kind / 'refined')
        FolderRefinement(REFINE, folder, out.root).run(folder.image_ids(), workers=0)
        found[kind] = {
            name: (*folder.read(name), read_mask(out.label_path(name)))
            for name in folder.image_ids()
        }
    assert len(found['photos']) == 8
    for name, (image, cam, label) in found['photos'].items():
        other_image, other_cam, other_label = found['bands'][name]
        assert np.array_equal(image, other_image)
        assert_allclose(other_cam.cam, cam.cam, atol=2e-3)  # float16
        assert (label != other_label).mean() < 0.01


def test_masks_of_new_images_are_those_of_photos(roots, photo_root, band_root, tmp_path):
    found = {}
    for kind, root in dict(photos=photo_root, bands=band_root).items():
        paths = sorted((root / 'JPEGImages').glob('val*'))
        moved = [shutil.copy(path, tmp_path) for path in paths]  # beside no image_values.json
        inferencer = CAMInferencer(*roots[kind], device='cpu')
        out = PredictionFolder(tmp_path / kind)
        prediction = ImagePrediction(inferencer, out, overlays=True)
        assert not prediction.run(find_images(moved)).problems
        found[kind] = inferencer(moved, draw=True)
        overlays = sorted(out.root.rglob('*.png'))
        found[kind]['files'] = [np.asarray(Image.open(path)) for path in overlays]
    for key in ('cam', 'label'):
        pairs = zip(*(found[kind]['predictions'] for kind in found), strict=True)
        for one, other in pairs:
            assert_allclose(one[key], other[key], atol=1e-4)
    for key in ('files', 'visualization'):
        for one, other in zip(found['photos'][key], found['bands'][key], strict=True):
            assert np.array_equal(one, other)


def test_arrays_have_values_as_files_have(roots, band_root):
    path = min((band_root / 'JPEGImages').iterdir())
    values, inferencer = tifffile.imread(path), CAMInferencer(*roots['bands'], device='cpu')
    found = inferencer([str(path), values, path.read_bytes()])['predictions']
    for one in found:
        assert np.array_equal(one['cam'], found[0]['cam'])
    with pytest.raises(UserError, match='input 0: has 3 bands, but the data set has 4'):
        inferencer([values[..., :3]])
    with pytest.raises(UserError, match=r'input 0: not an image of bands; .* \(H, W, 4\)'):
        inferencer([Image.new('RGB', (9, 9))])


def test_training_sees_all_bands_and_its_checkpoint_remembers_them(tiny_cfg, band_root):
    cfg = band_config(tiny_cfg, band_root)
    Runner.from_cfg(cfg).train()
    assert CAMInferencer(cfg, cfg.work_dir, device='cpu').bands == BANDS


def test_a_model_for_photos_is_refused_in_one_line(tiny_cfg, band_root, photo_root):
    cfg = config_of(tiny_cfg, band_root)
    with pytest.raises(UserError, match='takes images of 3 channels, but those of .*have 4; set'):
        Runner.from_cfg(cfg).train()
    cfg = band_config(tiny_cfg, photo_root)
    with pytest.raises(UserError, match='takes images of 4 channels, but those of .*have 3'):
        Runner.from_cfg(cfg).train()


def test_a_damaged_record_is_one_line(tiny_cfg, band_root, tmp_path):
    root = shutil.copytree(band_root, tmp_path / 'broken')
    (root / 'image_values.json').write_text(json.dumps(dict(bands=dict(count=4))))
    with pytest.raises(UserError, match='image_values.json: bands: a value is missing'):
        Runner.from_cfg(band_config(tiny_cfg, root)).train()


def test_a_segmentation_network_is_trained_on_bands(tiny_seg, band_root, tmp_path):
    cfg = Config.fromfile(tiny_seg)
    data = dict(data_root=str(band_root), label_dir=str(band_root / 'SegmentationClass'))
    pipeline = [
        dict(type='ppl_mm.PhotoMetricDistortion') if 'Photo' in step['type'] else step
        for step in cfg.train_dataloader.dataset.pipeline
    ]
    normalize = dict(mean=list(BANDS.mean), std=list(BANDS.std), bgr_to_rgb=False)
    cfg.merge_from_dict(
        dict(
            model=dict(backbone=dict(in_channels=4), data_preprocessor=normalize),
            train_dataloader=dict(num_workers=0, persistent_workers=False, dataset=data),
            train_cfg=dict(max_iters=2, val_interval=2),
            work_dir=str(tmp_path),
        )
    )
    cfg.train_dataloader.dataset.pipeline = pipeline
    cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None
    Runner.from_cfg(cfg).train()
    inferencer = SegInferencer(tmp_path, device='cpu')
    assert inferencer.bands == BANDS
    (found,) = inferencer(str(min((band_root / 'JPEGImages').iterdir())))['predictions']
    assert found['label'].shape == (48, 48)
    with pytest.raises(UserError, match='images of 4 bands; a graph takes photos only'):
        SegGraph(inferencer)
