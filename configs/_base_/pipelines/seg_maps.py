"""What ppl_mm.SegMapTTAModel has to know of a view of an image.

mmseg's own keys, the image's id, and the ids of its classes.
"""
seg_map_meta_keys = (
    'img_path', 'image_id', 'gt_label', 'ori_shape', 'img_shape', 'pad_shape',
    'scale_factor', 'flip', 'flip_direction')
