"""One image of an export folder refined, whatever is wrong with it."""

import traceback
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import UserError, first_line
from ..formats.cam_file import CamFile, cam_path, write_cam
from ..formats.mask_file import label_path, write_label
from ..refine import RefinerChain
from ..refine.config import build_chain
from ..utils.cli import one_line
from .cam_folder import CamFolder


def refine_image(
    chain: RefinerChain, image: np.ndarray, cam_file: CamFile
) -> tuple[np.ndarray, CamFile]:
    """Refine and label one image.

    Where no map says anything, because there is no class or all is zero, the
    label is background, and no step is run.

    Args:
        chain (RefinerChain): The steps.
        image (np.ndarray): uint8 RGB, shape ``(H, W, 3)``.
        cam_file (CamFile): Its maps.

    Returns:
        tuple[np.ndarray, CamFile]: The label, uint8, shape ``(H, W)``, and
        the refined maps without the background.
    """
    if not cam_file.cam.any():
        return np.zeros(cam_file.size, np.uint8), cam_file
    label, scores = chain.refine(image, cam_file)
    return label, CamFile(scores.class_ids, scores.foreground, cam_file.size)


@dataclass(frozen=True)
class Outcome:
    """What became of an image.

    Args:
        stem (str): Its name.
        failure (str, optional): Why it has no label, one line.
        blank (bool): Whether no map said anything, so all is background.
    """

    stem: str
    failure: str | None = None
    blank: bool = False


class ImageRefiner:
    """Refines images by name; made anew in each worker process.

    Args:
        settings (dict): From :func:`chain_settings`.
        folder (CamFolder): Where CAMs and images are.
        out_dir (Path): Where to write.
        save_scores (bool): Write the refined maps, too.
    """

    def __init__(self, settings: dict, folder: CamFolder, out_dir: Path, save_scores: bool) -> None:
        self.chain = build_chain(settings)
        self.folder, self.out_dir = folder, out_dir
        self.save_scores = save_scores

    def __call__(self, stem: str) -> Outcome:
        """Refine one image and write its files.

        Args:
            stem (str): Its name.

        Returns:
            Outcome: Of this image; what is wrong with it stops no other.

        Raises:
            UserError: If the chain can't work on any image, or nothing can be
                written.
        """
        try:
            image, cam_file = self.folder.read(stem)
        except UserError as error:
            return Outcome(stem, one_line(error))
        try:
            label, refined = refine_image(self.chain, image, cam_file)
        except UserError:
            raise  # a refiner knows no file: this is about the config
        except Exception as error:
            path = cam_path(self.folder.root, stem)
            return Outcome(stem, f'{path}: {describe_error(error)}')
        try:
            if self.save_scores:
                write_cam(cam_path(self.out_dir, stem), refined)
            write_label(label_path(self.out_dir, stem), label)  # says: done
        except OSError as error:
            raise UserError(
                f'{self.out_dir}: cannot write ({error}); make room and run the same command again'
            ) from error
        return Outcome(stem, blank=not cam_file.cam.any())


def describe_error(error: Exception) -> str:
    """One line on what went wrong in a chain.

    Args:
        error (Exception): As caught.

    Returns:
        str: Its message; for what nobody has foreseen also where it happened.
    """
    message = first_line(error)
    if isinstance(error, ValueError):
        return message
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f'{type(error).__name__}: {message} ({place.filename}:{place.lineno})'
