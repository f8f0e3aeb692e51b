"""The frames of a video as images, and pictures of frames as a video."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import mmcv
import numpy as np
from PIL import Image

from ...errors import UserError
from ...utils.files import atomic_write, read_json, write_json
from ...utils.progress import track
from .given_images import GivenImages

#: Endings of what is taken for a video.
VIDEO_SUFFIXES = ('.mp4', '.avi', '.mov', '.mkv', '.webm', '.m4v')
_QUALITY = 95  # of frames, as JPEGs
_RECORD = '.frames.json'
_USUAL_RATE = 25.0  # where a file does not say it


def is_video(path: str | os.PathLike) -> bool:
    """Return whether a path is that of a video, by its ending."""
    return Path(path).suffix.lower() in VIDEO_SUFFIXES


@dataclass(frozen=True)
class VideoFrames:
    """The frames of a video as images: ``<root>/<name of the video>/000001.jpg`` and so on."""

    video: Path
    root: Path

    @property
    def folder(self) -> Path:
        """Where the frames are."""
        return self.root / self.video.name

    def write(self) -> list[str]:
        """Write the frames, unless they are there, with one at a time in memory.

        Returns:
            Their names, in order, below the root and without ending.

        Raises:
            UserError: If the file is missing, or not a video that OpenCV can read.
        """
        if not self.video.is_file():
            raise UserError(f'{self.video}: no such file; check the path')
        seen = self.video.stat()
        identity = dict(size=seen.st_size, changed=seen.st_mtime_ns)
        record = self.folder / _RECORD
        found = read_json(record) if record.is_file() else {}
        if not identity.items() <= found.items():
            record.unlink(missing_ok=True)
            found = dict(identity, frames=self._write_anew())
            write_json(record, found)
        return [f'{self.video.name}/{number:06d}' for number in range(1, found['frames'] + 1)]

    def _write_anew(self) -> int:
        """Write the frames; return how many there are."""
        count = 0
        frames = (frame[..., ::-1] for frame in mmcv.VideoReader(str(self.video), cache_capacity=1))
        for count, frame in enumerate(track(frames, 'reading frames'), 1):
            with atomic_write(self.folder / f'{count:06d}.jpg') as file:
                Image.fromarray(frame).save(file, 'JPEG', quality=_QUALITY)
        if not count:
            raise UserError(f'{self.video}: has no frame that can be read; convert it to MP4')
        for path in self.folder.glob('*.jpg'):
            if int(path.stem) > count:  # of a longer video of this name
                path.unlink()
        return count

    def join(self, pictures: Sequence[Path], path: Path) -> None:
        """Write pictures of all frames, of one size, as an MP4 of the same speed."""
        rate = mmcv.VideoReader(str(self.video), cache_capacity=1).fps or _USUAL_RATE
        with Image.open(pictures[0]) as first:
            size = first.size
        begun = path.with_name(f'.{path.name}.part.mp4')
        writer = cv2.VideoWriter(str(begun), cv2.VideoWriter.fourcc(*'mp4v'), rate, size)
        if not writer.isOpened():
            raise UserError(f'{path}: OpenCV cannot write a video there; leave out --overlays')
        for picture in pictures:
            with Image.open(picture) as image:
                writer.write(np.array(image.convert('RGB'))[..., ::-1])
        writer.release()
        begun.replace(path)


def write_frames(videos: Sequence[VideoFrames]) -> GivenImages:
    """Return the frames of videos of one root as images, written where they are not yet.

    Raises:
        UserError: If a video cannot be read.
    """
    return GivenImages(videos[0].root, [f'{name}.jpg' for one in videos for name in one.write()])


def find_videos(given: Sequence[str | os.PathLike], root: Path) -> list[VideoFrames]:
    """Return the videos among paths, whose frames are written below a root.

    Raises:
        UserError: If there is something else beside videos, or two have one name.
    """
    videos = [VideoFrames(Path(path), root) for path in given if is_video(path)]
    if videos and len(videos) < len(given):
        other = next(path for path in given if not is_video(path))
        raise UserError(f'{other}: not a video; give images and videos to two commands')
    names = [one.video.name for one in videos]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f'{twice[0]}: two videos have this name; give them to two commands')
    return videos
