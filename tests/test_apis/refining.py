"""Refinement of a folder of CAMs, as tests run it."""

import numpy as np

from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.apis.refine import FolderRefinement
from ppl_mm.refine import Refiner
from ppl_mm.registry import REFINERS

CUT = dict(refiners=[dict(type='ppl_mm.ConstantBackground', threshold=0.4)])
TRAIN = [f'train_{k:05d}' for k in range(8)]
VAL = [f'val_{k:05d}' for k in range(4)]
BAD = 'train_00003'


@REFINERS.register_module()
class WhatIsAsked(Refiner):
    """Does to images with class 0 what a test asks for."""

    def __init__(self, kind):
        self.kind = kind

    def refine(self, image, scores):
        if 0 in scores.class_ids and self.kind == 'raise':
            raise IndexError('too far')
        if 0 in scores.class_ids and self.kind == 'nan':
            return type(scores)(scores.values * np.nan, scores.class_ids)
        return scores


def refine(cam_dir, cfg=CUT, split=None, out='out', **options):
    folder = CamFolder(cam_dir)
    refinement = FolderRefinement(cfg, folder, cam_dir.parent / out, **options)
    return refinement.run(folder.image_ids(split), split, workers=0)


def image_of(cam_dir):
    return cam_dir.parent / f'data/JPEGImages/{BAD}.jpg'
