// The grid of images: only what is in sight has elements, so thousands scroll as smoothly as ten.
(function () {
  'use strict';
  const app = window.gallery;
  const list = document.getElementById('grid');
  const GAP = 12, TEXT = 58, WIDE = 240, MORE = 3; // pixels; rows above and below
  let places = [], state = {}, nodes = new Map(), layout = null, waiting = false;

  function measure() {
    const width = list.clientWidth;
    const columns = Math.max(state.side > WIDE ? 1 : 2, Math.floor((width + GAP) / (state.side + GAP)));
    const side = (width - GAP * (columns - 1)) / columns;
    const height = side / app.ratio + TEXT;
    return { columns, side, height, width };
  }

  app.grid = {
    // Show images by their places, as a state of the filters says.
    show(newPlaces, newState) {
      places = newPlaces;
      state = newState;
      clear();
      layout = measure();
      const rows = Math.ceil(places.length / layout.columns);
      list.style.height = Math.max(0, rows * (layout.height + GAP) - GAP) + 'px';
      draw();
    },
    get places() { return places; },
    // Bring an image into sight, and the keyboard to it.
    focus(place) {
      const index = places.indexOf(place);
      if (index >= 0) focusIndex(index);
    },
  };

  function clear() {
    nodes.forEach((node) => node.remove());
    nodes = new Map();
  }

  function range() {
    const top = -list.getBoundingClientRect().top, step = layout.height + GAP;
    const first = Math.floor(top / step) - MORE;
    const last = Math.ceil((top + window.innerHeight) / step) + MORE;
    return [Math.max(0, first * layout.columns), Math.min(places.length, last * layout.columns)];
  }

  function draw() {
    waiting = false;
    if (!layout || !layout.width) return;
    const [first, last] = range();
    for (const [index, node] of nodes) {
      if ((index < first || index >= last) && !node.contains(document.activeElement)) {
        node.remove();
        nodes.delete(index);
      }
    }
    for (let index = first; index < last; index += 1) {
      if (!nodes.has(index)) add(index);
    }
  }

  function add(index) {
    const image = app.data.images[places[index]];
    const row = Math.floor(index / layout.columns), column = index % layout.columns;
    const item = app.el('li', { 'aria-posinset': index + 1, 'aria-setsize': places.length, 'data-index': index },
      app.card(image, state), app.marks.button(image, { tabindex: -1 }));
    item.style.width = layout.side + 'px';
    item.style.height = layout.height + 'px';
    item.style.transform = `translate(${column * (layout.side + GAP)}px, ${row * (layout.height + GAP)}px)`;
    nodes.set(index, item);
    // In the order of the images, so that the Tab key goes through them.
    const after = [...nodes.keys()].filter((other) => other > index).sort((a, b) => a - b)[0];
    list.insertBefore(item, after === undefined ? null : nodes.get(after));
  }

  function focusIndex(index) {
    const row = Math.floor(index / layout.columns), step = layout.height + GAP;
    const top = list.getBoundingClientRect().top + window.scrollY + row * step;
    const head = document.querySelector('.bar').offsetHeight + GAP;
    if (top < window.scrollY + head || top + step > window.scrollY + window.innerHeight) {
      window.scrollTo({ top: Math.max(0, top - head - (window.innerHeight - step) / 3) });
    }
    draw();
    const node = nodes.get(index);
    if (node) node.firstElementChild.focus({ preventScroll: true });
  }

  function soon() {
    if (!waiting) {
      waiting = true;
      requestAnimationFrame(draw);
    }
  }

  window.addEventListener('scroll', soon, { passive: true });
  new ResizeObserver(() => {
    if (list.clientWidth && (!layout || list.clientWidth !== layout.width)) app.grid.show(places, state);
  }).observe(list);

  list.addEventListener('keydown', (event) => {
    const item = event.target.closest('li');
    if (!item || !layout || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'm') app.marks.toggle(app.data.images[places[item.dataset.index]]);
    const at = Number(item.dataset.index), last = places.length - 1;
    const to = {
      ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - layout.columns, ArrowDown: at + layout.columns,
      Home: 0, End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    focusIndex(Math.min(last, Math.max(0, to)));
  });
})();
