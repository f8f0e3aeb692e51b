"""Phrases that a reader has to read twice do not come back.

Checked are the prose of the pages, and docstrings, ``--help`` texts and the
messages of errors in ppl_mm, tools, studies and benchmarks.
"""

import ast
import re

#: What not to write, and what to write instead.
PHRASES = {
    r'\bmend(?:s|ed|ing)?\b': 'fix, the fix',
    r'\b(?:go|goes|went|going) on\b': 'continue, resume',
    r'\bas of\b(?! \d)': 'see X; same as X',
    r'(?:^|[.:;|] )(?-i:Of) (?:each|every|all|several|both|a|an|the)\b': 'the Y of each X',
    r'(?<!there )(?<!where )\b(?:is|are) no (?!longer\b|better\b|worse\b)': 'is not a, is invalid',
    r'(?<!there )(?<!where )\b(?:is|are) (?-i:none)\b(?! of)': 'is invalid; is missing',
    r'\bin place of\b': 'instead of; up from',
    r'\bas much again\b': 'the same',
    r'\bless (?:the )?(?:plain|equal[ -]cost|PPL)\b': 'vs. plain CAM',
    r"\bchance's size\b": 'within noise',
    r'\bsaid nothing\b': 'no output',
    r'\bsays no\b': 'error messages',
    r'\b(?:by|of) itself\b': 'automatically; on its own',
    r'\b(?:is|are) to be (?:done|edited|made|\w+ed)\b': 'must be done; needs editing',
    r'\bthat (?:is|are) there\b': 'present; exists',
    r'\bone would try first\b': 'the obvious first choice',
    r'\btaught\b|\bteachers?\b|\bconfident labels\b': 'self-training; round 1; confident regions',
    r'\bthe house\b|\bstrangers?\b|\bthe one room\b': 'the code base; a new user; a package',
}
PATTERNS = {re.compile(key, re.IGNORECASE | re.MULTILINE): PHRASES[key] for key in PHRASES}


def found(text):
    """Lines of findings: the phrase in its line, and what to write instead."""
    return [
        f'{match[0].strip()!r} ({instead}): {line_of(text, match.start())}'
        for pattern, instead in PATTERNS.items()
        for match in pattern.finditer(text)
    ]


def line_of(text, at):
    start = text.rfind('\n', 0, at) + 1
    return ' '.join(text[start : (text + '\n').index('\n', at)].split())


def prose(text, without_blocks):
    """A page without code, targets of links and comments, lines of a sentence joined."""
    text = re.sub(r'<!--.*?-->', '', without_blocks(text), flags=re.DOTALL)
    text = re.sub(r'``[^`]+``|`[^`]+`', 'CODE', text)
    return joined(re.sub(r'\]\([^)]*\)', ']', text))


def joined(text):
    """The lines of a paragraph as one, since a phrase may be broken anywhere."""
    return re.sub(r'(?<=[^\n])\n(?=[^\n\s|#>*-])', ' ', re.sub(r'\n +', '\n', text))


def words(node):
    """The text of a string, of parts of strings, or of an f-string."""
    return ' '.join(
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )


def code_prose(source):
    """Docstrings, help texts and messages of errors of a module."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, kinds) and ast.get_docstring(node):
            yield ast.get_docstring(node)
        elif isinstance(node, ast.keyword) and node.arg in ('help', 'description', 'epilog'):
            yield words(node.value)
        elif isinstance(node, ast.Raise) and node.exc:
            yield words(node.exc)


def findings(root, pages, without_blocks):
    """Findings in pages and code."""
    for name, text in pages.items():
        yield from (f'{name}: {line}' for line in found(prose(text, without_blocks)))
    for folder in ('ppl_mm', 'tools', 'studies', 'benchmarks'):
        for path in sorted((root / folder).rglob('*.py')):
            for text in code_prose(path.read_text(encoding='utf-8')):
                yield from (f'{path.relative_to(root)}: {line}' for line in found(joined(text)))


def test_pages_and_code_are_plain_english(root, pages, without_blocks):
    lines = list(findings(root, pages, without_blocks))
    assert not lines, '\n'.join(lines)


def test_each_phrase_is_seen(without_blocks):
    for text in (
        'mend the name',
        'The run goes on.',
        'init_cfg: As of every BaseModule.',
        'Of each cell the pixel in its middle.',
        'a.json is no JSON',
        'or one of them is none',
        '75.1 in place of 68.4',
        'as much again on another machine',
        'PPL less the plain CAM',
        "which is chance's size",
        'it said nothing',
        'When it says no',
        'started by itself',
        'nothing is to be edited',
        'a photo that is there',
        'what one would try first',
        'the taught stage',
        'among strangers',
    ):
        assert found(text), text
    good = 'There is no mask. It is no longer used. If there is none, see `mend`.'
    assert not found(prose(good, without_blocks))
    source = "def f():\n    raise UserError(f'{x}: is no mask;' ' mend it')\n"
    assert len([line for text in code_prose(source) for line in found(text)]) == 2
    assert found(joined('a run goes\non'))
