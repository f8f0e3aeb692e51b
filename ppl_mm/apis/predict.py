"""Masks of many new images, from a trained network."""

import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..formats.class_list import NO_BACKGROUND, channel_names
from ..formats.export_record import Threshold, threshold_text
from ..formats.geo_tiff import has_georeference
from ..formats.images.stored_values import values_for
from ..formats.images.white_level import check_white_level, find_white_level, white_level_line
from ..formats.photo_names import output_names
from ..utils.cli import one_line
from ..utils.progress import track
from ..utils.text import counted, printable
from ..utils.weights.loading import checkpoint_sha256
from ..version import __version__
from ..visualization import overlay_label
from .cam_inferencer import CAMInferencer
from .exporting.origin import network_digest
from .inference.given_images import GivenImages, find_images
from .inference.inferencers import NO_THRESHOLD, open_inferencer
from .inference.photo_inferencer import PhotoInferencer
from .inference.prediction_folder import PredictionFolder, PredictionTable

NOT_CUT = '--threshold: every pixel belongs to a class, so nothing is cut; leave it out'


@dataclass(frozen=True)
class PredictionSummary:
    """How a prediction went.

    Args:
        num_images: How many images were given.
        predicted: How many masks this run has written.
        problems: Why an image has no mask, by its name.
        skipped: What other files are, by their names.
        threshold: Where the maps of a classifier were cut, as an option says it; '' for a
            segmentation network.
        white_level: White of 16 bits, where an option or the images themselves have said it.
    """

    num_images: int
    predicted: int
    problems: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    threshold: str = ''
    white_level: int | None = None

    def lines(self, folder: PredictionFolder) -> list[str]:
        """Return what to tell the user."""
        kept = self.num_images - self.predicted - len(self.problems)
        lines = [
            f'{counted(self.num_images, "image")}: {self.predicted} predicted, {kept} were there, '
            f'{len(self.problems)} failed; masks in {folder.masks}, table in {folder.table_path}'
        ]
        if folder.masks_geo.is_dir():
            lines.append(f'masks of GeoTIFFs, with their georeference: {folder.masks_geo}')
        if self.threshold:
            lines.append(f'CAMs were cut at {self.threshold} (--threshold)')
        if self.white_level is not None:
            lines.append(white_level_line(self.white_level))
        kinds = Counter(self.skipped.values())
        lines += [f'skipped: {kind} ({count})' for kind, count in sorted(kinds.items())]
        if self.problems:
            first = printable(next(iter(self.problems.values())))
            lines.append(f'failed: {first}; all in {folder.problems_path}')
        return lines


class ImagePrediction:
    """Writes the masks of images into a folder.

    A second run continues: images that have a mask, not older than they are, and a row in the
    table are not looked at again.

    Args:
        inferencer: The network.
        folder: Where to write. Nothing is written there before :meth:`run`.
        overlays: Also write the masks laid over the images. Defaults to False.
        batch_size: Images at once, if they follow each other and have one size. Defaults to 1.
        classes: See the inferencer. Defaults to None.
        threshold: Background score of a classifier's maps. Defaults to None: the usual one of the
            inferencer.
        white_level: White of images of 16 bits. Defaults to None: that of the network's data set;
            if it had none, what the folder of the images says (``image_values.json``), or else the
            white of the fewest bits that hold all images.

    Raises:
        UserError: If a class is unknown, the white level is not one of 16 bits, or a segmentation
            network is given a threshold.
    """

    def __init__(
        self,
        inferencer: PhotoInferencer,
        folder: PredictionFolder,
        overlays: bool = False,
        batch_size: int = 1,
        classes: Sequence[str] | None = None,
        threshold: Threshold | None = None,
        white_level: int | None = None,
    ) -> None:
        check_white_level(white_level)
        self.inferencer, self.folder, self.white_level = inferencer, folder, white_level
        self.overlays, self.batch_size = overlays, batch_size
        self.options: dict = dict(classes=inferencer.known_classes(classes))
        if threshold is not None and NO_BACKGROUND in inferencer.label_names:
            raise UserError(NOT_CUT)
        if isinstance(inferencer, CAMInferencer):
            usual = inferencer.usual_threshold
            self.options['threshold'] = usual if threshold is None else threshold
        elif threshold is not None:
            raise UserError(NO_THRESHOLD)

    def run(self, images: GivenImages) -> PredictionSummary:
        """Write the masks of images that have none yet.

        Returns:
            How it went. An image that cannot be read does not stop the run.

        Raises:
            UserError: If the folder holds something else or the masks of another model, or another
                run is at work there.
            OSError: If nothing can be written.
        """
        self.white_level = self.white_level or self._find_white_level(images)
        identity = self._identity(images)
        with self.folder.claim(identity):
            self._names = output_names(images.names)
            self._table = PredictionTable(self.folder.table_path, self._columns())
            todo = [name for name in images.names if not self._is_done(images, name)]
            cfg, checkpoint = self.inferencer.config, str(self.inferencer.checkpoint)
            made = dict(ppl_mm=__version__, config=str(cfg.filename), checkpoint=checkpoint)
            self.folder.write_record(identity | made)
            self._table.write()
            problems = self._predict(images, todo)
            self._table.write()
            self.folder.write_problems(problems)
        return PredictionSummary(
            len(images.names),
            len(todo) - len(problems),
            problems,
            dict(images.skipped),
            self._threshold_text(),
            self.white_level,
        )

    def _threshold_text(self) -> str:
        if NO_BACKGROUND in self.inferencer.label_names:
            return ''
        return threshold_text(self.options.get('threshold'), self.inferencer.class_names)

    def _find_white_level(self, images: GivenImages) -> int | None:
        """Return the white of images of 16 bits, where nothing else says it."""
        known = self.inferencer.bands or self.inferencer.white_level
        if known or values_for(images.root).white_level:
            return None
        return find_white_level([images.path(name) for name in images.names])

    def _identity(self, images: GivenImages) -> dict:
        cfg = self.inferencer.config
        steps = self.inferencer.steps(cfg)
        tta = getattr(self.inferencer, 'tta_model', cfg.get('tta_model'))
        return dict(
            checkpoint_sha256=checkpoint_sha256(self.inferencer.checkpoint),
            network=network_digest(cfg, steps=steps, tta_model=tta),
            classes=self.inferencer.label_names,
            only=self.options['classes'],
            threshold=self.options.get('threshold'),
            images=str(images.root),
            white_level=self.white_level,
        )

    def _columns(self) -> list[str]:
        coverage = [f'coverage {name}' for name in channel_names(self.inferencer.label_names)]
        scores = [f'score {name}' for name in self.inferencer.class_names]
        return ['image', 'mask', 'width', 'height', *coverage, *scores]

    def _is_done(self, images: GivenImages, name: str) -> bool:
        row = self._table.rows.get(printable(name))
        if row is None or row['mask'] != self._mask_name(name):
            return False
        files = [self.folder.mask_path(self._names[name])]
        if self.overlays:
            files.append(self.folder.overlay_path(self._names[name]))
        made = [path.stat().st_mtime for path in files if path.is_file()]
        image = images.path(name)
        if len(made) < len(files) or min(made) < os.path.getmtime(image):
            return False
        return self.folder.geo_path(self._names[name]).is_file() == has_georeference(image)

    def _mask_name(self, name: str) -> str:
        return printable(f'{self._names[name]}.png')

    def _predict(self, images: GivenImages, todo: Sequence[str]) -> dict[str, str]:
        """Write the masks of images; return why some have none."""
        problems: dict[str, str] = {}
        at_work: deque[tuple[str, np.ndarray]] = deque()  # read, but not predicted yet

        def fail(name: str, error: UserError) -> None:
            """Note why an image has no mask."""
            problems[name] = one_line(error)
            self._table.rows.pop(printable(name), None)

        def samples() -> Iterator[dict]:
            """Yield the images that can be read, as the network takes them."""
            for name in track(todo, 'predicting'):
                try:
                    sample = self.inferencer.read(images.path(name), white_level=self.white_level)
                except UserError as error:
                    fail(name, error)
                else:
                    at_work.append((name, sample['img']))
                    yield sample

        def skip(error: UserError) -> None:
            """Note the image that cannot be predicted; the next one follows."""
            fail(at_work.pop()[0], error)

        for found in self.inferencer.stream(samples(), self.batch_size, skip, **self.options):
            name, image = at_work.popleft()
            self._write(name, images.path(name), image, found)
        return problems

    def _write(self, name: str, path: Path, image: np.ndarray, found: dict) -> None:
        height, width = found['size']
        if self.overlays:
            picture = overlay_label(self.inferencer.picture_of(image), found['label'])
            self.folder.write_overlay(self._names[name], picture)
        self.folder.write_mask(self._names[name], found['label'], path)
        row = dict(image=printable(name), mask=self._mask_name(name), width=width, height=height)
        row |= {f'coverage {key}': f'{value:.4f}' for key, value in found['coverage'].items()}
        row |= {f'score {key}': f'{value:.4f}' for key, value in found['scores'].items()}
        self._remove_old(name)
        self._table.add(row)

    def _remove_old(self, name: str) -> None:
        """Remove the mask that an image had before it had to keep its ending."""
        old = self._table.rows.get(printable(name), {}).get('mask')
        # The table is a file that anybody may have edited: no other name is removed.
        mine = {printable(f'{stem}.png') for stem in (name, os.path.splitext(name)[0])}
        if old in mine - set(map(self._mask_name, self._names)):
            self.folder.remove_mask(old)


def predict_images(
    images: GivenImages | Iterable[str | os.PathLike] | str | os.PathLike,
    model: PhotoInferencer | str | os.PathLike,
    out: str | os.PathLike,
    **options,
) -> PredictionSummary:
    """Write the masks of images, as ``tools/predict.py`` does.

    Args:
        images: A folder, with all below it; a file, a pattern; several; or what
            :func:`find_images` gives.
        model: The folder of ``tools/make_masks.py``, a work folder, a checkpoint in one, or an
            inferencer.
        out: The folder to write. It gets ``masks/<path below the folder of images>.png``,
            ``predictions.csv`` and, if an image cannot be read, ``problems.txt``; masks of GeoTIFFs
            are in ``masks_geo``, too.
        **options: See :class:`ImagePrediction`.

    Returns:
        How it went.

    Raises:
        UserError: If there are no images, no network, or the folder holds something else.

    Examples:
        >>> predict_images('new_photos', 'work_dirs/seg_deeplab_own', 'out').predicted
        120
    """
    folder = PredictionFolder(out)
    inferencer = model if isinstance(model, PhotoInferencer) else open_inferencer(model)
    if not isinstance(images, GivenImages):
        given = [images] if isinstance(images, str | os.PathLike) else images
        images = find_images(given, folder)
    return ImagePrediction(inferencer, folder, **options).run(images)
