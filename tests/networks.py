"""Configs that name no file of weights."""


def without_weights(node):
    """A model's config with every address of initial weights taken out."""
    node.pop('pretrained', None)
    if (node.get('init_cfg') or {}).get('type') == 'Pretrained':
        node['init_cfg'] = None
    for child in node.values():
        if isinstance(child, dict):
            without_weights(child)
    return node
