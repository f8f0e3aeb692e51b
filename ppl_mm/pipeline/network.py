"""A trained network, as the steps that export its maps know it."""

from dataclasses import dataclass
from pathlib import Path

from .step import SEGMENTATION, Step


@dataclass(frozen=True)
class Network:
    """A trained network whose maps are exported.

    Args:
        method: The key of its method.
        name: The method's name for people.
        config: For exports.
        training: The step that trains it.
        stage: Its number, where the next one learns from its maps. Defaults to None: it is the
            last one of its method.
    """

    method: str
    name: str
    config: Path
    training: Step
    stage: int | None = None

    @property
    def key(self) -> str:
        """What its steps are called by."""
        return self.method if self.stage is None else f'{self.method}_{self.stage}'

    @property
    def which(self) -> str:
        """Which one of its method it is, for titles."""
        kind = 'round' if self.method == SEGMENTATION else 'stage'
        return '' if self.stage is None else f'of {kind} {self.stage} '
