"""The rows of the study, one module a chapter, each row with what was expected of it.

A row that has results is not changed: another setting is another row.
"""

from .patches import branches, crops, moving, single
from .path import noise, path
from .plain import plain, scales
from .rounds import again, demo, finals, halves
from .self_training import self_trained
from .setting import DATA
from .stages import progressive

__all__ = ['DATA', 'ROWS']

#: In the order in which the queue takes them.
ROWS = [
    *plain('voc6').values(),
    *scales('voc6'),
    *single('voc6'),
    *crops('voc6'),
    *branches('voc6'),
    *progressive('voc6').values(),
    *moving('voc6'),
    *self_trained('voc6').values(),
    *halves(),
    *finals(),
    *again(),
    *path(),
    *noise('voc6', (0,)),
    *plain('demo').values(),
    *single('demo'),
    *progressive('demo').values(),
    *self_trained('demo').values(),
    *demo(),
    *noise('demo', (0, 1, 2)),
]
