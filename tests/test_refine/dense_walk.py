"""The random walk by its matrix, which is the obvious way."""

import torch

from ppl_mm.models.affinity.neighbourhood import half_disc


def dense_matrix(affinities, radius, beta):
    """The transition matrix (HW, HW): affinity, power, columns sum to 1."""
    _, height, width = affinities.shape
    pixels = [(y, x) for y in range(height) for x in range(width)]
    matrix = torch.eye(len(pixels), dtype=torch.float64)
    for k, (dy, dx) in enumerate(half_disc(radius)):
        for i, (y, x) in enumerate(pixels):
            if 0 <= y + dy < height and 0 <= x + dx < width:
                j = (y + dy) * width + x + dx
                matrix[i, j] = matrix[j, i] = affinities[k, y, x]
    matrix = matrix**beta
    return matrix / matrix.sum(dim=0)


def dense_walk(scores, affinities, radius, beta, steps_log2):
    matrix = dense_matrix(affinities, radius, beta)
    for _ in range(steps_log2):
        matrix = matrix @ matrix
    walked = scores.double().flatten(1) @ matrix
    return walked.view(scores.shape)
