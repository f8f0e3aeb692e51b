"""Networks for tests, and the files of their weights."""

import torch


def without_weights(node):
    """A model's config with every address of initial weights taken out."""
    node.pop('pretrained', None)
    if (node.get('init_cfg') or {}).get('type') == 'Pretrained':
        node['init_cfg'] = None
    for child in node.values():
        if isinstance(child, dict):
            without_weights(child)
    return node


def with_random_norms(net):
    """The network in eval mode, with norms that are not the identity."""
    torch.manual_seed(0)
    with torch.no_grad():
        for value in net.state_dict().values():
            if value.ndim == 1 and value.dtype == torch.float32:
                value.uniform_(0.5, 1.5)
    net.eval()  # mmpretrain's backbones return None from it
    return net


def saved(path, content):
    """The path of a new file of weights."""
    torch.save(content, path)
    return path


def same(a, b):
    """Whether two state dicts are equal."""
    return a.keys() == b.keys() and all(torch.equal(value, b[key]) for key, value in a.items())
