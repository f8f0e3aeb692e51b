"""Segmentation networks as ONNX graphs that take images as they are."""

import io
import json
import os
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UserError, first_line
from ..utils.files import atomic_write
from .onnx_resize import OpenCVResize
from .seg_inferencer import SegInferencer

_OPSET = 17
#: Name of the graph's input, uint8 RGB (N, H, W, 3), and of its output, uint8 (N, H, W).
INPUT, OUTPUT = 'image', 'label'
_AXES = {0: 'images', 1: 'height', 2: 'width'}
_LEFT_OUT = ('LoadImage', 'LoadImageFromFile', 'PackSegInputs')


class SegGraph(nn.Module):
    """A segmentation network with all that is done before and after it.

    The image is resized and normalised as in the test pipeline; the scores are resized to the
    image's size, where each pixel gets the class of the highest one.

    Raises:
        UserError: If the pipeline or the network does something else.
    """

    def __init__(self, inferencer: SegInferencer) -> None:
        super().__init__()
        where = inferencer.config.filename
        if inferencer.bands is not None:
            raise UserError(
                f'{where}: was trained on images of {inferencer.bands.count} bands; a graph takes '
                'photos only'
            )
        self.network = inferencer.model
        self.resizes = _resizes(inferencer.steps(inferencer.config), where)
        preprocessor = self.network.data_preprocessor
        if preprocessor.test_cfg:
            raise UserError(f'{where}: data_preprocessor.test_cfg pads images; take it out')
        if self.network.test_cfg.get('mode', 'whole') != 'whole':
            raise UserError(
                f"{where}: model.test_cfg.mode='{self.network.test_cfg.mode}' cuts images into "
                "windows, which a graph cannot; set it to 'whole'"
            )
        #: The label of channel 0.
        self.first = int(inferencer.label_names != inferencer.class_names)
        self.takes_rgb = preprocessor.channel_conversion
        self.mean = getattr(preprocessor, 'mean', torch.zeros(1))
        self.std = getattr(preprocessor, 'std', torch.ones(1))

    def forward(self, image: Tensor) -> Tensor:
        """Return the labels (N, H, W), uint8, of images (N, H, W, 3), uint8 RGB."""
        size = image.shape[1:3]
        x = image.permute(0, 3, 1, 2)  # (N, 3, H, W)
        for resize in self.resizes:
            x = resize(x)
        if not self.takes_rgb:
            x = x.flip(1)
        x = (x.float() - self.mean) / self.std
        logits = self.network.encode_decode(x, [dict(img_shape=x.shape[2:])])
        logits = F.interpolate(
            logits, size, mode='bilinear', align_corners=self.network.align_corners
        )
        if logits.shape[1] == 1:
            return (logits.sigmoid() > self.network.decode_head.threshold)[:, 0].to(torch.uint8)
        return (logits.argmax(dim=1) + self.first).to(torch.uint8)


def _resizes(steps: Sequence[Mapping], where: str) -> nn.ModuleList:
    """Return the transforms of a pipeline as modules of the graph."""
    found = []
    for step in steps:
        kind = step['type'].split('.')[-1]
        if kind in _LEFT_OUT:
            continue
        if kind != 'Resize' or not isinstance(step.get('scale'), list | tuple):
            raise UserError(
                f'{where}: the test pipeline has {step}, which the graph cannot hold; it may have '
                'Resize with a scale of two numbers'
            )
        found.append(OpenCVResize(step['scale'], step.get('keep_ratio', False)))
    return nn.ModuleList(found)


def export_onnx(inferencer: SegInferencer, path: str | os.PathLike) -> None:
    """Write a segmentation network as an ONNX graph.

    Its input ``image`` is uint8 RGB (N, H, W, 3), of any size; its output ``label`` is uint8 (N,
    H, W). The metadata ``classes`` is a JSON list of the classes of the label's values.

    Raises:
        UserError: If onnx is not installed, or the network cannot be exported.
    """
    onnx = _package('onnx')
    graph = SegGraph(inferencer).eval()
    file: Any = io.BytesIO()  # which the annotations of export() leave out
    device = next(graph.parameters()).device
    example = torch.zeros(1, 48, 64, 3, dtype=torch.uint8, device=device)
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter('ignore')  # of each size that is traced
            torch.onnx.export(
                graph,
                (example,),
                file,
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_axes={INPUT: _AXES, OUTPUT: _AXES},
                opset_version=_OPSET,
                dynamo=False,  # which needs onnxscript, and fixed sizes for such heads
            )
    except (RuntimeError, torch.onnx.errors.OnnxExporterError) as error:
        raise UserError(
            f'{inferencer.config.filename}: cannot be exported ({first_line(error)})'
        ) from error
    model = onnx.load_from_string(file.getvalue())
    onnx.checker.check_model(model)
    model.metadata_props.add(key='classes', value=json.dumps(inferencer.label_names))
    with atomic_write(path) as out:
        out.write(model.SerializeToString())


def agreement(inferencer: SegInferencer, path: str | os.PathLike, images: Sequence) -> float:
    """Return at which share of the pixels of photos onnxruntime gives the network's own label.

    Raises:
        UserError: If onnxruntime is not installed, or a photo cannot be read.
    """
    session = _package('onnxruntime').InferenceSession(
        str(path), providers=['CPUExecutionProvider']
    )
    same = []
    for sample in map(inferencer.read, images):
        (found,) = inferencer.stream([sample])
        rgb = np.ascontiguousarray(sample['img'][None, ..., ::-1])
        (label,) = session.run([OUTPUT], {INPUT: rgb})
        same.append((label[0] == found['label']).ravel())
    return float(np.concatenate(same).mean())


def _package(name: str) -> ModuleType:
    """Return a package that only ONNX graphs need."""
    try:
        return import_module(name)
    except ImportError as error:
        raise UserError(
            f'{name} is not installed; pip install "ppl_mm[onnx]", or pip install {name}'
        ) from error
