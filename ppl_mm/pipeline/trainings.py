"""The trainings of a pipeline, with the labels that some of them learn from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..utils.config.reading import read_config
from .commands import Plan, export, train
from .config_keys import learns_from_labels
from .cuts import Cut, cut_of_train
from .methods import Method
from .network import Network
from .refinement import refine
from .step import AFFINITY, SEGMENTATION, Step

_NETWORK = 'the segmentation network'


def train_classifier(plan: Plan, method: Method, known: dict[tuple, Step]) -> list[Network]:
    """Add the trainings of a method; return the networks of its stages.

    A method that begins as an earlier one shares its trainings: ``known`` holds those of the
    methods before by their configs, and gets those of this one.
    """
    stages: list[Network] = []
    begun: tuple = ()
    for number, (config, labels) in enumerate(_stages(method), 1):
        begun = (*begun, (config, labels))
        if begun not in known:
            known[begun] = _train_stage(plan, method, stages, labels)
        stage = number if number < len(method.configs) else None
        stages.append(Network(method.key, method.name, config, known[begun], stage))
    return stages


def _stages(method: Method) -> Iterator[tuple[Path, Path | None]]:
    """Yield each config, with the one of the labels that it learns from."""
    labels = iter(method.labels)
    for number, config in enumerate(method.configs):
        learns = number and learns_from_labels(read_config(config))
        yield config, next(labels) if learns else None


def _train_stage(
    plan: Plan, method: Method, before: list[Network], labels_config: Path | None
) -> Step:
    """Add the training that follows some stages, after the steps that make its labels."""
    number, count = len(before) + 1, len(method.configs)
    config = method.configs[number - 1]
    names = _numbered(f'train_{method.key}', f'train {method.name}', number, count)
    names['method'] = method.key
    if not before:
        needs = [step for step in plan.steps if step.kind == 'make_data']
        return train(plan, config, needs, **names)
    start, labels = before[-1].training, None
    if labels_config:
        compared = method.keep_better and number == count  # both by the same masks
        cut = cut_of_train(plan.settings, choose=compared)
        labels = _label_maps(plan, before[-1], labels_config, cut)
    return train(plan, config, filter(None, (start, labels)), start, labels, **names)


def _label_maps(plan: Plan, network: Network, config: Path, cut: Cut) -> Step:
    """Add labels of what a network sees in the training images, and return their step."""
    return refine(
        plan,
        config,
        export(plan, network, 'train', cut),
        corrected=network.method == SEGMENTATION and plan.settings.corrected,
        kind='label',
        name=f'label_{network.key}',
        title=f'label the maps {network.which}on train',
    )


def train_affinity(plan: Plan, maps: Step) -> Step | None:
    """Add labels of the sure regions of maps, and an AffinityNet's training on them, if wanted."""
    settings = plan.settings
    if not settings.affinity or not settings.affinity_labels:
        return None
    title = 'label the confident regions'
    labels = refine(
        plan, settings.affinity_labels, maps, name='refine_confident', title=title, kind='label'
    )
    names: dict[str, Any] = dict(name='train_affinity', title='train the AffinityNet')
    return train(plan, settings.affinity, [labels], labels=labels, method=AFFINITY, **names)


def train_segmentation(plan: Plan, labels: Step, classifier: Step) -> Step:
    """Add a training for each round, from the weights of the last one; return the last of all.

    The first learns from the pseudo-labels ``labels``, each other one from labels of what the
    network before it sees of the images' classes.
    """
    own, needs = plan.settings, [labels]
    start = classifier if own.start_segmentation_from_classifier else None
    for number, config in enumerate(own.segmentation, 1):
        names = _numbered('train_seg', f'train {_NETWORK}', number, len(own.segmentation))
        trained = train(plan, config, needs, start, labels, **names, method=SEGMENTATION)
        if number < len(own.segmentation) and own.segmentation_maps and own.segmentation_labels:
            network = Network(SEGMENTATION, _NETWORK, own.segmentation_maps, trained, number)
            labels = _label_maps(plan, network, own.segmentation_labels, Cut())
            start, needs = trained, [trained, labels]
    return trained


def _numbered(name: str, title: str, number: int, count: int) -> dict[str, Any]:
    """Return name and title of one training of several; the last has the plain name."""
    if count == 1:
        return dict(name=name, title=title)
    name = name if number == count else f'{name}_{number}'
    return dict(name=name, title=f'{title}, {number} of {count}')
