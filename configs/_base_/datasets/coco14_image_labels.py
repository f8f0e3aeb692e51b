"""MS COCO 2014 with image-level labels: 82,081 images, 80 classes.

tools/dataset_converters/coco2014.py makes this layout, and its classes.txt
with the classes, out of the official files. Images without any object are in
no split. Crops as for VOC: our choice.
"""
_base_ = './voc12_image_labels.py'

data_root = 'data/coco'
coco14_images = dict(
    data_root=data_root, metainfo=None, ann_file='image_labels.csv')
train_dataloader = dict(dataset=dict(coco14_images, split='train'))
val_dataloader = dict(dataset=dict(coco14_images, split='val'))
test_dataloader = val_dataloader
