"""Reads records of before 2026-11-27, which have other names and hold more than a report reads.

This is the only place that knows the old names. Options of the neck and the
head that were switches have types of their own today: MixedPatchLearning,
SelfTrainedCAMHead, and the variants of ``studies.variants``.
"""

from .record import thin_curve

# In names of rows, kinds and configs, and in keys.
_WORDS = {'taught': 'self_trained', 'teacher': 'previous'}
_METHODS = {
    'PL, taught': 'PPL-ST',
    'PPL, paper': 'PPL',
    'PPL': 'PPL, variant',
    'true masks': 'ground truth',
    'true masks, 1,200 iterations': 'ground truth, 1,200 iterations',
    'pseudo-labels, taught twice': 'pseudo-labels, self-trained twice',
}
#: What a report does not read; the row, its config and the commit say it again.
_DROPPED = (
    'hypothesis',
    'settings_key',
    'training_key',
    'training_shared',
    'threshold_from',
    'commands',
    'log_tail',
)
_BORDERS = dict(mixed='ppl_mm.MixedPatchLearning', replicate='ppl_mm.ReplicatePatchLearning')
_VARIANTS = {'custom_imports': dict(imports=['studies.variants'], allow_failed_imports=False)}


def is_old(record: dict) -> bool:
    """Return whether a record has the old names."""
    return 'settings_key' in record


def upgrade(record: dict) -> dict:
    """Return a record with today's names and nothing that no report reads.

    Args:
        record: An old record, or one of today, which stays as it is.
    """
    if not is_old(record):
        return record
    method = record['method']
    record = {
        key: value
        for key, value in _rename(record).items()
        if key not in _DROPPED and not (key == 'settings' and record['kind'] in ('cam', 'taught'))
    }
    record['method'] = _METHODS.get(method, method)
    _rename_options(record)
    if record['extra'].get('previous'):
        _rename_nested(record['extra'])
    curve = record.pop('curve', None)
    if curve and record['round'] == 'final':
        record['curve'] = thin_curve(curve)
    return record


def _rename(value: object) -> object:
    """Return JSON with new words in its keys and strings."""
    if isinstance(value, dict):
        return {_rename(key): _rename(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rename(one) for one in value]
    if isinstance(value, str):
        for old, new in _WORDS.items():
            value = value.replace(old, new)
    return value


def _rename_nested(extra: dict) -> None:
    """Rename the options of the previous run, and of that before it."""
    previous = extra['previous']
    if 'options' in previous:
        previous.setdefault('test_options', {})
        _rename_options(previous)
    if previous.get('extra'):
        _rename_nested(previous['extra'])


def _rename_options(row: dict) -> None:
    """Give each old option of the neck and the head the type that has its place."""
    options = row['options']
    if options.pop('model.head.label_loss', None):
        options['model.head.type'] = 'ppl_mm.SelfTrainedCAMHead'
        row['test_options'].pop('model.head.fusion', None)  # the type's own rule
    if 'model.head.branch_loss' in options:
        options.update(_VARIANTS, **{'model.head.type': 'ppl_mm.BranchCAMHead'})
    neck = options.get('model.neck', {})
    if border := neck.pop('border', None):
        neck['type'] = _BORDERS[border]
    if options.pop('model.neck.moving', False):
        kind = neck['type'].removeprefix('ppl_mm.')
        options.update(_VARIANTS, **{'model.neck.type': f'ppl_mm.Moving{kind}'})
