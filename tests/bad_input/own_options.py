"""Options that only one command has, and that are wrong."""

from bad_input.wrong_files import broken, text

# What no tile can be, and what is said.
TILES = {
    '0': 'max_pixels=0 must be',
    '-5': 'max_pixels=-5 must be',
    '1000': 'or more: a tile shares',
    'x': "'x'",
}
#: (command, what is wrong): how, more arguments, the line.
OWN_OPTIONS = {
    ('eval_cam', 'a step of 0'): ('', '--thresholds 0 1 0', 'give 0 <= FIRST <= LAST'),
    ('eval_cam', 'an infinite range'): ('', '--thresholds 0 inf 0.1', 'FIRST <= LAST <= 1'),
    ('eval_cam', 'a million thresholds'): ('', '--thresholds 0 1 1e-6', 'at most 10,000'),
    ('eval_cam', 'an export that is missing'): (
        None,
        'no data --split labels.csv',
        'no/export.json',
    ),
    ('eval_cam', 'its input as output'): ('', '--out export/export', 'is read by this command'),
    ('eval_cam', 'a curve among the masks'): (
        '',
        '--out data/SegmentationClass/val',
        'is in data/SegmentationClass, which',
    ),
    ('eval_labels', 'its input as output'): (
        '',
        '--out data/classes.txt',
        'data/classes.txt: is read by this command; write another file',
    ),
    ('eval_labels', 'its image labels as output'): (
        '',
        '--image-labels labels.csv --out labels.csv',
        'is read by this command',
    ),
    ('cut_images', 'no folder'): (None, 'no --out parts', 'no: the folder of photos is missing'),
    ('cut_images', 'a file as folder'): (None, 'labels.csv --out parts', 'labels.csv: the folder'),
    ('cut_images', 'a folder of texts'): (None, 'data/ImageSets --out parts', 'data/ImageSets'),
    ('cut_images', 'no output'): (None, 'photos', '--out'),
    ('cut_images', 'an output below a file'): (None, 'photos --out labels.csv/parts', 'labels.csv'),
    ('cut_images', 'its input as output'): (None, 'photos --out photos', 'photos'),
    ('cut_images', 'an output of others'): (None, 'photos --out masks', 'masks'),
    ('cut_images', 'a size of 0'): (None, 'photos --out parts --size 0', 'must be 64 pixels'),
    ('cut_images', 'a size of 63'): (None, 'photos --out parts --size 63', 'must be 64 pixels'),
    ('cut_images', 'half a pixel'): (None, 'photos --out parts --size 99.5', "'99.5'"),
    ('cut_images', 'no masks'): (None, 'photos --out parts --masks no', 'check --masks'),
    ('cut_images', 'an unknown option'): (None, 'photos --out parts --szie 99', '--szie'),
    ('cls_labels', 'its input as output'): ('', '--out cls_labels.npy', 'is read by this command'),
    ('resnet38d_from_torch', 'its input as output'): (
        None,
        'psa.pth psa.pth --width 0.0625',
        'is read by this command',
    ),
    ('train', 'the folder of the config'): ('', '--work-dir .', 'is the folder of cls.py'),
    ('test seg', 'masks to be replaced'): (
        '',
        '--out data/SegmentationClass',
        'holds other files than predictions',
    ),
    ('eval_labels', 'an output below a file'): ('', '--out labels.csv/a.json', 'labels.csv'),
    ('eval_refiners', 'a limit of 0'): ('', '--limit 0', '--limit must be 1 or more'),
    ('eval_refiners', 'no chains'): (broken('config', text('a = 1')), '', 'chains must be a dict'),
    ('refine', 'no refiners'): (broken('config', text('a = 1')), '', 'refiners must be a list'),
    ('refine', 'an unknown refiner'): (
        broken('config', text("refiners = [dict(type='ppl_mm.Crf')]")),
        '',
        'Crf',
    ),
    ('refine', 'an unknown argument'): (
        broken('config', text("refiners = [dict(type='ppl_mm.DenseCRF', prset='psa')]")),
        '',
        'prset',
    ),
    ('refine', 'a threshold of letters'): ('', '--cfg-options refiners.0.threshold=x', 'threshold'),
    ('refine', 'a number that is none'): (
        broken('config', text("refiners = [dict(type='ppl_mm.DenseCRF', iterations=1e999)]")),
        '',
        'infinite or NaN',
    ),
    ('refine', 'pixels of letters'): ('', '--cfg-options max_pixels=x', 'must be a whole number'),
    ('refine', 'a misspelt option'): ('', '--cfg-options refinrs.0.threshold=0.3', 'refinrs'),
    ('refine', 'a number as label'): ('', '--cfg-options label=3', "must be a dict with a 'type'"),
    ('refine', 'a step in brackets'): (
        '',
        '--cfg-options refiners=[dict(type="ppl_mm.PAMR",iterations=1)]',
        'set its keys one by one',
    ),
    ('refine', 'an unknown label rule'): (
        '',
        '--cfg-options label.type=ppl_mm.Strongst',
        'Strongst',
    ),
    ('pipeline', 'no methods'): ('', '--cfg-options methods=[]', 'methods is missing'),
    ('pipeline', 'an unknown key'): (
        '',
        '--cfg-options segmentations=a',
        'did you mean segmentation?',
    ),
    ('pipeline', 'a seed below 0'): ('', '--seed -1', 'must be a whole number, 0 or more'),
    ('pipeline', 'a seed of letters'): ('', '--seed x', 'invalid int value'),
    ('pipeline', 'a config that is missing'): (
        '',
        '--cfg-options segmentation=no.py',
        'no such config',
    ),
    ('pipeline', 'a number as data'): (
        '',
        '--cfg-options data_root=3',
        'data_root=3 must be a path',
    ),
    ('pipeline', 'a number as results'): (
        '',
        '--cfg-options results=3',
        'results=3 must be a path',
    ),
    ('pipeline', 'data that is missing'): ('', '--cfg-options data_root=no', 'no: no such folder'),
    ('pipeline', 'a split that is missing'): (
        '',
        '--cfg-options splits.val=no',
        'no.txt: is missing',
    ),
    ('pipeline', 'an unknown step'): ('', '--until no', 'no'),
    ('pipeline', 'a broken config'): (
        broken('config', text('a = (')),
        '',
        'cannot be read as a config',
    ),
    ('pipeline', "someone's folder"): ('', '--work-dir photos', 'photos'),
    ('own_data', 'photos that are missing'): ('', '--labels no.csv', 'no.csv'),
    ('own_data', 'a share of 2'): ('', '--val-share 2', '--val-share'),
    ('own_data', 'a meaning of no class'): (
        '',
        '--mask-values 1=unicorn',
        "'unicorn' is neither a class nor",
    ),
    ('own_data', 'a value of 300'): ('', '--mask-values 300=cat', 'expected VALUE=MEANING'),
    ('own_data', 'a class twice'): ('', '--classes cat cat', "names class 'cat' twice"),
    ('own_data', 'negatives without a background'): (
        '',
        '--no-background --negative-name none',
        '--negative-name: with --no-background every image shows a class',
    ),
    ('own_data', 'others of no classes'): ('', '--keep-others', 'name some with --classes'),
    ('own_data', 'others without a background'): (
        '',
        '--no-background --classes cat dog --keep-others',
        '--keep-others: with --no-background every image shows a class',
    ),
    ('own_data', 'a white level of 0'): ('', '--white-level 0', '--white-level'),
    ('own_data', 'a size of 10'): ('', '--image-size 10', "'auto', or 64 to 4096 pixels"),
    ('own_data', 'a size of letters'): ('', '--image-size x', "'auto', or 64 to 4096 pixels"),
    ('own_data', 'no masks in their folder'): (
        lambda name, folder: [path.unlink() for path in (folder / 'masks').iterdir()],
        '',
        'masks: holds no mask; leave out --masks',
    ),
    ('own_data', 'an infinite range'): ('', '--value-range 0 inf', 'two numbers, the smaller'),
    ('own_data', "someone's folder"): ('', '--out data', 'data'),
    ('check_dataset', 'a folder that is missing'): (None, 'no', 'no: the folder is missing'),
    ('check_dataset', 'a report among the images'): (
        '',
        '--out data/JPEGImages',
        'data/JPEGImages: is in data/JPEGImages, which this command reads; write elsewhere',
    ),
    ('check_dataset', 'a report below the masks'): (
        '',
        '--out data/SegmentationClass/report',
        'is in data/SegmentationClass, which',
    ),
    ('voc_subset', 'an unknown class'): (
        '',
        '--classes unicorn',
        "'unicorn' is not a class of VOC",
    ),
    ('voc_subset', 'a side of 3'): ('', '--long-side 3', 'it must be at least 32'),
    ('export_cam', 'a threshold of 3'): (
        None,
        'cls.py cls.pth --out-dir out --threshold 3',
        'it must be in 0..1',
    ),
    ('export_cam', 'a threshold of letters'): (
        None,
        'cls.py cls.pth --out-dir out --threshold x',
        "not a number, 'auto', or a readable",
    ),
    ('export_cam', 'two thresholds'): ('', '--threshold 0.3', 'not both'),
    ('export_cam', 'a split that is missing'): ('', '--split no', 'no.txt: is missing'),
    ('export_cam', "a folder of someone's"): ('', '--out-dir photos', 'photos'),
    ('export_cam', 'a refinement that is missing'): ('', '--refine no.py', 'no.py: no such config'),
    ('export_cam', 'weights of segmentation'): (None, 'cls.py seg.pth --out-dir out', 'seg.pth'),
    **{
        (name, f'tiles of {pixels} pixels'): ('', f'--max-pixels {pixels}', said)
        for name in ('predict', 'export_cam', 'refine')
        for pixels, said in TILES.items()
        if (name, pixels) != ('refine', '1000')  # enough for a chain that sees single pixels
    },
    ('refine', 'tiles of 1000 pixels'): (
        broken('config', text("refiners = [dict(type='ppl_mm.PAMR')]")),
        '--max-pixels 1000',
        '518400 or more: a tile shares 240',
    ),
    ('test', 'weights of segmentation'): (None, 'cls.py seg.pth', 'seg.pth'),
    ('test', 'predictions as text'): ('', '--out a.txt', 'ending in .pkl'),
    ('test', 'a report of a classifier'): ('', '--report a.json', 'no confusion matrix'),
    ('test seg', 'no folder of predictions'): ('', '--predict-only', 'give --out and no --report'),
    ('train', 'a checkpoint that is missing'): ('', '--resume no.pth', 'no.pth'),
    ('train', 'weights that are missing'): ('', '--cfg-options load_from=no.pth', 'no.pth'),
    ('train', 'a list as work folder'): (
        '',
        '--work-dir= --cfg-options work_dir=a,b',
        'must be the path',
    ),
    ('train', 'mixed precision on a CPU'): ('', '--amp', '--amp needs a GPU'),
    ('train', 'a file as work folder'): ('', '--work-dir labels.csv', 'labels.csv'),
}
