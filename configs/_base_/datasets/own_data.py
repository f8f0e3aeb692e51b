"""What a config has to know of a data set of your own, read from it.

The folder is data/mine, or what the environment variable OWN_DATA says::

    OWN_DATA=data/other python tools/train.py configs/own/cls_cam_own.py

The number of classes is that of the lines in its classes.txt, so that nothing
is to be edited here; where there is no such folder yet a config still loads,
and the run says what is missing.
"""
own_data_root = '{{$OWN_DATA:data/mine}}'


def _count_lines(name, default):
    try:
        text = open(f'{own_data_root}/{name}', encoding='utf-8-sig').read()
    except OSError:
        return default
    return sum(bool(line.strip()) for line in text.splitlines())


# The first line of classes.txt is the background.
own_num_classes = max(1, _count_lines('classes.txt', 2) - 1)
own_num_train = max(1, _count_lines(
    'ImageSets/Segmentation/train.txt', 1000))
