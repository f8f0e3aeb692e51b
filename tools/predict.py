"""Write masks of new images, from a trained network.

IMAGES are folders with all below them, files, or patterns in quotes, such as
'photos/**/*.jpg'. MODEL is what made masks before:

  the folder of tools/make_masks.py     its segmentation network
  a work folder of tools/train.py       its latest checkpoint
  a checkpoint in such a folder         or anywhere, with --config

The network is a segmentation network, or a classifier: then its CAMs are cut
at --threshold, for the classes that it predicts or for --classes. Written are

  DIR/masks/<path>.png       one for each image: 0 = background, class id + 1,
                             with a palette, of the image's size as viewers show it
  DIR/masks_geo/<path>.tif   of a GeoTIFF: the mask with the same georeference
  DIR/overlays/<path>.jpg    with --overlays: the mask laid over the image
  DIR/predictions.csv        for each image, the coverage of each class (share of
                             the pixels) and its score
  DIR/problems.txt           images that cannot be read, and why
  DIR/.frames, DIR/<video>_overlays.mp4   of a video: its frames, and with --overlays
                             the frames with their masks

<path> is the image's path below IMAGES without its ending; images that differ
in their endings only keep them (a.jpg.png, a.png.png). Files that are not
images are skipped and counted. An image that cannot be read stops no other: it
is named, and the exit status is 1. A second run continues: it predicts what is
new, has changed or could not be read. The frames of clip.mp4 are images
clip.mp4/000001 and so on.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
import os
from collections.abc import Sequence

from ppl_mm.apis.inference.given_images import find_images
from ppl_mm.apis.inference.inferencers import open_inferencer
from ppl_mm.apis.inference.prediction_folder import PredictionFolder
from ppl_mm.apis.inference.video import VideoFrames, find_videos, write_frames
from ppl_mm.apis.predict import ImagePrediction
from ppl_mm.cams.threshold_choice import DEFAULT_THRESHOLD, ThresholdChoice
from ppl_mm.errors import UserError
from ppl_mm.formats.export_record import Threshold
from ppl_mm.utils.class_values import split_classes
from ppl_mm.utils.cli import add_max_pixels, make_parser, run
from ppl_mm.utils.text import counted

_NO_AUTO = (
    '--threshold auto: only an export chooses it, from the maps of a data set; give its '
    'export.json, or a number for each class'
)


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Arguments of the command."""
    parser = make_parser(
        __doc__,
        epilog='example: python tools/predict.py new_photos work_dirs/seg_deeplab_own '
        '--out work_dirs/new_masks --overlays',
    )
    parser.add_argument('images', metavar='IMAGES', nargs='+', help='images, or videos')
    parser.add_argument('model', metavar='MODEL', help='a folder with a network, or a checkpoint')
    parser.add_argument('--out', required=True, metavar='DIR', help='where to write')
    parser.add_argument(
        '--config', help='the config of MODEL (default: the one that lies beside it)'
    )
    parser.add_argument(
        '--overlays', action='store_true', help='also write the masks laid over the images'
    )
    parser.add_argument(
        '--classes',
        nargs='+',
        metavar='CLASS',
        help='what the images show: pixels are of these classes or background (default: of any '
        'class; of a classifier, of those that it predicts)',
    )
    parser.add_argument(
        '--threshold',
        metavar='T',
        help="score of the background for a classifier's CAMs, 0..1, or the export.json of an "
        'export, whose threshold and dimming of weak maps are taken; 0.3,crack=0.8 for classes '
        f'(default: {DEFAULT_THRESHOLD}, or 0.5 where CAMs are probabilities)',
    )
    parser.add_argument('--device', help='cpu, cuda or cuda:N (default: a GPU, if there is one)')
    parser.add_argument(
        '--batch-size',
        type=int,
        default=1,
        metavar='N',
        help='images at once, of those that follow each other and have one size; more than 1 '
        'helps on a GPU (default: 1)',
    )
    parser.add_argument(
        '--white-level',
        type=int,
        metavar='N',
        help="what is white in images of 16 bits (default: as in the network's data set; else "
        'the white of the fewest bits that hold all images)',
    )
    add_max_pixels(parser)
    args = parser.parse_args(argv)
    if args.batch_size < 1:
        parser.error(f'--batch-size {args.batch_size}: give 1 or more')
    return args


def read_threshold(text: str | None) -> ThresholdChoice | None:
    """Return the threshold that an option says, None where it says none."""
    if text is None:
        return None
    choice = ThresholdChoice.given(text)
    if choice.auto and not choice.by_class:
        raise UserError(_NO_AUTO)
    return choice


def threshold_of(choice: ThresholdChoice, classes: Sequence[str]) -> Threshold:
    """Return the threshold of a network's classes."""
    choice.check_names(classes)
    if choice.auto and not set(classes) <= set(choice.by_class):
        raise UserError(_NO_AUTO)
    return choice.threshold(classes)


def join_overlays(videos: Sequence[VideoFrames], folder: PredictionFolder) -> None:
    """Write the overlays of the frames of each video as a video."""
    for frames in videos:
        pictures = [folder.overlay_path(name) for name in frames.write()]
        path = folder.root / f'{frames.video.stem}_overlays.mp4'
        frames.join(pictures, path)
        print(f'{frames.video}: {counted(len(pictures), "frame")} with masks: {path}')


def main(argv: Sequence[str] | None = None) -> int:
    """Predict; the status is 1 where images could not be read."""
    args = parse_args(argv)
    choice = read_threshold(args.threshold)
    first, own = split_classes(args.threshold or '', '--threshold', '')
    export = first if os.path.isfile(first) else None
    folder = PredictionFolder(args.out)
    videos = find_videos(args.images, folder.root / '.frames')
    images = write_frames(videos) if videos else find_images(args.images, folder)
    given = (args.config, args.model) if args.config else (args.model, None)
    inferencer = open_inferencer(*given, args.device, export, max_pixels=args.max_pixels)
    cut = choice if own or not export else None  # the inferencer follows an export
    threshold = None if cut is None else threshold_of(cut, inferencer.class_names)
    prediction = ImagePrediction(
        inferencer,
        folder,
        overlays=args.overlays,
        batch_size=args.batch_size,
        classes=args.classes,
        threshold=threshold,
        white_level=args.white_level,
    )
    summary = prediction.run(images)
    print('\n'.join(summary.lines(folder)))
    if args.overlays:
        join_overlays(videos, folder)
    return int(bool(summary.problems))


if __name__ == '__main__':
    run(main)
