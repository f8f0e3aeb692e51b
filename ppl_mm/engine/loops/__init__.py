from .all_stages_loop import AllStagesTrainLoop

__all__ = ['AllStagesTrainLoop']
