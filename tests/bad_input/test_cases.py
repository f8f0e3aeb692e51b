"""Inputs as people have them, which are used, or refused with the way out."""

import unicodedata

import numpy as np
import pytest
from PIL import Image

HEAD = 'image,labels\n'
# A form of labels, and the classes of the first images that it must mean.
LABELS = {
    'commas': (HEAD + '{0},"{a}, {b}"\n{1},{a}\n', ('ab', 'a')),
    'pipes': (HEAD + '{0},{a}|{b}\n{1},{b}\n', ('ab', 'b')),
    'a list of Python': (HEAD + "{0},\"['{a}', '{b}']\"\n{1},\"['{b}']\"\n", ('ab', 'b')),
    'a column for each class': ('image,{a},{b}\n{0},1,1\n{1},0,1\n', ('ab', 'b')),
    'semicolons between cells': ('image;labels\n{0};{a}\n{1};{b}\n', ('a', 'b')),
    'tabs': ('filename\tlabel\n{0}\t{a}\n{1}\t{b}\n', ('a', 'b')),
    'UTF-16': ((HEAD + '{0},{a}\n{1},{b}\n').encode('utf-16'), ('a', 'b')),
    'a byte order mark': ('\ufeff' + HEAD + '{0},{a}\n{1},{b}\n', ('a', 'b')),
    'the index of pandas': (',image,labels\n0,{0},{a}\n1,{1},{b}\n', ('a', 'b')),
    'line ends of old Macs': (HEAD.strip() + '\r{0},{a}\r{1},{b}\r', ('a', 'b')),
    'commas of a Chinese keyboard': (HEAD + '{0},{a}\uff0c{b}\n{1},{a}\n', ('ab', 'a')),
    'ids beside names': (
        'image_id,file_name,class,class_name\n8,{0},1,{a}\n7,{1},0,{b}\n',
        ('a', 'b'),
    ),
    'which list': ('image,{a},{b},is_valid\n{0},1,1,0\n{1},0,1,1\n', ('ab', 'b')),
    'an empty cell': (HEAD + '{0},\n{1},{a} {b}\n', ('', 'ab')),
}
# Each command, where its images' labels lie, two classes, and how many images there are.
PLACES = {'own_data': ('labels.csv', 'cat', 'dog'), 'check_dataset': ('data/l.csv', 'dax', 'fep'),
          'train': ('data/l.csv', 'dax', 'fep')}  # fmt: skip
MORE = {'own_data': (), 'check_dataset': ('--ann-file', 'l.csv'),
        'train': ('--cfg-options', 'train_dataloader.dataset.ann_file=l.csv')}  # fmt: skip


@pytest.mark.parametrize('name', PLACES)
@pytest.mark.parametrize('form', LABELS)
def test_labels_in_the_forms_that_people_use(play, folder, name, form):
    path, a, b = PLACES[name]
    text, shown = LABELS[form]
    images = [f'{k}.jpg' for k in range(1, 9)]
    if name != 'own_data':
        images = [f'train_{k:05d}.jpg' for k in range(8)] + [f'val_{k:05d}.jpg' for k in range(4)]
    encoding = 'utf-16' if isinstance(text, bytes) else 'utf-8'
    text = text.decode(encoding) if isinstance(text, bytes) else text
    head, first, second = text.splitlines()
    # The rows are repeated, so that all images have one.
    rows = [(first, second)[k % 2] for k in range(len(images))]
    end = '\r' if '\r' in text else '\n'
    filled = [
        row.replace('{0}', image).replace('{1}', image).replace('{a}', a).replace('{b}', b)
        for row, image in zip([head, *rows], ['', *images], strict=True)
    ]
    (folder / path).write_bytes(end.join(filled).encode(encoding))
    done = play(name, *MORE[name])
    if name == 'own_data':  # whose masks may show what the labels do not say
        assert done.code == 0 and 'are not read' not in done.output, done.output
        lines = (folder / 'mine/image_labels.csv').read_text().splitlines()[1:]
        found = {frozenset(line.split(',')[1].replace(';', ' ').split()) for line in lines}
        meant = {frozenset({'a': a, 'b': b}[one] for one in names) for names in shown}
        assert found == meant
    elif name == 'check_dataset':
        count = len(images) // 2 * sum('a' in names for names in shown)
        assert f'{a}' in done.output and 'unknown class' not in done.output, done.output
        (line,) = [line for line in done.output.splitlines() if line.split()[:1] == [a]]
        assert sum(map(int, line.split()[1:3])) == count, done.output
    else:
        assert done.code == 0, done.output


def mask_as(kind, change=lambda image: image, **options):
    def write(folder):
        for path in sorted((folder / 'masks').iterdir()):
            with Image.open(path) as image:
                image.load()
            path.unlink()
            change(image).save(path.with_suffix(f'.{kind}'), **options)

    return write


def renamed(form):
    def write(folder):
        for path in sorted((folder / 'masks').iterdir()):
            path.rename(path.with_name(form.format(path.stem)))

    return write


def soft(folder):
    for path in (folder / 'masks').iterdir():
        values = np.linspace(0, 255, 20 * 24).reshape(20, 24).astype(np.uint8)
        Image.fromarray(values).save(path)


def reordered(folder):
    with Image.open(folder / 'masks/1.png') as image:
        palette = np.array(image.getpalette()).reshape(-1, 3)
    palette[[0, 2]] = palette[[2, 0]]
    turned = Image.fromarray(np.where(np.array(image) > 0, 0, 2).astype(np.uint8))
    turned.putpalette(palette.astype(np.uint8).tobytes())
    turned.save(folder / 'masks/1.png')


def turned(folder):
    exif = Image.Exif()
    exif[0x0112] = 6  # a viewer turns it by a quarter, clockwise
    mask_as('png', lambda image: image.transpose(Image.Transpose.ROTATE_90), exif=exif)(folder)


def grey(image):
    return Image.fromarray(np.array(image))


MASKS = {
    'BMP': (mask_as('bmp'), (), None),
    'TIFF': (mask_as('tif', grey), (), None),
    'JPEG': (mask_as('jpg', lambda image: image.convert('L')), (), '8 masks are JPEGs'),
    'a suffix': (renamed('{}_mask.png'), (), None),
    'other names': (renamed('x{}y.png'), (), '8 masks found, none belongs to a photo'),
    '16 bits': (
        mask_as('png', lambda image: Image.fromarray(np.array(image).astype(np.uint16))), (), None),
    'grey and opaque': (mask_as('png', lambda image: grey(image).convert('LA')), (), None),
    'two pages': (mask_as('tif', grey, save_all=True, append_images=[Image.new('L', (24, 20))]),
                  (), 'has several pages or frames'),
    'frames': (mask_as('png', grey, save_all=True, append_images=[Image.new('L', (24, 20))]),
               (), 'has several pages or frames'),
    'a JPEG in a TIFF': (mask_as('tif', grey, compression='jpeg'), (), 'a JPEG changes the values'),
    'turned by EXIF': (turned, (), None),
    'soft edges': (soft, (), 'looks like soft edges'),
    'soft edges, explained': (
        soft, ('--mask-values', '0-127=background', '128-255=object'), None),
    'another palette': (reordered, (), 'the value 0 has the colour'),
}  # fmt: skip


@pytest.mark.parametrize('name', ['own_data'])
@pytest.mark.parametrize('form', MASKS)
def test_masks_in_the_forms_that_people_have(play, folder, name, form):
    write, more, said = MASKS[form]
    write(folder)
    done = play(name, *more)
    if said:
        assert done.code == 2 and len(done.errors) == 1 and said in done.errors[0], done.output
    else:
        assert done.code == 0, done.output
        written = sorted((folder / 'mine/SegmentationClass').iterdir())
        assert len(written) == 8
        values = {int(value) for path in written for value in np.unique(Image.open(path))}
        assert values == {0, 1, 2}
        if form != 'soft edges, explained':
            assert all((np.array(Image.open(path)) > 0)[4:12, 4:12].all() for path in written)


@pytest.mark.parametrize('name', ['own_data', 'train'])
def test_names_in_another_normal_form(play, folder, name):
    """macOS writes an e and its accent where others write one character."""
    photo, labels = 'photos/1.jpg', 'labels.csv'
    if name == 'train':
        photo, labels = 'data/JPEGImages/train_00000.jpg', 'data/image_labels.csv'
    path = folder / photo
    old, new = path.stem, 'café'
    path.rename(path.with_name(unicodedata.normalize('NFD', f'{new}.jpg')))
    lists = [folder / labels, folder / 'data/ImageSets/Segmentation/train.txt']
    for one in lists:
        text = one.read_text()
        one.write_text(text.replace(f'{old}.jpg', f'{new}.jpg').replace(f'{old}\n', f'{new}\n')
                       .replace(f'{old},', f'{new},'))  # fmt: skip
    done = play(name)
    assert done.code == 0, done.output
