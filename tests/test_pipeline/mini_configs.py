"""Changes to the config of the miniature pipeline, and what they make of its plan."""

from pathlib import Path

from ppl_mm.pipeline.plan import make_plan
from ppl_mm.pipeline.settings import load_settings


def rewrite(mini, old, new):
    text = mini.config.read_text()
    assert old in text
    mini.config.write_text(text.replace(old, new))


def plan(mini):
    """Return the steps by name."""
    steps = make_plan(load_settings(mini.config), Path('work'), Path('tools'))
    return {step.name: step for step in steps}
