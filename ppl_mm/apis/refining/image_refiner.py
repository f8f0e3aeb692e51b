"""Refining one image of an export folder."""

import traceback
from dataclasses import dataclass

import numpy as np

from ...cams import label_from_cam
from ...errors import UserError, first_line
from ...formats.cam_file import CamFile, write_cam
from ...formats.export_folder import ExportFolder
from ...formats.mask_file import write_label
from ...refine import RefinerChain
from ...refine.config import ChainSettings, build_chain
from ...utils.cli import one_line
from ..exporting.cam_folder import CamFolder


def refine_image(
    chain: RefinerChain, image: np.ndarray, cam_file: CamFile
) -> tuple[np.ndarray, CamFile]:
    """Refine and label one image, uint8 RGB (H, W, 3).

    Where there is no class, or all maps are zero, no step is run: the label is background. If every
    pixel belongs to a class, it is then the only class of the image, or 255.

    Returns:
        The label, uint8, shape ``(H, W)``, and the refined maps without the background. They have
        no scale: a chain changes what it meant.
    """
    if not cam_file.cam.any():
        return label_from_cam(cam_file, 0, chain.background), cam_file
    label, scores = chain.refine(image, cam_file)
    return label, CamFile(scores.class_ids, scores.foreground, cam_file.size, score=cam_file.score)


@dataclass(frozen=True)
class Outcome:
    """How the refinement of an image ended.

    Args:
        image_id: The image.
        failure: Why it has no label, one line. Defaults to None.
        blank: Whether it has no class, or all maps are zero, so that all is background.
    """

    image_id: str
    failure: str | None = None
    blank: bool = False


class ImageRefiner:
    """Refines images by image id, perhaps with their maps; made anew in each worker process."""

    def __init__(
        self, settings: ChainSettings, source: CamFolder, folder: ExportFolder, save_scores: bool
    ) -> None:
        self.chain = build_chain(settings)
        self.source, self.folder = source, folder
        self.save_scores = save_scores

    def __call__(self, image_id: str) -> Outcome:
        """Refine one image and write its files.

        Returns:
            How it ended. A bad image does not stop the run.

        Raises:
            UserError: If the chain cannot work on any image, or nothing can be written.
        """
        try:
            image, cam_file = self.source.read(image_id)
        except UserError as error:
            return Outcome(image_id, one_line(error))
        try:
            label, refined = refine_image(self.chain, image, cam_file)
        except UserError:
            raise  # a refiner knows no file: this is about the config
        except Exception as error:
            path = self.source.files.cam_path(image_id)
            return Outcome(image_id, f'{path}: {describe_error(error)}')
        self._write(image_id, label, refined)
        return Outcome(image_id, blank=self.chain.background and not cam_file.cam.any())

    def _write(self, image_id: str, label: np.ndarray, refined: CamFile) -> None:
        try:
            if self.save_scores:
                write_cam(self.folder.cam_path(image_id), refined)
            write_label(self.folder.label_path(image_id), label)  # says: done
        except OSError as error:
            raise UserError(
                f'{error.filename or self.folder.root}: cannot be written ({first_line(error)}); '
                'make room and run the same command again'
            ) from error


def describe_error(error: Exception) -> str:
    """Return one line on what went wrong in a chain.

    For an error that nobody has foreseen it says also where that happened.
    """
    message = first_line(error)
    if isinstance(error, ValueError):
        return message
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f'{type(error).__name__}: {message} ({place.filename}:{place.lineno})'
