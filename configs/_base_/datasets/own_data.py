"""What a config has to know about a data set of your own, read from its folder.

The folder is data/mine, or the value of the environment variable OWN_DATA::

    OWN_DATA=data/other python tools/train.py configs/own/cls_cam_own.py

The number of classes is that of the lines in its classes.txt, so nothing here needs editing.
A config loads without such a folder, too; then the run says what is missing.
"""

# mmengine takes configs that import os for another kind, and its {{$OWN_DATA}} breaks at quotes.
own_data_root = __import__('os').environ.get('OWN_DATA', 'data/mine')


def _read_lines(name):
    try:
        text = open(f'{own_data_root}/{name}', encoding='utf-8-sig').read()
    except OSError:
        return []
    return [line.strip() for line in text.splitlines() if line.strip()]


def _count_lines(name, default):
    return len(_read_lines(name)) or default


def _first_line(name):
    return (_read_lines(name) or [''])[0]


# The first line of classes.txt is "background" or "no background".
own_num_classes = max(1, _count_lines('classes.txt', 2) - 1)
own_background = _first_line('classes.txt') != 'no background'
# The channels of a segmentation network.
own_num_channels = own_num_classes + own_background
own_num_train = max(1, _count_lines('ImageSets/Segmentation/train.txt', 1000))


def _read_channels():
    """Return the number of channels, and the mean and std of each; None and None for photos."""
    try:
        text = open(f'{own_data_root}/image_values.json', encoding='utf-8').read()
        bands = __import__('json').loads(text)['bands']
        repeat = 3 if bands['count'] == 1 else 1  # as grey photos are seen
        return bands['count'] * repeat, bands['mean'] * repeat, bands['std'] * repeat
    except (OSError, ValueError, KeyError, TypeError):
        return 3, None, None


# Images with bands bring their own mean and std. Those of photos belong to a network's weights.
own_channels, own_mean, own_std = _read_channels()
own_photos = own_mean is None
# --image-size of own_data.py: the long side at which the preset quick sees images, and how much
# larger than usual the others do.
_sizes = __import__('ppl_mm.data_tools.own.image_size', fromlist=['read_side'])
own_side = _sizes.read_side(own_data_root, own_num_train)
own_scale = _sizes.read_scale(own_data_root)
del _sizes
# How many of the training images show each class.
_shares = __import__('ppl_mm.data_tools.own.class_shares', fromlist=['read_class_shares'])
own_class_shares = _shares.read_class_shares(own_data_root)
del _shares
# Without masks the maps choose where they are cut; tools/export_cam.py --threshold wins.
export_threshold = 'auto'
