import pytest

from ppl_mm.utils.troubleshooting import TOPICS, with_help


@pytest.mark.parametrize('topic', TOPICS)
def test_a_line_stays_a_line_and_names_the_heading(topic):
    line = with_help('a.png: is black; lower the threshold', topic)
    assert line.startswith('a.png: is black; lower the threshold; see docs/')
    assert line.endswith(f'#{TOPICS[topic]}') and '\n' not in line
