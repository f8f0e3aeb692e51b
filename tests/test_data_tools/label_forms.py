"""The same labels, written in every form that own_data.py reads.

``labels`` has the classes of each photo, none for a negative, None for one that is not labelled.
"""

import csv
import json
import os
from xml.sax.saxutils import escape, quoteattr


def labelled(labels):
    return {name: shown for name, shown in labels.items() if shown is not None}


def stem(name):
    return os.path.splitext(name)[0]


def write_table(path, rows):
    with open(path, 'w', encoding='utf-8', newline='') as file:
        csv.writer(file).writerows(rows)
    return path


def write_csv(folder, labels, classes):
    rows = [(name, ''.join(f'{one};' for one in shown)) for name, shown in labelled(labels).items()]
    return write_table(folder / 'labels.csv', [('image', 'labels'), *rows])


def write_one_hot(folder, labels, classes):
    rows = [(name, *(one in shown for one in classes)) for name, shown in labelled(labels).items()]
    return write_table(folder / 'one_hot.csv', [('which photo', *classes), *rows])


def write_blanks(folder, labels, classes):
    """A one-hot CSV as a spreadsheet has it: semicolons, CRLF, UTF-16, blanks."""
    rows = [
        [name, *('1' * (one in shown) for one in classes)]
        for name, shown in labelled(labels).items()
    ]
    text = '\r\n'.join(';'.join(row) for row in [['File', *classes], *rows])
    (folder / 'blanks.csv').write_bytes(text.encode('utf-16'))
    return folder / 'blanks.csv'


def write_json(path, content):
    path.write_text(json.dumps(content, ensure_ascii=False), encoding='utf-8')
    return path


def write_names(folder, labels, classes):
    return write_json(folder / 'names.json', labelled(labels))


def write_data_list(folder, labels, classes):
    entries = [
        dict(img_path=name, gt_label=[classes.index(one) for one in shown])
        for name, shown in labelled(labels).items()
    ]
    content = dict(metainfo=dict(classes=list(classes)), data_list=entries)
    return write_json(folder / 'openmmlab.json', content)


def write_coco(folder, labels, classes):
    """Ids that begin anywhere, a class without an annotation, and two objects of each class."""
    known = labelled(labels)
    shown = [(number, one) for number, shown in enumerate(known.values()) for one in shown * 2]
    categories = [dict(id=7 * number, name=one) for number, one in enumerate([*classes, 'unused'])]
    content = dict(
        images=[dict(id=number, file_name=name) for number, name in enumerate(known)],
        annotations=[
            dict(id=place, image_id=number, category_id=7 * classes.index(one), bbox=[0, 0, 9, 9])
            for place, (number, one) in enumerate(shown)
        ],
        categories=categories[::-1],
    )
    return write_json(folder / 'coco.json', content)


def write_yolo(folder, labels, classes):
    for name, shown in labelled(labels).items():
        path = folder / f'labels/{stem(name)}.txt'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(''.join(f'{classes.index(one)} 0.5 0.5 0.25 1e-1\n' for one in shown))
    (folder / 'labels').mkdir(exist_ok=True)
    names = {number: one for number, one in enumerate(classes)}
    return write_json(folder / 'data.yaml', dict(names=names, nc=len(names))).parent / 'labels'


def write_label_studio(folder, labels, classes):
    """Choices, rectangles with another region, or a skipped and an empty annotation."""
    tasks = []
    for name, shown in labels.items():
        regions = [
            dict(type='rectanglelabels', value=dict(x=1, rectanglelabels=[one]))
            for one in shown or ()
        ]
        choices = dict(type='choices', value=dict(choices=list(shown or ())))
        results = [[choices], [*regions, dict(type='textarea', value=dict(text=['?']))]]
        result = results[len(tasks) % 2] if shown else []
        annotations = [dict(result=[choices], was_cancelled=True)]
        annotations += [dict(result=result)] * (shown is not None)
        address = f'/data/local-files/?d={name}'
        tasks.append(dict(id=len(tasks), data=dict(image=address), annotations=annotations))
    return write_json(folder / 'label_studio.json', tasks)


def write_datumaro(folder, labels, classes):
    kinds = ('label', 'bbox')
    items = [
        dict(
            id=stem(name),
            annotations=[
                dict(type=kinds[len(name) % 2], label_id=classes.index(one)) for one in shown
            ],
        )
        for name, shown in labelled(labels).items()
    ]
    listed = [dict(name=one, parent='') for one in classes]
    content = dict(info={}, categories=dict(label=dict(labels=listed)), items=items)
    return write_json(folder / 'datumaro.json', content)


def write_cvat(folder, labels, classes):
    listed = ''.join(f'<label><name>{escape(one)}</name></label>' for one in classes)
    shapes = ('tag', 'box', 'polygon', 'mask')
    images = ''.join(
        f'<image id="1" name={quoteattr(name)}>'
        + ''.join(f'<{shapes[len(name) % 4]} label={quoteattr(one)}/>' for one in shown)
        + '</image>'
        for name, shown in labelled(labels).items()
    )
    meta = f'<version>1.1</version><meta><task><labels>{listed}</labels></task></meta>'
    (folder / 'cvat.xml').write_text(f'<annotations>{meta}{images}</annotations>', 'utf-8')
    return folder / 'cvat.xml'


def write_voc(folder, labels, classes):
    (folder / 'Annotations').mkdir()
    for name, shown in labelled(labels).items():
        objects = ''.join(f'<object><name>{escape(one)}</name></object>' for one in shown)
        path = folder / f'Annotations/{os.path.basename(stem(name))}.xml'
        path.write_text(f'<annotation>{objects}</annotation>', 'utf-8')
    return folder / 'Annotations'


def write_createml(folder, labels, classes):
    entries = [
        dict(image=name, annotations=[dict(label=one, coordinates=dict(x=1)) for one in shown * 2])
        for name, shown in labelled(labels).items()
    ]
    return write_json(folder / 'createml.json', entries)


def write_each(folder, labels, content):
    """A JSON for each image, and what a project has beside them."""
    for name, shown in labelled(labels).items():
        path = folder / f'ann/{name}.json'
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, content(name, shown))
    (folder / 'ann').mkdir(exist_ok=True)
    return write_json(folder / 'meta.json', dict(classes=[])).parent


def write_labelme(folder, labels, classes):
    return write_each(folder, labels, lambda name, shown: dict(
        version='5.0.1',
        flags={'blurry': True} if len(shown) > 1 else {},
        shapes=[dict(label=one, points=[[1, 2]], shape_type='point') for one in shown],
        imagePath=os.path.basename(name),
        imageData=None,
    ))  # fmt: skip


def write_darwin(folder, labels, classes):
    return write_each(folder, labels, lambda name, shown: dict(
        version='2.0',
        item=dict(name=os.path.basename(name), path='/'),
        annotations=[dict(name=one, tag={}) for one in [*shown, '__raster_layer__']],
    ))  # fmt: skip


def write_supervisely(folder, labels, classes):
    return write_each(folder, labels, lambda name, shown: dict(
        size=dict(height=9, width=9),
        tags=[],
        objects=[dict(classTitle=one, geometryType='rectangle') for one in shown],
    ))  # fmt: skip


#: From what the summary calls a form to its writer.
FORMS = {
    'CSV': write_csv,
    'one-hot CSV': write_one_hot,
    'one-hot CSV ': write_blanks,
    'JSON': write_names,
    'OpenMMLab JSON': write_data_list,
    'COCO JSON': write_coco,
    'YOLO': write_yolo,
    'Label Studio JSON': write_label_studio,
    'Datumaro JSON': write_datumaro,
    'CVAT XML': write_cvat,
    'CreateML JSON': write_createml,
    'LabelMe JSON': write_labelme,
    'Darwin JSON': write_darwin,
    'Supervisely JSON': write_supervisely,
    'VOC XML': write_voc,
}
