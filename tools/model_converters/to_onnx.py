"""Export a segmentation network as an ONNX file, which runs without PyTorch.

The graph holds all that is done to an image: its input 'image' is uint8 RGB,
(N, H, W, 3), of any size, upright and opaque; its output 'label' is uint8,
(N, H, W): the class of each pixel. The file's metadata 'classes' lists their
names as JSON. docs/onnx.md shows how it is used.

Needed are the packages onnx, and onnxruntime for --check:
pip install "ppl_mm[onnx]".
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
from collections.abc import Sequence

from ppl_mm.apis import SegInferencer
from ppl_mm.apis.inference.given_images import find_images
from ppl_mm.apis.onnx_export import agreement, export_onnx
from ppl_mm.utils.cli import make_parser, run
from ppl_mm.utils.files import check_output
from ppl_mm.utils.text import counted

# The network's own rounding differs at pixels between two classes.
_ENOUGH = 0.999


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Arguments of the command."""
    parser = make_parser(
        __doc__,
        epilog='example: python tools/model_converters/to_onnx.py work_dirs/seg_deeplab_own '
        '--out network.onnx --check new_photos',
    )
    parser.add_argument(
        'model',
        metavar='MODEL',
        help='the folder of tools/make_masks.py, a work folder of tools/train.py, or a checkpoint',
    )
    parser.add_argument('--out', required=True, metavar='FILE', help='the file to write')
    parser.add_argument(
        '--config', help='the config of MODEL (default: the one that lies beside it)'
    )
    parser.add_argument(
        '--check',
        nargs='+',
        metavar='IMAGES',
        help='folders, files or patterns: compare the labels of these images by onnxruntime with '
        f"the network's own; the exit status is 1 if less than {_ENOUGH:.1%} of the pixels agree",
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Export a network; the status is 1 where the check finds other labels."""
    args = parse_args(argv)
    check_output(args.out, args.model, *filter(None, [args.config]))
    images = find_images(args.check) if args.check else None
    given = (args.config, args.model) if args.config else (args.model, None)
    inferencer = SegInferencer(*given, device='cpu')
    export_onnx(inferencer, args.out)
    print(f'{args.out}: image (N, H, W, 3) in, label (N, H, W) out')
    if images is None:
        return 0
    share = agreement(inferencer, args.out, [images.path(name) for name in images.names])
    print(f'{counted(len(images.names), "image")}: {share:.3%} of the pixels have the same label')
    return int(share < _ENOUGH)


if __name__ == '__main__':
    run(main)
