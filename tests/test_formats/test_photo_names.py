import pytest

from ppl_mm.formats.photo_names import output_names


@pytest.mark.parametrize(
    'images',
    [
        ['a.jpg', 'b.jpg'],
        ['a.jpg', 'a.png', 'a.jpeg'],
        ['a.jpg', 'a.png', 'a.jpg.png', 'a.jpg.png.png'],
        ['b/a.jpg', 'a.jpg', 'b.a.jpg'],
    ],
)
def test_outputs_are_all_different(images):
    names = output_names(images)
    assert list(names) == images
    assert len(set(names.values())) == len(images)
    assert all(image.startswith(name) for image, name in names.items())
    assert output_names(images[::-1]) == names
