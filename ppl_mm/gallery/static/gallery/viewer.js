// One image at full size: its layers over the photo, and what is known of it.
(function () {
  'use strict';
  const app = window.gallery;
  const el = app.el, data = app.data;
  const node = (id) => document.getElementById(id);
  const dialog = node('viewer'), picture = node('picture'), blend = node('viewer-blend');
  let place = null, before = '';

  app.viewer = {
    // Show an image, as the state of the page says.
    show(newPlace, state) {
      const image = data.images[newPlace];
      const isNew = place !== newPlace;
      if (isNew) describe(image, newPlace);
      place = newPlace;
      draw(image, state.show);
      if (isNew) app.zoom.reset();
      else app.zoom.apply();
      blend.value = state.blend;
      if (!dialog.open) dialog.showModal();
    },
    hide() {
      if (!dialog.open) return;
      dialog.close();
      app.grid.focus(place);
      place = null;
    },
  };

  function draw(image, key) {
    const stack = app.stack(image, key, true);
    if (image.size) stack.style.aspectRatio = image.size[0] + ' / ' + image.size[1];
    if (image.size) stack.style.setProperty('--ratio', image.size[0] / image.size[1]);
    picture.replaceChildren(stack);
    picture.setAttribute('role', 'img');
    const shown = image.layers.includes(key) ? ' with ' + app.layer.get(key).title : '';
    picture.setAttribute('aria-label', app.title(image) + shown);
    for (const button of node('choices').children) button.setAttribute('aria-pressed', String(button.dataset.show === key));
  }

  function choice(image, key, number) {
    const there = !key || image.layers.includes(key);
    const title = key ? app.layer.get(key).title : 'photo';
    return el('button', { type: 'button', disabled: !there, 'data-show': key, onclick: () => app.change({ show: key }) },
      app.stack(image, there ? key : ''), el('span', {}, el('kbd', { 'aria-hidden': 'true' }, String(number)), ' ' + title));
  }

  const layers = () => ['', ...data.layers.map((layer) => layer.key)];

  function describe(image, newPlace) {
    const at = app.grid.places.indexOf(newPlace);
    if (image.size) node('choices').style.setProperty('--choice', app.within(image.size[0] / image.size[1]));
    node('choices').replaceChildren(...layers().map((key, number) => choice(image, key, number)));
    node('viewer-mark').replaceChildren(app.marks.button(image));
    node('viewer-name').textContent = app.title(image);
    const size = image.size ? image.size.join(' × ') + ' pixels' : 'no photo';
    node('viewer-place').textContent = `${at < 0 ? '–' : at + 1} of ${app.grid.places.length} · ${image.split} · ${size}`;
    const facts = [el('p', { class: 'chips' }, ...app.labels(image)), findings(image), table(image), agreements(image)];
    node('facts').replaceChildren(...facts.filter(Boolean));
    const next = data.images[app.grid.places[at + 1]];
    if (next && next.size) new Image().src = app.file.photo(next);
  }

  function findings(image) {
    const lines = image.findings.map((key) => app.finding.get(key).title);
    if (!lines.length && !image.problems.length) return null;
    return el('ul', { class: 'warnings' }, ...[...lines, ...image.problems].map((line) => el('li', {}, line)));
  }

  // A row for each layer of labels: what it covers, class by class, and its IoU.
  function table(image) {
    const measured = Object.keys(image.iou).length > 0;
    const rows = Object.entries(image.cover).map(([key, cover]) => {
      const classes = Object.keys(cover).map(Number).sort((a, b) => cover[b] - cover[a]);
      return el('tr', {},
        el('th', { scope: 'row' }, app.layer.get(key).title),
        el('td', {}, ...(classes.length ? classes.map((id) => el('span', { class: 'chip' }, app.swatch(data.classes[id]), `${data.classes[id].name} ${app.percent(cover[id])}`)) : ['–'])),
        measured ? el('td', { class: 'number' }, key in image.iou ? app.percent(image.iou[key]) : '') : null);
    });
    if (!rows.length) return null;
    return el('table', {}, el('thead', {}, el('tr', {}, ...['label', 'covers, %', ...(measured ? ['IoU, %'] : [])].map((name) => el('th', { scope: 'col' }, name)))), el('tbody', {}, ...rows));
  }

  function agreements(image) {
    const lines = Object.entries(image.agree).filter(([, value]) => value !== null);
    if (!lines.length) return null;
    const own = app.layer.get(data.pseudoLabel).title;
    return el('ul', { class: 'plain' }, ...lines.map(([key, value]) =>
      el('li', {}, `${app.layer.get(key).title} and ${own} agree on `, el('strong', {}, app.percent(value) + ' %'))));
  }

  function step(by) {
    const places = app.grid.places, at = places.indexOf(place);
    const next = places[(at + by + places.length) % places.length];
    if (next !== undefined) app.change({ open: data.images[next].id });
  }

  function toggle() {
    const { show } = app.state();
    if (show) before = show;
    app.change({ show: show ? '' : before || data.pseudoLabel });
  }

  const keys = {
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    ArrowUp: () => nudge(10),
    ArrowDown: () => nudge(-10),
    '+': () => app.zoom.by(1.5),
    '=': () => app.zoom.by(1.5),
    '-': () => app.zoom.by(1 / 1.5),
    ' ': toggle,
    m: () => app.marks.toggle(data.images[place]),
  };

  function nudge(by) {
    app.change({ blend: Math.min(100, Math.max(0, Number(blend.value) + by)) });
  }

  dialog.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const onSlider = event.target === blend && event.key.startsWith('Arrow');
    const onButton = event.target.closest('button, summary') && event.key === ' ';
    const layer = /^[0-9]$/.test(event.key) && layers()[Number(event.key)];
    if (layer !== false && layer !== undefined) app.change({ show: layer });
    else if (keys[event.key] && !onSlider && !onButton) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  dialog.querySelector('.keys').open = matchMedia('(hover: hover) and (min-width: 52.01rem)').matches;
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    app.change({ open: '' });
  });
  blend.addEventListener('input', () => app.change({ blend: Number(blend.value) }));
  node('close').addEventListener('click', () => app.change({ open: '' }));
  node('back').addEventListener('click', () => step(-1));
  node('on').addEventListener('click', () => step(1));
  // A swipe over the picture leads to the next image, on a phone.
  const stage = node('stage');
  let touch = null;
  stage.addEventListener('touchstart', (event) => {
    const alone = event.touches.length === 1 && !app.zoom.isOn;
    touch = alone ? event.touches[0] : null;
  }, { passive: true });
  stage.addEventListener('touchend', (event) => {
    if (!touch) return;
    const end = event.changedTouches[0], across = end.clientX - touch.clientX;
    if (Math.abs(across) > 50 && Math.abs(across) > 2 * Math.abs(end.clientY - touch.clientY)) step(across < 0 ? 1 : -1);
    touch = null;
  });
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) app.change({ open: '' });
  });
})();
