import pytest

from studies.engine.cost import export_cost, training_cost
from studies.engine.plan import make_runs
from studies.ppl.rows.setting import views

STAGES = [dict(position=2, grid=2, epochs=1), dict(position=4, grid=2, epochs=1)]
PROGRESSIVE = dict(custom_hooks=[dict(type='ppl_mm.ProgressiveStageHook', stages=STAGES)])


def test_cost_counts_each_stage(row, data):
    def cost(**options):
        (run,) = make_runs([row(round='final', options=options)], data)
        return training_cost(run.config())

    plain = cost(**{'model.neck': None})
    single = cost()
    staged = cost(**PROGRESSIVE)
    assert plain['images_per_epoch'] == 8
    assert plain['flops'] == 4 * 8 * plain['flops_per_image']
    # A patch branch repeats its tail; a later cut has less to repeat.
    early, late = staged['stages']
    assert early['flops_per_image'] > late['flops_per_image'] > plain['flops_per_image']
    assert early['flops_per_image'] == single['flops_per_image']
    assert staged['flops'] == 8 * 2 * (early['flops_per_image'] + late['flops_per_image'])


def test_cost_of_an_export_counts_each_view_of_each_image(row, data):
    def cost(*scales, **flips):
        options = views(*scales, **flips)
        (run,) = make_runs([row(test_options=options)], data)
        return export_cost(run.config(for_test=True), 'train')

    once = cost(1.0, flips=(0.0,))
    assert once['images'] == 8
    assert cost(1.0)['flops'] == 2 * once['flops']
    # Twice the side, four times the cells: what is not a convolution is small.
    both = cost(1.0, 2.0, flips=(0.0,))['flops'] / once['flops']
    assert both == pytest.approx(5, rel=0.02)
