"""When two results in float32 are equal."""

TOLERANCE = 1e-5  # relative to the largest number, in float32


def assert_close(actual, expected):
    scale = expected.abs().max().clamp(min=1e-12)
    error = (actual - expected).abs().max() / scale
    assert error <= TOLERANCE, error
