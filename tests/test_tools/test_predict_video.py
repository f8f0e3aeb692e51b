"""Masks of the frames of a video."""

import csv

import cv2
import numpy as np
import pytest
from PIL import Image

from ppl_mm.apis.inference.video import VideoFrames, find_videos
from ppl_mm.errors import UserError
from ppl_mm.formats.mask_file import read_mask

SIZE, FRAMES = (64, 48), 5


def write_clip(path, frames=FRAMES, seed=0):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'mp4v'), 10, SIZE)
    rng = np.random.default_rng(seed)
    for number in range(frames):
        frame = np.full((*SIZE[::-1], 3), 40 * number, np.uint8)
        frame[10:30, 10:40] = rng.integers(0, 255, 3)
        writer.write(frame)
    writer.release()
    return path


def test_a_mask_of_each_frame_and_a_video_of_them(tool, seg_work, tmp_path):
    clip, out = write_clip(tmp_path / 'my clip.mp4'), tmp_path / 'out'
    done = tool('predict', clip, seg_work, '--out', out, '--overlays')
    assert done.code == 0 and f'{FRAMES} predicted' in done.output, done.output
    masks = sorted((out / 'masks/my clip.mp4').iterdir())
    assert [path.name for path in masks] == [f'{n:06d}.png' for n in range(1, FRAMES + 1)]
    assert {read_mask(path).shape for path in masks} == {SIZE[::-1]}
    rows = list(csv.DictReader((out / 'predictions.csv').open()))
    assert rows[0]['image'] == 'my clip.mp4/000001.jpg'
    video = cv2.VideoCapture(str(out / 'my clip_overlays.mp4'))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == FRAMES
    assert video.get(cv2.CAP_PROP_FPS) == 10
    again = tool('predict', clip, seg_work, '--out', out, '--overlays')
    assert again.code == 0 and f'0 predicted, {FRAMES} were there' in again.output


def test_frames_are_those_of_the_video_in_its_colours(tmp_path):
    frames = VideoFrames(write_clip(tmp_path / 'a.avi'), tmp_path / 'frames')
    names = frames.write()
    assert len(names) == FRAMES
    for number, name in enumerate(names):
        with Image.open(tmp_path / f'frames/{name}.jpg') as image:
            assert image.size == SIZE
            assert abs(np.array(image)[40:, 50:].mean() - 40 * number) < 8
    before = (frames.folder / '000001.jpg').stat().st_mtime_ns
    assert frames.write() == names
    assert (frames.folder / '000001.jpg').stat().st_mtime_ns == before
    write_clip(tmp_path / 'a.avi', frames=3, seed=1)  # another one, shorter
    assert frames.write() == names[:3] and len(list(frames.folder.glob('*.jpg'))) == 3


def test_what_is_not_a_video_is_one_line(tool, seg_work, tmp_path):
    broken = tmp_path / 'broken.mp4'
    broken.write_bytes(b'not a video')
    done = tool('predict', broken, seg_work, out=tmp_path / 'out')
    assert done.code == 2 and 'broken.mp4: has no frame that can be read' in done.output
    with pytest.raises(UserError, match='nowhere.mp4: no such file'):
        VideoFrames(tmp_path / 'nowhere.mp4', tmp_path).write()


def test_videos_come_alone_and_have_different_names(tmp_path):
    with pytest.raises(UserError, match='photos: not a video'):
        find_videos(['a.mp4', 'photos'], tmp_path)
    with pytest.raises(UserError, match='a.mp4: two videos have this name'):
        find_videos(['x/a.mp4', 'y/a.mp4'], tmp_path)
    assert find_videos(['photos', 'a.jpg'], tmp_path) == []
