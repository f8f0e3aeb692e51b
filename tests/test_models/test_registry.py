"""What a config names is found without an import by the user."""

import ppl_mm.models
from ppl_mm.registry import MODELS


def test_every_registered_model_is_in_a_module_that_the_registry_imports():
    public = [getattr(ppl_mm.models, name) for name in ppl_mm.models.__all__]
    registered = [one for one in public if one in MODELS.module_dict.values()]
    assert len(registered) > 10
    assert {one.__module__ for one in registered} <= set(MODELS._locations)
