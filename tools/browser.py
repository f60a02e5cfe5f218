"""A browser, and a server for the site's pages."""
import functools
import http.server
import shutil
import threading

path = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)
OPTIONS = ['--no-sandbox', '--disable-gpu', '--disable-quic']


class Quiet(http.server.SimpleHTTPRequestHandler):
    "A server that keeps no log."
    def log_message(self, *args): pass


def serve(folder):
    "A server of a folder, which works in the background, and its address."
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f'http://127.0.0.1:{server.server_port}'
