"""What a run made, for people: tables, pictures, pages."""

from ..utils.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(
    __name__, {'source': ('GallerySource',), 'write': ('make_gallery', 'write_gallery')}
)
