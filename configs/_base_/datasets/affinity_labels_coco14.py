"""Where the sure regions of MS COCO 2014 are, for a config to use."""
coco14_confident = dict(
    data_root='data/coco',
    label_dir='work_dirs/coco14/confident',
    ann_file='ImageSets/Segmentation/train.txt')
