"""Made-up data with names that are hard to show, and what was made of it."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.browser import start_browser
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.export_record import ExportRecord, RefinementRecord
from ppl_mm.formats.mask_file import write_label
from ppl_mm.formats.voc_layout import VOCLayout, write_lists
from ppl_mm.gallery.from_folders import read_folders

CLASSES = ('cat', '<script>alert(1)</script>', '"quoted" & \'single\'', 'кошка 猫')
TRAIN = (
    'plain',
    'a "quote" \'and\' more',
    '<img src=x onerror=alert(1)>',
    'space & #hash?x=1%20',
    'кошка 猫',
    'photo 2',
    'photo 10',
    'flooded',
    'negative',
)
VAL = ('val 1', 'val 2')
NEW = ('not labelled',)


def draw(place: int, size: tuple[int, int] = (80, 60)) -> tuple[Image.Image, np.ndarray, int]:
    """Return a drawn photo (W, H), its mask (H, W), and the class id on it."""
    number = place % len(CLASSES)
    photo, mask = Image.new('RGB', size, (70 + 9 * place, 110, 140)), Image.new('L', size)
    box = (10 + place, 10, 40 + place, 45)
    ImageDraw.Draw(photo).ellipse(box, fill=(200, 40 + 50 * number, 30))
    ImageDraw.Draw(mask).ellipse(box, fill=number + 1)
    return photo, np.array(mask), number


@dataclass(frozen=True)
class MadeUp:
    """A data set of drawn images, an export with refined labels, and predictions."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / 'data'

    @property
    def export(self) -> ExportFolder:
        return ExportFolder(self.root / 'export')

    @property
    def predictions(self) -> Path:
        return self.root / 'predictions'

    def source(self, **options):
        return read_folders(self.export.root, predictions=self.predictions, **options)


def make_data(root: Path) -> MadeUp:
    """Write the data set and everything that was made of it."""
    made = MadeUp(root)
    layout, labels = VOCLayout(made.data), {}
    for place, image in enumerate([*TRAIN, *VAL, *NEW]):
        photo, mask, number = draw(place)
        path = layout.image_path(image, '.png' if place % 2 else '.jpg')
        path.parent.mkdir(parents=True, exist_ok=True)
        photo.save(path)
        if image in NEW:
            write_label(made.predictions / f'{image}.png', mask)
            continue
        labels[image] = [] if image == 'negative' else [CLASSES[number]]
        if image == 'negative':
            mask[:] = 0
        make_labels(made, image, mask, number)
    splits = dict(train=TRAIN, val=VAL, unlabelled=NEW)
    write_lists(made.data, CLASSES, splits, labels)
    write_records(made)
    return made


def make_labels(made: MadeUp, image: str, mask: np.ndarray, number: int) -> None:
    """Write map, labels, prediction and ground truth: label and truth are the same but for one."""
    has_class = bool(mask.any())
    cam = (mask[None, ::4, ::4] > 0).astype(np.float16)
    ids = [number] if has_class else []
    write_cam(made.export.cam_path(image), CamFile(ids, cam[: len(ids)], mask.shape))
    label = np.full_like(mask, number + 1) if image == 'flooded' else mask
    write_label(made.export.label_path(image), np.roll(label, 3, axis=1))
    write_label(made.export.refined.label_path(image), label)
    write_label(made.predictions / f'{image}.png', mask)
    if image not in TRAIN[:2]:
        write_label(VOCLayout(made.data).mask_path(image), mask)


def write_records(made: MadeUp) -> None:
    """Write what made the export and the refinement."""
    common = dict(classes=CLASSES, data_root=str(made.data), finished=True)
    made.export.write(
        ExportRecord(
            **common, config='cls.py', checkpoint='epoch_1.pth', threshold=0.2, split='train'
        )
    )
    made.export.refined.write(
        RefinementRecord(
            **common,
            refine_config='refine.py',
            source_dir=str(made.export.root),
            refiners=[dict(type='ppl_mm.ConstantBackground', threshold=0.3)],
        )
    )


@pytest.fixture
def made(tmp_path):
    return make_data(tmp_path)


@pytest.fixture(scope='session')
def gallery(tmp_path_factory):
    """The page of a finished gallery. Do not change it."""
    from ppl_mm.gallery import make_gallery

    made = make_data(tmp_path_factory.mktemp('gallery'))
    return make_gallery(made.source(), made.root / 'a "gallery" #1 猫', workers=2)


class Pages:
    """Opens pages, and keeps what went wrong in them.

    Attributes:
        problems: Errors of the console, of scripts and of files, and dialogs.
    """

    def __init__(self, browser):
        self.browser, self.problems, self.open_pages = browser, [], []

    def __call__(self, page, address='', width=1280, height=900, **options):
        viewport = dict(width=width, height=height)
        opened = self.browser.new_page(viewport=viewport, **options)
        self.open_pages.append(opened)
        opened.on('console', lambda message: self._note(message.type, message.text))
        opened.on('pageerror', lambda error: self._note('error', str(error)))
        opened.on('requestfailed', lambda request: self._note('error', request.url))
        opened.on('dialog', lambda dialog: self._note('error', dialog.message))
        opened.goto(page.as_uri() + address)
        return opened

    def _note(self, kind, text):
        if kind in ('error', 'warning'):
            self.problems.append(text)

    def close(self):
        for page in self.open_pages:
            page.close()


@pytest.fixture(scope='module')
def browser():
    with ExitStack() as stack:
        try:
            found = stack.enter_context(start_browser())
        except UserError as error:
            pytest.skip(str(error))
        yield found


@pytest.fixture
def open_page(browser):
    """Open the gallery; at the end, nothing may have gone wrong in it."""
    pages = Pages(browser)
    yield pages
    pages.close()
    assert pages.problems == []
