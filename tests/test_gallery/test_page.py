import pytest
from jinja2 import UndefinedError
from PIL import Image
from test_gallery.parsed_page import ParsedPage

from ppl_mm.gallery.page import html_report, render

SCORES = dict(mIoU=0.5, per_class={'background': dict(iou=0.75), 'cat': dict(iou=None)})


@pytest.fixture
def report(tmp_path):
    """A report of three methods, and its pictures."""
    for name in ('panel', 'curve'):
        Image.new('RGB', (4, 4)).save(tmp_path / f'{name}.png')
    methods = [
        dict(key='cam', name='plain CAM', short='plain CAM'),
        dict(key='ppl', name='PPL', short='PPL'),
        dict(key='st', name='self-trained PPL', short='PPL-ST'),
    ]
    return dict(
        name='mini',
        seed=3,
        ppl_mm='0.1.0',
        classes=['background', 'cat'],
        methods=methods,
        measurements=[
            dict(
                method=key,
                role=role,
                split=role,
                num_images=7,
                threshold=0.25,
                scores=SCORES,
                config=f'cls_{key}.py',
                checkpoint_sha256='abcdef0123456789' * 4,
            )
            for key in ('cam', 'ppl', 'st', 'pseudo_labels', 'segmentation')
            for role in ('masked', 'val')
        ],
        sentences=['PPL beats plain CAM'],
        panel=dict(rule='chosen so'),
        machine=dict(python='3.11', torch='2.11', platform='Linux', cpus=2, cuda=False),
        steps=[dict(title='train PPL', seconds=65, command=['python', 'tools/train.py'])],
        seconds=65,
    )


def test_all_methods_are_shown_by_the_names_of_the_config(report, tmp_path):
    page = ParsedPage(html_report(tmp_path, report))
    assert page.texts['h1'] == ['Pipeline mini, random seed 3']
    assert page.texts['h3'] == ['plain CAM', 'PPL', 'PPL-ST', 'pseudo-label', 'segmentation']
    assert 'self-trained PPL' in page.texts['p']
    assert page.texts['td'][:10] == ['75.0'] * 10 and page.texts['td'][10:20] == ['n/a'] * 10
    assert page.texts['strong'] == ['50.0'] * 10
    # The second row of the first table's head lacks the column of names.
    assert page.widths[:6] == [11, 10, 11, 11, 11, 11]


@pytest.mark.parametrize('name', ['<script>alert(1)</script>', '"&\'', '{{ 7 * 7 }}', 'катка'])
def test_names_are_text(report, tmp_path, name):
    report['classes'][1] = name
    for one in report['measurements']:
        one['scores']['per_class'][name] = one['scores']['per_class']['cat']
    report['methods'][2]['short'] = report['methods'][2]['name'] = name
    report['sentences'] = [f'{name} beats plain CAM']
    report['measurements'][0]['config'] = name
    page = ParsedPage(html_report(tmp_path, report))
    assert 'script' not in dict(page.tags)
    assert ''.join(page.texts['th']).count(name) == 3
    assert f'{name} beats plain CAM' in ''.join(page.texts['li'])


def test_nothing_comes_from_elsewhere(report, tmp_path):
    text = html_report(tmp_path, report)
    assert '://' not in text and 'link' not in dict(ParsedPage(text).tags)
    assert text.count('src="data:image/png;base64,') == 2
    assert "default-src 'none'" in text


def test_what_a_template_lacks_is_an_error(report):
    with pytest.raises(UndefinedError):
        render('report.html', title='x')
