import pytest
import torch

from ppl_mm.apis.exporting.cam_writer import CAMWriter
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import read_cam


def sample(cam):
    return dict(image_id='cats/01', cam=cam, ori_shape=(8, 12), class_ids=torch.tensor([2]))


def test_a_map_is_written_as_soon_as_it_is_there(tmp_path):
    CAMWriter(tmp_path).process(None, [sample(torch.ones(1, 2, 3))])
    assert read_cam(tmp_path / 'cams/cats/01.npz').class_ids.tolist() == [2]


def test_a_diverged_training_is_one_line_that_names_the_image(tmp_path):
    with pytest.raises(UserError, match='cats/01: .*not finite.*diverged'):
        CAMWriter(tmp_path).process(None, [sample(torch.full((1, 2, 3), torch.nan))])
    assert not (tmp_path / 'cams').exists()
