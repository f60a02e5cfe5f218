// Remember in this browser which lessons were read to their summary, and mark them in the menu.
const KEY = 'car_vae-read';
const nameOf = address => new URL(address, location.href).pathname.split('/').at(-1);

function kept() {
  try { return new Set(JSON.parse(localStorage.getItem(KEY)) ?? []); } catch { return new Set(); }
}

function mark() {
  const read = kept();
  for (const link of document.querySelectorAll('#quarto-sidebar a[href]:not(.sidebar-section a)')) {
    if (!read.has(nameOf(link.href)) || link.querySelector('.read')) continue;
    const tick = Object.assign(document.createElement('span'), {className: 'read', textContent: ' ✓', role: 'img', ariaLabel: 'read'});
    link.append(tick);
  }
}

function remember() {
  try { localStorage.setItem(KEY, JSON.stringify([...kept().add(nameOf(location.href))])); } catch { /* a browser that keeps nothing */ }
  mark();
}

const end = document.querySelector('h2[data-anchor-id="summary"]');
if (end) new IntersectionObserver(([o], seen) => { if (o.isIntersecting) { seen.disconnect(); remember(); } }).observe(end);
mark();
