from mmengine.config import Config

from ppl_mm.engine.stages import stages_of

STAGES = [dict(position=2, grid=2, epochs=1), dict(position=4, grid=4, epochs=3)]


def make(**changes):
    return Config(dict(train_cfg=dict(max_epochs=4)) | changes)


def test_stages_in_turn_have_their_own_epochs():
    hook = dict(type='ppl_mm.ProgressiveStageHook', stages=STAGES)
    assert stages_of(make(custom_hooks=[dict(type='EMAHook'), hook])) == STAGES


def test_stages_of_each_iteration_have_all_epochs():
    loop = dict(max_epochs=4, stages=[dict(position=2, grid=2), dict(position=4, grid=4)])
    assert stages_of(make(train_cfg=loop)) == [dict(stage, epochs=4) for stage in STAGES]


def test_a_model_may_have_no_stages():
    assert stages_of(make()) == stages_of(make(custom_hooks=None)) == []
