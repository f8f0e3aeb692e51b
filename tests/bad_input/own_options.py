"""Options that only one command has, and that are wrong."""

from bad_input.wrong_files import arguments, broken, files, options, other, text

# What no tile can be, and what is said.
TILES = {
    '0': 'max_pixels=0 must be',
    '-5': 'max_pixels=-5 must be',
    '1000': 'or more: a tile shares',
    'x': "'x'",
}
#: (command, what is wrong): how, more arguments, the line.
OWN_OPTIONS = {
    **options(
        'eval_cam',
        ('a step of 0', '--thresholds 0 1 0', 'give 0 <= FIRST <= LAST'),
        ('an infinite range', '--thresholds 0 inf 0.1', 'FIRST <= LAST <= 1'),
        ('a million thresholds', '--thresholds 0 1 1e-6', 'at most 10,000'),
        ('its input as output', '--out export/export', 'is read by this command'),
        ('a curve among the masks', '--out data/SegmentationClass/val', 'is in data/'),
    ),
    **arguments(
        'eval_cam', ('an export that is missing', 'no data --split labels.csv', 'no/export.json')
    ),
    **options(
        'eval_labels',
        ('its input as output', '--out data/classes.txt', 'is read by this command'),
        (
            'its image labels as output',
            '--image-labels labels.csv --out labels.csv',
            'is read by this command',
        ),
        ('an output below a file', '--out labels.csv/a.json', 'labels.csv'),
    ),
    **arguments(
        'cut_images',
        ('no folder', 'no --out parts', 'no: the folder of photos is missing'),
        ('a file as folder', 'labels.csv --out parts', 'labels.csv: the folder'),
        ('a folder of texts', 'data/ImageSets --out parts', 'data/ImageSets'),
        ('no output', 'photos', '--out'),
        ('an output below a file', 'photos --out labels.csv/parts', 'labels.csv'),
        ('its input as output', 'photos --out photos', 'photos'),
        ('an output of others', 'photos --out masks', 'masks'),
        ('a size of 0', 'photos --out parts --size 0', 'must be 64 pixels'),
        ('a size of 63', 'photos --out parts --size 63', 'must be 64 pixels'),
        ('half a pixel', 'photos --out parts --size 99.5', "'99.5'"),
        ('no masks', 'photos --out parts --masks no', 'check --masks'),
        ('an unknown option', 'photos --out parts --szie 99', '--szie'),
    ),
    **options(
        'cls_labels', ('its input as output', '--out cls_labels.npy', 'is read by this command')
    ),
    **arguments(
        'resnet38d_from_torch',
        ('its input as output', 'psa.pth psa.pth --width 0.0625', 'is read by this command'),
    ),
    **options(
        'train',
        ('the folder of the config', '--work-dir .', 'is the folder of cls.py'),
        ('a checkpoint that is missing', '--resume no.pth', 'no.pth'),
        ('weights that are missing', '--cfg-options load_from=no.pth', 'no.pth'),
        ('a list as work folder', '--work-dir= --cfg-options work_dir=a,b', 'must be the path'),
        ('mixed precision on a CPU', '--amp', '--amp needs a GPU'),
        ('a file as work folder', '--work-dir labels.csv', 'labels.csv'),
    ),
    **options(
        'test seg',
        ('masks to be replaced', '--out data/SegmentationClass', 'holds other files'),
        ('no folder of predictions', '--predict-only', 'give --out and no --report'),
    ),
    **options('eval_refiners', ('a limit of 0', '--limit 0', '--limit must be 1 or more')),
    **files('eval_refiners', 'config', ('no chains', text('a = 1'), 'chains must be a dict')),
    **files(
        'refine',
        'config',
        ('no refiners', text('a = 1'), 'refiners must be a list'),
        ('an unknown refiner', text("refiners = [dict(type='ppl_mm.Crf')]"), 'Crf'),
        (
            'an unknown argument',
            text("refiners = [dict(type='ppl_mm.DenseCRF', prset='psa')]"),
            'prset',
        ),
        (
            'a number that is none',
            text("refiners = [dict(type='ppl_mm.DenseCRF', iterations=1e999)]"),
            'infinite or NaN',
        ),
    ),
    **options(
        'refine',
        ('a threshold of letters', '--cfg-options refiners.0.threshold=x', 'threshold'),
        ('pixels of letters', '--cfg-options max_pixels=x', 'must be a whole number'),
        (
            'two of one object',
            '--cfg-options least_left=2',
            'least_left=2 must be a number in 0..1',
        ),
        ('a misspelt option', '--cfg-options refinrs.0.threshold=0.3', 'refinrs'),
        ('a number as label', '--cfg-options label=3', "must be a dict with a 'type'"),
        (
            'a step in brackets',
            '--cfg-options refiners=[dict(type="ppl_mm.PAMR",iterations=1)]',
            'set its keys one by one',
        ),
        ('an unknown label rule', '--cfg-options label.type=ppl_mm.Strongst', 'Strongst'),
    ),
    **options(
        'pipeline',
        ('no methods', '--cfg-options methods=[]', 'methods is missing'),
        ('an unknown key', '--cfg-options segmentations=a', 'did you mean segmentation?'),
        ('a seed below 0', '--seed -1', 'must be a whole number, 0 or more'),
        ('a seed of letters', '--seed x', 'invalid int value'),
        ('a config that is missing', '--cfg-options segmentation=no.py', 'no such config'),
        ('a number as data', '--cfg-options data_root=3', 'data_root=3 must be a path'),
        ('a number as results', '--cfg-options results=3', 'results=3 must be a path'),
        ('data that is missing', '--cfg-options data_root=no', 'no: no such folder'),
        ('a split that is missing', '--cfg-options splits.val=no', 'no.txt: is missing'),
        ('an unknown step', '--until no', 'no'),
        ("someone's folder", '--work-dir photos', 'photos'),
    ),
    **files('pipeline', 'config', ('a broken config', text('a = ('), 'cannot be read as a config')),
    **options(
        'own_data',
        ('photos that are missing', '--labels no.csv', 'no.csv'),
        ('a share of 2', '--val-share 2', '--val-share'),
        ('a meaning of no class', '--mask-values 1=unicorn', "'unicorn' is neither a class nor"),
        ('a value of 300', '--mask-values 300=cat', 'expected VALUE=MEANING'),
        ('a class twice', '--classes cat cat', "names class 'cat' twice"),
        (
            'negatives without a background',
            '--no-background --negative-name none',
            '--negative-name: with',
        ),
        ('others of no classes', '--keep-others', 'name some with --classes'),
        (
            'others without a background',
            '--no-background --classes cat dog --keep-others',
            '--keep-others: with',
        ),
        ('a white level of 0', '--white-level 0', '--white-level'),
        ('a size of 10', '--image-size 10', "'auto', or 64 to 4096 pixels"),
        ('a size of letters', '--image-size x', "'auto', or 64 to 4096 pixels"),
        ('an infinite range', '--value-range 0 inf', 'two numbers, the smaller'),
        ("someone's folder", '--out data', 'data'),
    ),
    **other(
        'own_data',
        (
            'no masks in their folder',
            lambda name, folder: [path.unlink() for path in (folder / 'masks').iterdir()],
            '',
            'masks: holds no mask; leave out --masks',
        ),
    ),
    **arguments('check_dataset', ('a folder that is missing', 'no', 'no: the folder is missing')),
    **options(
        'check_dataset',
        ('a report among the images', '--out data/JPEGImages', 'data/JPEGImages: is in'),
        (
            'a report below the masks',
            '--out data/SegmentationClass/report',
            'is in data/SegmentationClass',
        ),
    ),
    **options(
        'voc_subset',
        ('an unknown class', '--classes unicorn', "'unicorn' is not a class of VOC"),
        ('a side of 3', '--long-side 3', 'it must be at least 32'),
    ),
    **arguments(
        'export_cam',
        ('a threshold of 3', 'cls.py cls.pth --out-dir out --threshold 3', 'it must be in 0..1'),
        (
            'a threshold of letters',
            'cls.py cls.pth --out-dir out --threshold x',
            "not a number, 'auto', or a readable",
        ),
        ('weights of segmentation', 'cls.py seg.pth --out-dir out', 'seg.pth'),
    ),
    **options(
        'export_cam',
        ('two thresholds', '--threshold 0.3', 'not both'),
        ('a split that is missing', '--split no', 'no.txt: is missing'),
        ("a folder of someone's", '--out-dir photos', 'photos'),
        ('a refinement that is missing', '--refine no.py', 'no.py: no such config'),
    ),
    **other(
        'refine',
        (
            'tiles of 1000 pixels',
            broken('config', text("refiners = [dict(type='ppl_mm.PAMR')]")),
            '--max-pixels 1000',
            '518400 or more: a tile shares 240',
        ),
    ),
    **arguments('test', ('weights of segmentation', 'cls.py seg.pth', 'seg.pth')),
    **options(
        'test',
        ('predictions as text', '--out a.txt', 'ending in .pkl'),
        ('a report of a classifier', '--report a.json', 'no confusion matrix'),
    ),
    **{
        (name, f'tiles of {pixels} pixels'): ('', f'--max-pixels {pixels}', said)
        for name in ('predict', 'export_cam', 'refine')
        for pixels, said in TILES.items()
        if (name, pixels) != ('refine', '1000')  # enough for a chain that sees single pixels
    },
}
