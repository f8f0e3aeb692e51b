"""Labels that nothing could be learned from."""

import pytest
from export_files import record_of
from PIL import Image
from test_apis.refining import refine

from ppl_mm.errors import UserError
from ppl_mm.formats.export_folder import find_labels
from ppl_mm.formats.mask_file import read_mask
from ppl_mm.formats.pseudo_label_summary import LabelSummary


def cut(threshold, **settings):
    step = dict(type='ppl_mm.ConstantBackground', threshold=threshold)
    return dict(refiners=[step], **settings)


@pytest.mark.parametrize(
    'summary, reason',
    [
        (dict(background=0, covered=0.51), 'cover 51 % of an image'),
        (dict(background=19, covered=0.3), '19 of 20 pseudo-labels are all background'),
        (dict(background=18, covered=0.5), None),
        (dict(background=0, covered=0.1, void=3), None),
    ],
)
def test_what_is_refused(summary, reason):
    summary = LabelSummary(**{'num_labels': 20, 'void': 0, 'nearly_all': 0, **summary})
    refusal = summary.refusal()
    assert refusal is None if reason is None else reason in refusal
    if reason:
        assert summary.warnings([])[0] == refusal


@pytest.mark.parametrize('threshold, reason', [(0.0, 'cover'), (1.0, 'all background')])
def test_useless_labels_are_an_error_with_a_picture(cam_dir, tmp_path, threshold, reason):
    refine(cam_dir, cut(threshold), out='usual')  # only a warning
    for _ in range(2):  # also once the labels are there
        with pytest.raises(UserError, match=f'nothing is trained on these labels .*{reason}'):
            refine(cam_dir, cut(threshold, refuse_useless=True))
    with Image.open(tmp_path / 'out/refused.jpg') as sheet:
        assert sheet.format == 'JPEG' and sheet.height > 200
    assert record_of(tmp_path / 'out')['finished'] is False
    with pytest.raises(UserError, match='not finished'):  # so no training takes them
        find_labels(tmp_path / 'out')
    found = sorted((tmp_path / 'usual/labels').iterdir())
    for path in found:
        assert (read_mask(tmp_path / 'out/labels' / path.name) == read_mask(path)).all()


def test_good_labels_pass(cam_dir, tmp_path):
    refine(cam_dir, cut(0.9, refuse_useless=True))
    assert record_of(tmp_path / 'out')['finished'] is True
    assert not (tmp_path / 'out/refused.jpg').exists()
