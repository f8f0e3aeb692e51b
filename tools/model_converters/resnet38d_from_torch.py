"""Take ResNet38d weights out of a torch file with PSA's names.

python tools/model_converters/resnet38d_from_torch.py
res38_cls.pth weights/resnet38d_voc_psa.pth

Such files come with PSA, SEAM and their successors: a state dict, with or
without 'module.' before its names or 'state_dict' around it, also a checkpoint
of ppl_mm itself. Layers beside the network, such as the classifier fc8, are
left out. A file trained on image labels of VOC is not ImageNet's: give it a
name of its own. docs/weights.md tells more.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
from collections.abc import Sequence
from pathlib import Path

from ppl_mm.models.backbones import resnet38d_weights
from ppl_mm.utils.cli import make_parser, run
from ppl_mm.utils.text import printable
from ppl_mm.utils.weights.checkpoint_file import read_checkpoint


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument('checkpoint', type=Path, help='file of torch')
    resnet38d_weights.add_options(parser)
    return parser.parse_args(argv)


def main() -> None:
    """Convert one file."""
    args = parse_args()
    weights = read_checkpoint(args.checkpoint)['state_dict']
    state, others = resnet38d_weights.from_torch(weights)
    state = resnet38d_weights.complete(state, args.checkpoint, args.width)
    resnet38d_weights.save(state, args.out, args.checkpoint)
    if others:
        print(printable(f'left out: {", ".join(others)}'))
    print(f'{args.out}: {len(state)} tensors, every layer of ResNet38d')


if __name__ == '__main__':
    run(main)
