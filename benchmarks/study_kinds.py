"""How a row of each kind is run."""
from study_cam import CamRun
from study_path import FullRun, NetworkRun, PipelineRun
from study_taught import TaughtRun

#: Called with a Run and CamRun's other arguments; the result is called and
#: gives what the results keep.
KINDS = dict(cam=CamRun, pipeline=PipelineRun, full=FullRun,
             network=NetworkRun, taught=TaughtRun)
