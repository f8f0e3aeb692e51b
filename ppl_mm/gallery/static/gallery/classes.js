// A page for each class: how much its labels cover, and a sheet of images from least to most.
(function () {
  'use strict';
  const app = window.gallery;
  const el = app.el, data = app.data;
  const SHEET = 12, BINS = 20;
  const root = document.getElementById('class-pages');

  app.classes = {
    show(state) {
      const id = data.classes.findIndex((one) => one.name === state.class);
      root.replaceChildren(menu(id), id < 0 ? all() : page(id, state));
    },
  };

  function menu(id) {
    const links = data.classes.map((one, number) => el('a', {
      class: 'chip', href: app.address({ class: one.name }, 'classes'), 'aria-current': number === id ? 'page' : null,
    }, app.swatch(one), one.name));
    const first = el('a', { class: 'chip', href: '#classes', 'aria-current': id < 0 ? 'page' : null }, 'all classes');
    return el('nav', { class: 'chips all', 'aria-label': 'Choose a class' }, first, ...links);
  }

  // Images of a class: labelled with it, or shown by the pseudo-label; and shares of those that show it.
  function numbers(id) {
    const labelled = data.images.filter((image) => image.labels && image.labels.includes(id));
    const showing = data.images.filter((image) => app.coverage(image, data.pseudoLabel, id) > 0);
    const shares = showing.map((image) => app.coverage(image, data.pseudoLabel, id)).sort((a, b) => a - b);
    return { labelled, showing, shares };
  }

  const median = (sorted) => (sorted.length ? sorted[Math.floor(sorted.length / 2)] : null);

  function all() {
    const rows = data.classes.map((one, id) => {
      const { labelled, showing, shares } = numbers(id);
      return el('tr', {},
        el('th', { scope: 'row' }, el('a', { href: app.address({ class: one.name }, 'classes') }, app.swatch(one), one.name)),
        el('td', { class: 'number' }, labelled.length.toLocaleString()), el('td', { class: 'number' }, showing.length.toLocaleString()),
        el('td', { class: 'number' }, app.percent(median(shares))), el('td', {}, histogram(shares, one, true)));
    });
    const head = ['class', 'images labelled', 'pseudo-labels that show it', 'median coverage, %', 'coverage, 0 to 100 %'];
    return el('div', { class: 'scroll', role: 'region', 'aria-label': 'Table of all classes', tabindex: 0 },
      el('table', { class: 'classes' }, el('thead', {}, el('tr', {}, ...head.map((name) => el('th', { scope: 'col' }, name)))), el('tbody', {}, ...rows)));
  }

  function page(id, state) {
    const one = data.classes[id], { labelled, showing, shares } = numbers(id);
    const sheet = el('ul', { class: 'sheet' }, ...pick(showing, id).map((image) => el('li', {},
      app.card(image, { ...state, class: one.name, show: data.pseudoLabel }, app.percent(app.coverage(image, data.pseudoLabel, id)) + ' %'))));
    return el('article', { class: 'panel' },
      el('h3', {}, app.swatch(one), one.name),
      el('p', {}, `${app.counted(labelled.length, 'image is', 'images are')} labelled with it; ${app.counted(showing.length, 'pseudo-label shows', 'pseudo-labels show')} it. `,
        el('a', { href: app.address({ class: one.name, sort: 'coverage' }, 'images') }, 'All of them')),
      el('h4', {}, 'Share of the image that it covers'),
      histogram(shares, one, false),
      el('h4', {}, 'From the least to the most'),
      showing.length ? sheet : el('p', { class: 'notice' }, 'No pseudo-label shows it.'));
  }

  // Images spread evenly over the coverage of a class.
  function pick(showing, id) {
    const sorted = [...showing].sort((a, b) => app.coverage(a, data.pseudoLabel, id) - app.coverage(b, data.pseudoLabel, id));
    return app.spread(sorted, SHEET);
  }

  const SVG = 'http://www.w3.org/2000/svg';
  function svg(tag, attributes, text) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function histogram(shares, one, small) {
    const bins = new Array(BINS).fill(0);
    for (const share of shares) bins[Math.min(BINS - 1, Math.floor(share * BINS))] += 1;
    const most = Math.max(1, ...bins), height = small ? 24 : 120, width = small ? 120 : 400;
    const box = svg('svg', {
      viewBox: `0 0 ${width} ${height + (small ? 0 : 18)}`, role: 'img', class: small ? 'bins small' : 'bins',
      'aria-label': `Coverage of ${one.name} in ${app.counted(shares.length, 'image')}`,
    });
    bins.forEach((count, k) => {
      const tall = (count / most) * height;
      const bar = svg('rect', { x: (k * width) / BINS + 1, width: width / BINS - 2, y: height - tall, height: tall, fill: one.color });
      bar.append(svg('title', {}, `${(100 * k) / BINS} to ${(100 * (k + 1)) / BINS} %: ${app.counted(count, 'image')}`));
      box.append(bar);
    });
    box.append(svg('line', { class: 'rule', x1: 0, x2: width, y1: height, y2: height }));
    if (!small) {
      box.append(svg('text', { x: 0, y: height + 14 }, '0 %'), svg('text', { x: width, y: height + 14, class: 'left' }, '100 %'));
    }
    return box;
  }
})();
