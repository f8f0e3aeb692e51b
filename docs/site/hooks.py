"""What MkDocs does beyond its own: notebooks, and pages outside of docs/.

README.md is the first page, and the READMEs of the repository are pages too.
Links in Markdown stay as GitHub wants them; here they become links of the
site. A file that a page links and that is not a page is copied.
"""

import base64
import json
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
#: Pages of the site by their path in the repository.
PAGES = (
    {
        'README.md': 'index.md',
        'CONTRIBUTING.md': 'contributing.md',
        'CHANGELOG.md': 'changelog.md',
        'SECURITY.md': 'security.md',
        'benchmarks/README.md': 'benchmarks.md',
    }
    | {
        str(path.relative_to(ROOT)): f'configs/{path.parent.name}.md'
        for path in sorted(ROOT.glob('configs/[!_]*/README.md'))
    }
    | {
        str(path.relative_to(ROOT)): str(path.relative_to(ROOT))
        for path in sorted(ROOT.glob('studies/**/*.md'))
    }
)
#: A cross-reference of Sphinx in a docstring, as Markdown renders it.
ROLE = re.compile(r':(?:class|func|meth|mod|attr|data|exc|obj):<code>~?([\w.]*?)(\w+)</code>')
LINK = re.compile(r'(\]\()([^)\s#]+)(#[^)\s]*)?(\))')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages outside of docs/, and the files that pages link."""
    for source, uri in PAGES.items():
        files.append(File.generated(config, uri, content=(ROOT / source).read_text('utf-8')))
    for path in sorted(ROOT.glob('docs/*.ipynb')):
        for file in notebook_files(path, config):
            files.append(file)
    for page in list(files.documentation_pages()):
        source = repository_path(page.src_uri)
        for _, target, _, _ in LINK.findall(page.content_string):
            path = resolve(source, target)
            if not path or path in PAGES or path.startswith('docs/'):
                continue
            if (ROOT / path).is_file() and not files.get_file_from_path(f'files/{path}'):
                files.append(File.generated(config, f'files/{path}', abs_src_path=str(ROOT / path)))
    return files


def notebook_files(path: Path, config: MkDocsConfig) -> Iterator[File]:
    """Yield a notebook as a page, and its pictures."""
    text = []
    for number, cell in enumerate(json.loads(path.read_text('utf-8'))['cells']):
        source = ''.join(cell['source'])
        text.append(source if cell['cell_type'] == 'markdown' else f'```python\n{source}\n```')
        for output in cell.get('outputs', ()):
            if 'text' in output:
                text.append('```text\n{}\n```'.format(''.join(output['text']).rstrip()))
            elif picture := output.get('data', {}).get('image/png'):
                name = f'{path.stem}_{number}.png'
                yield File.generated(config, name, content=base64.b64decode(picture))
                text.append(f'![Pictures of the cell above]({name})')
    yield File.generated(config, f'{path.stem}.md', content='\n\n'.join(text))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links of the repository into links of the site."""
    source = repository_path(page.file.src_uri)

    def replace(match: re.Match) -> str:
        path = resolve(source, match[2])
        if not path:
            return match[0]
        to = posixpath.relpath(site_path(path), posixpath.dirname(page.file.src_uri) or '.')
        return f'{match[1]}{to}{match[3] or ""}{match[4]}'

    return LINK.sub(replace, markdown)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Show the cross-references of docstrings by their last name."""
    return ROLE.sub(r'<code>\2</code>', html)


def repository_path(uri: str) -> str:
    """Return the path in the repository of a page of the site."""
    return next((path for path, page in PAGES.items() if page == uri), f'docs/{uri}')


def site_path(path: str) -> str:
    """Return the path in the site of a file of the repository."""
    if path in PAGES:
        return PAGES[path]
    path = re.sub(r'\.ipynb$', '.md', path)
    return path.removeprefix('docs/') if path.startswith('docs/') else f'files/{path}'


def resolve(source: str, target: str) -> str | None:
    """Return the file that a page links, by its path in the repository; None for a web address."""
    if '//' in target or target.startswith(('mailto:', '#')):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
