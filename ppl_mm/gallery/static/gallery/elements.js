// Elements made of data: texts are always texts, never HTML.
(function () {
  'use strict';
  const app = window.gallery;
  const THUMB = 256; // pixels of a small photo

  // An element with attributes and children; a child that is no node becomes text.
  app.el = function (tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? '' : value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  };

  app.counted = (number, one, many) => `${number.toLocaleString()} ${number === 1 ? one : many || one + 's'}`;

  app.swatch = function (one) {
    const node = app.el('i', { class: 'swatch', 'aria-hidden': 'true' });
    node.style.background = one.color;
    return node;
  };

  app.chip = (classId) => {
    const one = app.data.classes[classId];
    return app.el('span', { class: 'chip' }, app.swatch(one), one.name);
  };

  // What an image is labelled with, as chips or words.
  app.labels = function (image) {
    if (!image.labels) return [app.el('span', { class: 'note' }, 'not labelled')];
    if (!image.labels.length) return [app.el('span', { class: 'note' }, 'negative')];
    return image.labels.map(app.chip);
  };

  // The photo, small or large, and a layer over it.
  app.stack = function (image, key, large) {
    const src = large ? app.file.photo(image) : app.file.thumb(image);
    const box = app.el('span', { class: 'stack' });
    if (image.size) box.append(app.el('img', { src, alt: '', decoding: 'async' }));
    else box.append(app.el('span', { class: 'missing' }, 'no photo'));
    if (key && image.layers.includes(key)) box.append(app.over(image, key));
    return box;
  };

  app.over = (image, key) =>
    app.el('img', {
      src: app.file.layer(image, key), alt: '', decoding: 'async',
      class: app.layer.get(key).isMap ? 'over map' : 'over',
    });

  // An image of the grid or of a contact sheet; opens the viewer.
  app.card = function (image, state, shown) {
    const cover = app.coverage(image, image.cover[state.show] ? state.show : app.data.pseudoLabel);
    const text = shown || (cover === null ? '' : Math.round(100 * cover) + ' % covered');
    const dots = app.el('span', { class: 'dots', 'aria-hidden': 'true' },
      ...(image.labels || []).slice(0, 8).map((id) => app.swatch(app.data.classes[id])));
    return app.el('a', { class: 'card', href: app.address({ ...state, open: image.id }, 'images') },
      app.stack(image, state.show, state.side > THUMB),
      app.el('span', { class: 'name', title: app.title(image) }, app.title(image)),
      app.el('span', { class: 'under' }, dots, app.el('span', {}, text)),
      image.findings.length ? app.el('span', { class: 'flag', title: image.findings.map((key) => app.finding.get(key).title).join(', ') },
        String(image.findings.length), app.el('span', { class: 'unseen' }, ' findings')) : null);
  };
})();
