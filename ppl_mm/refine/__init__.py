"""Refinement: from a coarse CAM to a sharp pseudo-label."""

from .background import AlphaBackground, ConstantBackground, Renormalize
from .chain import RefinerChain
from .dense_crf import DenseCRF
from .label_rules import Agreement, IgnoreBand, LabelRule, PerClassThreshold, Strongest
from .pamr import PAMR
from .random_walk import RandomWalk
from .refiner import Refiner
from .scores import Scores

__all__ = [
    'PAMR',
    'Agreement',
    'AlphaBackground',
    'ConstantBackground',
    'DenseCRF',
    'IgnoreBand',
    'LabelRule',
    'PerClassThreshold',
    'RandomWalk',
    'Refiner',
    'RefinerChain',
    'Renormalize',
    'Scores',
    'Strongest',
]
