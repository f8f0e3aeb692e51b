"""Installs ppl_mm; the version and the requirements are read as text.

Nothing is imported that a build machine may lack: build isolation has neither
torch nor mmengine.
"""

import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
# What `mim run`, `mim train` and mmengine.hub look for, in ppl_mm/.mim.
MIM = ('tools', 'configs', 'model-index.yml')


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding='utf-8')


def version() -> str:
    return re.search(r"__version__ = '(.+)'", read('ppl_mm/version.py'))[1]


def requirements(name: str) -> list:
    lines = (
        line.partition('#')[0].strip() for line in read(f'requirements/{name}.txt').splitlines()
    )
    return [line for line in lines if line]


def long_description() -> str:
    return read('README.md') if (ROOT / 'README.md').is_file() else ''


class BuildWithMim(build_py):
    """Puts the commands and configs into the package that is built.

    An editable install has none of it: there, mim finds no package either, and
    the files are run from the clone.
    """

    def run(self):
        super().run()
        if getattr(self, 'editable_mode', False):
            return
        target = Path(self.build_lib) / 'ppl_mm' / '.mim'
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in MIM:
            if (ROOT / name).is_dir():
                shutil.copytree(
                    ROOT / name,
                    target / name,
                    ignore=shutil.ignore_patterns('__pycache__', '*.py[cod]'),
                )
            else:
                shutil.copy2(ROOT / name, target / name)


setup(
    name='ppl_mm',
    version=version(),
    description='Progressive Patch Learning for OpenMMLab: image-level labels in, pixel masks out',
    long_description=long_description(),
    long_description_content_type='text/markdown',
    author='ppl_mm contributors',
    license='Apache License 2.0',
    keywords='computer vision, weakly supervised semantic segmentation',
    classifiers=[
        'Development Status :: 4 - Beta',
        'License :: OSI Approved :: Apache Software License',
        'Operating System :: POSIX',
        'Programming Language :: Python :: 3.10',
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Programming Language :: Python :: 3.13',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
    packages=find_packages(include=('ppl_mm', 'ppl_mm.*')),
    include_package_data=True,
    package_data={'ppl_mm': ['py.typed'], 'ppl_mm.gallery': ['templates/**/*.html', 'static/**/*']},
    python_requires='>=3.10',
    install_requires=requirements('runtime'),
    extras_require={
        'mim': requirements('mminstall'),
        'optional': requirements('optional'),
        'tests': requirements('tests'),
        'onnx': requirements('onnx'),
        'tiff': requirements('tiff'),
        'timm': requirements('timm'),
        'weights': requirements('weights'),
    },
    entry_points={'console_scripts': ['ppl-mm = ppl_mm.command_line:main']},
    cmdclass={'build_py': BuildWithMim},
    zip_safe=False,
)
