"""How a row of each kind is run."""

from .cam import CamRun
from .network import MasksRun, NetworkRun
from .pipeline import PipelineRun
from .self_training import SelfTrainedRun

#: Each is called with a Run and CamRun's other arguments; the result is
#: called and returns what the results keep.
KINDS = dict(
    cam=CamRun, self_trained=SelfTrainedRun, pipeline=PipelineRun, full=MasksRun, network=NetworkRun
)
