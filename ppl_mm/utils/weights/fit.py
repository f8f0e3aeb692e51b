"""Compare the weights of a file with those of a model."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from ..text import first_few
from .names import BACKBONE

# How many keys of each kind a message names.
_SHOWN = 3
# Layers that a new task replaces; those of timm are inside of mmpretrain's wrapper.
_CLASSIFIER = re.compile(r'(timm_model\.)?(head|heads|fc|classifier)\.')
# A backbone has one of these for each feature map that it returns.
_OUTPUT_NORM = re.compile(r'norm\d+\.')
# Buffers that follow from the size of the network, and are not trained.
_COMPUTED = re.compile(
    r'(num_batches_tracked|attn_mask|relative_position_index|relative_coords_table)$'
)
_STATISTICS = re.compile(r'running_(mean|var)$')


class FitRules:
    """Decide which weights of a model must agree with a file.

    Args:
        model: The model, or a backbone alone.
        whole: Whether every weight must agree. Otherwise those of the backbone must, apart from
            its classifier.
    """

    def __init__(self, model: nn.Module, whole: bool) -> None:
        self.whole = whole
        backbone = getattr(model, 'backbone', None)
        self.scope = BACKBONE if isinstance(backbone, nn.Module) else ''
        self.outputs = getattr(backbone if self.scope else model, 'out_indices', None)
        self.parameters = {key for key, _ in model.named_parameters()}
        self.layers = {self._layer(key) for key in model.state_dict() if self._is_inside(key)}

    def must_exist(self, key: str) -> bool:
        """Whether a file without this weight is another network's."""
        if self.whole:
            return not _COMPUTED.search(key)
        trained = key in self.parameters or bool(_STATISTICS.search(key))
        return trained and self.must_fit(key) and not self._is_one_of_many_outputs(key)

    def must_be_known(self, key: str) -> bool:
        """Whether a file with this weight, which the model lacks, is another network's.

        Layers that the model has nothing of do not count: it may end earlier.
        """
        if _COMPUTED.search(key):
            return False
        return self.whole or (self.must_fit(key) and self._layer(key) in self.layers)

    def must_fit(self, key: str) -> bool:
        """Whether a file in which this weight has another shape is another network's."""
        if self.whole:
            return True
        return self._is_inside(key) and not _CLASSIFIER.match(key.removeprefix(self.scope))

    def _is_inside(self, key: str) -> bool:
        return key.startswith(self.scope)

    def _layer(self, key: str) -> str:
        return key.removeprefix(self.scope).partition('.')[0]

    def _is_one_of_many_outputs(self, key: str) -> bool:
        many = isinstance(self.outputs, Sequence) and len(self.outputs) > 1
        return many and bool(_OUTPUT_NORM.match(key.removeprefix(self.scope)))


@dataclass(frozen=True)
class WeightFit:
    """What became of the weights of a file.

    Args:
        loaded: How many of the model's weights have values of the file.
        total: How many weights the model has.
        missing: The model's names that the file lacks.
        unexpected: The file's names that the model lacks.
        unfit: Names with the file's tensor and the model's, which differ in shape or kind.
        adapted: Names whose tensors were changed to fit.
    """

    loaded: int
    total: int
    missing: list[str]
    unexpected: list[str]
    unfit: dict[str, tuple[Tensor, Tensor]]
    adapted: list[str]

    def problems(self, rules: FitRules) -> str:
        """Return a few words about the weights that must agree and do not, or ''."""
        return _summary(
            missing=[key for key in self.missing if rules.must_exist(key)],
            unexpected=[key for key in self.unexpected if rules.must_be_known(key)],
            of_another_shape=[
                difference(key, *pair) for key, pair in self.unfit.items() if rules.must_fit(key)
            ],
        )

    def report(self, name: str) -> str:
        """Return a few words about every weight of a model with this name."""
        rest = _summary(
            adapted=self.adapted,
            not_in_the_file=[key for key in self.missing if not _COMPUTED.search(key)],
            of_another_shape=[difference(key, *pair) for key, pair in self.unfit.items()],
            not_used=self.unexpected,
        )
        loaded = f'{self.loaded} of {self.total} weights of {name} loaded'
        return f'{loaded}; {rest}' if rest else loaded


def differences(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str:
    """Return a few words about what differs between two state dicts, or ''."""
    return _summary(
        # Weights older than PyTorch 0.4.1 do not count batches; nothing needs it.
        missing=[k for k in expected if k not in found and not k.endswith('num_batches_tracked')],
        unexpected=[key for key in found if key not in expected],
        of_another_shape=[
            difference(key, found[key], value)
            for key, value in expected.items()
            if key in found and value.shape != found[key].shape
        ],
    )


def difference(key: str, found: Tensor, own: Tensor) -> str:
    """Return a name with the shape, or the kind of numbers, in a file and in a model."""
    if found.shape == own.shape:
        return f'{key} {found.dtype} instead of {own.dtype}'
    return f'{key} {tuple(found.shape)} instead of {tuple(own.shape)}'


def _summary(**kinds: list[str]) -> str:
    """Return '1 missing (a); 2 not used (b, c)' for the kinds that have members."""
    return '; '.join(
        f'{len(keys)} {kind.replace("_", " ")} ({first_few(keys, _SHOWN)})'
        for kind, keys in kinds.items()
        if keys
    )
