"""The tutorial on own images: its pictures, and the settings that make them."""

import re

from PIL import Image

from ppl_mm.pipeline import load_settings
from ppl_mm.pipeline.plan import make_plan
from ppl_mm.utils.config.reading import read_config
from ppl_mm.utils.project import tools_dir

PAGE = 'docs/own_images.md'


def test_the_pictures_are_small_and_made_by_the_script(root, pages):
    script = (root / 'docs/site/tutorial/pictures.py').read_text(encoding='utf-8')
    names = re.findall(r'images/(tutorial_\w+)\.jpg', pages[PAGE])
    assert len(names) == 6
    for name in names:
        assert f"'{name}" in script, name
        path = root / f'docs/images/{name}.jpg'
        assert path.stat().st_size < 120_000, name
        with Image.open(path) as picture:
            assert picture.width <= 1200, name


def test_the_settings_of_the_pictures_are_a_pipeline(root, tmp_path):
    config = root / 'docs/site/tutorial/pipeline.py'
    options = dict(splits=dict(_delete_=True, train='train'), results=str(tmp_path))
    steps = make_plan(load_settings(config, options), tmp_path / 'work', tools_dir())
    trained = [step.configs[0] for step in steps if step.kind == 'train']
    assert [path.name for path in trained] == ['classifier.py', 'network.py']
    assert read_config(trained[0]).train_cfg.max_epochs == 10
    assert read_config(trained[1]).train_cfg.max_iters == 150
