"""Progressive patch learning, all stages in one run, ResNet38d, MS COCO 2014.

82,081 images of 80 classes. tools/dataset_converters/coco2014.py makes data/coco, and its
classes.txt with the classes, from the official files. Images without any object are in no
split. Model, crops and schedule are those of VOC: our choice.
"""

_base_ = './cls_progressive.py'

model = dict(head=dict(num_classes=80))
coco14 = dict(data_root='data/coco', metainfo=None, ann_file='image_labels.csv')
train_dataloader = dict(dataset=dict(coco14, split='train'))
val_dataloader = dict(dataset=dict(coco14, split='val'))
test_dataloader = val_dataloader
