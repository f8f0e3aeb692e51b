"""Rows of kind 'pipeline': a whole pipeline, run by the command that a user types."""

from collections.abc import Mapping, Sequence

from ppl_mm.utils.files import read_json

from ..record import scores, steps_record
from .cam import CamRun

# What the record keeps of the pipeline's settings.
_SETTINGS = ('methods', 'affinity', 'refinement', 'segmentation')


def parts_of(methods: Sequence[Mapping]) -> dict[str, tuple[str, str]]:
    """Return the parts of a record, by method and role in the report of a pipeline.

    Args:
        methods: The report's, the baseline first; the last makes the labels.
    """
    made = dict(
        measured='pseudo_labels',
        plain_seed=methods[0]['key'],
        ppl_seed=methods[-1]['key'],
        segmentation='segmentation',
    )
    parts = {name: (method, 'masked') for name, method in made.items()}
    parts |= {f'{name}_val': (method, 'val') for name, method in made.items()}
    parts['val'] = parts.pop('measured_val')
    return parts


class PipelineRun(CamRun):
    """From image-level labels to a network; arguments as for :class:`CamRun`."""

    def __call__(self) -> dict:
        """Do what is not done yet; a pipeline continues where it was.

        Returns:
            What the results keep: scores of the CAM seeds, the pseudo-labels
            and the network, from the pipeline's own report.
        """
        folder = self.folder / 'pipeline'
        if self.steps.done('pipeline'):
            # Its configs may have changed since; it knows what is left.
            self.steps.forget('pipeline')
        command = ['pipeline.py', self.run.row.config, '--seed', str(self.run.seed)]
        done = self.steps.tool('pipeline', *command, '--work-dir', folder)
        report = read_json(folder / 'report.json')
        measured = {(one['method'], one['role']): one for one in report['measurements']}
        steps = {one['step']: dict(seconds=one['seconds']) for one in report['steps']}
        return dict(
            settings={key: report[key] for key in _SETTINGS if report.get(key)},
            classes=report['classes'],
            **{name: _part(measured[key]) for name, key in parts_of(report['methods']).items()},
            steps=steps_record(dict(pipeline=done)) | steps,
        )


def _part(measured: Mapping) -> dict:
    """Return what the results keep of one measurement of a pipeline."""
    part = scores(measured['scores'], measured['split'], measured['num_images'])
    return dict(part, threshold=measured['threshold'])
