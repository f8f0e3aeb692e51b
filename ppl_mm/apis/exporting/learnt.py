"""What an export has learnt of many images, and reads for each."""

from ...formats.export_folder import ExportFolder
from ...formats.export_record import ExportRecord

#: The module that reads it, by the name that the record and the ``tta_model`` have for it: what
#: the background looks like, and what all maps have in common.
READ_BY = dict(reference='ppl_mm.NegativeReference', probe='ppl_mm.LinearProbe')


def learnt_module(name: str, folder: ExportFolder, record: ExportRecord) -> dict:
    """Return the settings of the module that reads what an export has learnt."""
    return dict(type=READ_BY[name], path=str(folder.learnt_path(name, record)))
