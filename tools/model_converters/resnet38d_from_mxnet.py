"""Convert the published ResNet38d weights from MXNet; no MXNet is needed.

python tools/model_converters/resnet38d_from_mxnet.py
ilsvrc-cls_rna-a1_cls1000_ep-0001.params weights/resnet38d_imagenet.pth

The .params file comes from https://github.com/itijyou/ademxapp (Model A1,
ImageNet classification). The result is what the configs of ppl_mm with
ResNet38d start from; docs/weights.md tells more.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

from ppl_mm.formats.mxnet_params import read_params
from ppl_mm.models.backbones import resnet38d_weights
from ppl_mm.utils.cli import make_parser, run

# Of ilsvrc-cls_rna-a1_cls1000_ep-0001.params, ademxapp models/checksum.md5.
PUBLISHED = 'ff21f45d6bf03284100dcbec571edfad'


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument('params', type=Path, help='file of MXNet')
    resnet38d_weights.add_options(parser)
    return parser.parse_args(argv)


def main() -> None:
    """Convert one file."""
    args = parse_args()
    state = resnet38d_weights.from_mxnet(read_params(args.params))
    state = resnet38d_weights.complete(state, args.params, args.width)
    digest = hashlib.md5(args.params.read_bytes(), usedforsecurity=False).hexdigest()
    if digest != PUBLISHED:
        print(f'note: MD5 {digest}, the published file has {PUBLISHED}')
    resnet38d_weights.save(state, args.out, args.params)
    print(f'{args.out}: {len(state)} tensors, every layer of ResNet38d')


if __name__ == '__main__':
    run(main)
