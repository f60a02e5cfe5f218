// Put a moving figure in the place of its picture, when the reader comes near it.
const seen = new IntersectionObserver(entries => {
  for (const {target, isIntersecting} of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    begin(target);
  }
}, {rootMargin: '400px'});

async function begin(figure) {
  const {create} = await import(`./${figure.dataset.figure}.js`);
  figure.replaceChildren(...await create());
  figure.classList.add('moving');
}

for (const figure of document.querySelectorAll('[data-figure]')) seen.observe(figure);
