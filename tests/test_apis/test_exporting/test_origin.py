from mmengine.config import Config

from ppl_mm.apis.exporting.origin import network_digest


def digest(**head):
    model = dict(backbone=dict(depth=50), head=dict(num_classes=2, **head))
    return network_digest(Config(dict(model=model)))


def test_images_that_are_added_change_no_map():
    assert digest(class_shares=[0.1, 0.2]) == digest(class_shares=[0.3, 0.2]) == digest()
    assert digest(pool='lse') != digest()


def test_a_config_without_a_head_has_a_digest():
    configs = [dict(), dict(model=dict(depth=18)), dict(model=dict(decode_head=[1, 2]))]
    assert len({network_digest(Config(one)) for one in configs}) == 3
