"""The whole way from image labels to a measured segmentation network."""

from .run import Pipeline
from .settings import PipelineSettings, load_settings

__all__ = ['Pipeline', 'PipelineSettings', 'load_settings']
