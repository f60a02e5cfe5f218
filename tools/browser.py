"""A browser, a server for the site's pages, and what to ask of an open page."""
import functools
import http.server
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

path = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)
AXE = Path(__file__).resolve().parent.parent / 'explorer' / 'node_modules' / 'axe-core' / 'axe.min.js'
OPTIONS = ['--no-sandbox', '--disable-gpu', '--disable-quic']


@contextmanager
def chromium():
    "An open browser."
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p, p.chromium.launch(executable_path=path, args=OPTIONS) as opened: yield opened


class Quiet(http.server.SimpleHTTPRequestHandler):
    "A server that keeps no log."
    def log_message(self, *args): pass


def serve(folder):
    "A server of a folder, which works in the background, and its address."
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f'http://127.0.0.1:{server.server_port}'


def accessibility(page):
    "The serious faults that axe-core finds."
    page.evaluate(AXE.read_text())
    found = page.evaluate('axe.run({resultTypes: ["violations"]})')['violations']
    return [(o['id'], [n['html'] for n in o['nodes']][:3]) for o in found if o['impact'] in ('serious', 'critical')]


def until(page, condition, tries=100):
    "Wait for a condition, asked from outside: what `wait_for_function` repeats, the page's policy against eval stops."
    for _ in range(tries):
        if page.evaluate(condition): return
        page.wait_for_timeout(100)
    raise AssertionError(f'{condition} did not come true')
