"""tools/model_converters/to_onnx.py: the whole command, and the page that explains its file."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ppl_mm.apis import SegInferencer
from ppl_mm.formats.mask_file import read_mask

HOW = 'pip install "ppl_mm[onnx]"'
pytest.importorskip('onnx', reason=HOW)
pytest.importorskip('onnxruntime', reason=HOW)
PAGE = Path(__file__).parents[2] / 'docs/onnx.md'


def test_the_page_uses_what_the_command_writes(tool, seg_work, demo_root, tmp_path, capfd):
    photos = demo_root / 'JPEGImages'
    done = tool('model_converters/to_onnx', seg_work, out='network.onnx', check=photos)
    assert done.code == 0, done.output
    assert re.search(r'12 images: (100\.000|99\.9\d\d)% of the pixels', done.output)
    Image.open(photos / 'val_00000.jpg').save(tmp_path / 'photo.jpg', quality=95)
    (snippet,) = re.findall(r'```python\n(.*?)```', PAGE.read_text(), re.S)
    exec(snippet, {})
    printed = capfd.readouterr().out.splitlines()
    (found,) = SegInferencer(seg_work)(tmp_path / 'photo.jpg')['predictions']
    assert np.mean(read_mask(tmp_path / 'mask.png') == found['label']) > 0.999
    assert {line.split()[0] for line in printed} <= {'background', *found['classes']}
