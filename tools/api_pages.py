"""One page per module for the site: its public names, with signatures, docstrings and docments."""
import inspect
import warnings
from importlib import import_module

from nbdev.config import get_config
from nbdev.doclinks import NbdevLookup
from nbdev.showdoc import show_doc

warnings.filterwarnings('ignore', category=FutureWarning) # of what the modules import
cfg = get_config()


def methods(cls):
    "The public methods of a class that say what they do."
    return [o for name, o in vars(cls).items() if inspect.isfunction(o) and o.__doc__ and not name.startswith('_')]


def shown(value, name, level):
    "What nbdev shows of a class or function, with a link to the line where it begins, which nbdev does not find."
    line = inspect.getsourcelines(value)[1]
    return show_doc(value, name=name, title_level=level)._repr_markdown_().replace('#LNone', f'#L{line}')


def entry(name, value):
    "What a page says about one public name."
    if not hasattr(value, '__name__'): return f'## {name}\n\nA `{type(value).__name__}`.\n'
    parts = [shown(value, name, 2)]
    if inspect.isclass(value): parts += [shown(o, f'{name}.{o.__name__}', 3) for o in methods(value)]
    return '\n\n'.join(parts)


def api_page(name, lesson):
    "The page of the module `name`, which the page `lesson` teaches."
    module = import_module(f'{cfg.lib_name}.{name}')
    start = f'---\ntitle: {cfg.lib_name}.{name}\n---\n\n{module.__doc__} The lesson is [here](../{lesson}).\n'
    return '\n\n'.join([start, *(NbdevLookup().linkify(entry(o, getattr(module, o))) for o in module.__all__)])


def list_page(lessons):
    "The page that lists all modules, with what each is for and what it offers."
    rows = ['---', 'title: All modules', '---', '', '| module | what for | names |', '| --- | --- | --- |']
    for name in lessons:
        module = import_module(f'{cfg.lib_name}.{name}')
        public = ', '.join(f'`{o}`' for o in module.__all__ if callable(getattr(module, o)))
        rows.append(f'| [{cfg.lib_name}.{name}]({name}.md) | {module.__doc__} | {public} |')
    return NbdevLookup().linkify('\n'.join(rows))


def write(folder, lessons):
    "Write `folder/api/NAME.md` for each module of `lessons` (name to lesson) and for all, and return their paths."
    (folder / 'api').mkdir(exist_ok=True)
    pages = {'api/modules.md': list_page(lessons)}
    pages |= {f'api/{name}.md': api_page(name, lesson) for name, lesson in lessons.items()}
    for path, text in pages.items(): (folder / path).write_text(text, encoding='utf-8')
    return list(pages)
