"""The one interface of refinement: image + scores -> scores."""

from abc import ABC, abstractmethod

import numpy as np

from ..errors import UserError
from .scores import Scores


class Refiner(ABC):
    """A step that makes the scores of an image better.

    Subclasses implement :meth:`refine`, which leaves channel 0 at 0 where the scores have no
    background, and are registered in ``REFINERS``; a config chains them:
    ``refiners=[dict(type='ppl_mm.ConstantBackground', threshold=0.3),
    dict(type='ppl_mm.DenseCRF')]``. A refiner keeps nothing of an image, so one object serves all
    images of a folder, and it can be pickled, so that worker processes get it.
    """

    #: Whether channel 0 must mean something before this step.
    needs_background = True
    #: Whether it gives channel 0 its meaning.
    makes_background = False
    #: How many pixels around a pixel the step looks at, so that it can work on an image in tiles.
    #: 0: at each pixel alone. None: it needs the whole image.
    margin: int | None = None

    def __call__(self, image: np.ndarray, scores: Scores) -> Scores:
        """Return refined scores of an image, uint8 RGB (H, W, 3), of the same shape and classes.

        Raises:
            UserError: If a background is needed and there is none yet.
            ValueError: If image and scores do not fit each other.
        """
        name = type(self).__name__
        if self.needs_background and scores.lacks_background:
            raise UserError(
                f'refiners: ppl_mm.{name} needs scores with a background; put '
                'a step that makes it, as ppl_mm.ConstantBackground, before'
            )
        if image.dtype != np.uint8 or image.shape != (*scores.size, 3):
            raise ValueError(
                f'the image, {image.shape} of {image.dtype}, does not fit '
                f'scores of {scores.size}; expect uint8 (H, W, 3)'
            )
        refined = self.refine(image, scores)
        if refined.values.shape != scores.values.shape:
            raise RuntimeError(
                f'ppl_mm.{name} has made {refined.values.shape} out of {scores.values.shape}'
            )
        return refined

    def improved(self, image: np.ndarray, scores: Scores) -> Scores:
        """Return refined scores of a whole image, or those before where the step does not help."""
        refined = self(image, scores)
        return refined if self.helps(scores, refined) else scores

    def helps(self, before: Scores, after: Scores) -> bool:
        """Return whether a chain takes what the step has made of an image, or leaves it as it was.

        Args:
            before: The scores of the whole image.
            after: What :meth:`refine` has made of them.
        """
        return True

    @abstractmethod
    def refine(self, image: np.ndarray, scores: Scores) -> Scores:
        """Return the refined scores; the arguments are checked, see ``__call__``."""
