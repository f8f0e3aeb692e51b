"""GeoTIFFs for tests, as GDAL writes them."""

import numpy as np
import tifffile

# UTM zone 32 north on WGS 84, 10 m pixels; the keys of GDAL, with a text among them.
KEYS = (1, 1, 0, 3, 1024, 0, 1, 1, 1026, 34737, 8, 0, 3072, 0, 1, 32632)
NORTH_UP = {
    33550: ('d', (10.0, 10.0, 0.0)),
    33922: ('d', (0.0, 0.0, 0.0, 500000.0, 5300000.0, 0.0)),
    34735: ('H', KEYS),
    34737: ('s', 'Zürich|'.encode()),
}
ROTATED = {
    34264: ('d', (2.0, 1, 0, 7, 1, -2.0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1)),
    34735: ('H', (1, 1, 0, 2, 1024, 0, 1, 1, 2057, 34736, 1, 0)),
    34736: ('d', (6378137.0,)),
}


def write_geotiff(path, tags, size=(60, 40), bands=3, **options):
    """Write noise with tags, each as (type, values) by its number."""
    values = np.random.default_rng(len(str(path))).integers(0, 256, (*size[::-1], bands), np.uint8)
    extra = [(number, kind, len(value), value, True) for number, (kind, value) in tags.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = 'rgb' if bands == 3 else 'minisblack'
    tifffile.imwrite(path, values, photometric=kind, metadata=None, extratags=extra, **options)


def georeference_of(path):
    """Return type and values of the tags of GeoTIFF of a file, by number; of a text its bytes."""
    with open(path, 'rb') as file, tifffile.TiffFile(file) as tif:
        found = {}
        for tag in tif.pages[0].tags:
            if tag.code in (33550, 33922, 34264, 34735, 34736, 34737):
                file.seek(tag.valueoffset)
                text = file.read(tag.valuebytecount)
                found[tag.code] = int(tag.dtype), text if tag.dtype == 2 else tag.value
        return found
