"""A data set of which only the labels are looked at."""


class Labels:
    """As much of a data set as is looked at; None is an image whose classes are not known."""

    def __init__(self, labels):
        self.labels = labels

    def __len__(self):
        return len(self.labels)

    def get_data_info(self, k):
        return {} if self.labels[k] is None else dict(gt_label=self.labels[k])
