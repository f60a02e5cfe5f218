// The colours that the reader chose on the site's pages.
try {
  const chosen = localStorage.getItem('smalldocs-scheme');
  if (chosen) document.documentElement.dataset.scheme = chosen === 'alternate' ? 'dark' : 'light';
} catch { /* a browser that keeps nothing */ }
