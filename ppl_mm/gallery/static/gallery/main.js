// The state of the page is its address: filters, what is shown, which image is open.
(function () {
  'use strict';
  const app = window.gallery;
  const el = app.el, data = app.data;
  const form = document.getElementById('tools'), status = document.getElementById('status');
  const pages = [...document.querySelectorAll('.page')];
  const usual = { name: '', class: '', split: '', labelled: '', finding: '', marked: '', sort: 'name', order: 'up', show: data.usualLayer, blend: 60, side: 168, open: '' };
  const FILTERS = ['name', 'class', 'split', 'labelled', 'finding', 'marked', 'sort', 'order'];
  const LOOK = 6, FEW = 8;
  let filtered = null;

  // The address of a page with a state; what is as usual is left out.
  app.address = function (state, page) {
    const parts = new URLSearchParams();
    for (const [key, value] of Object.entries(state)) {
      if (key in usual && String(value) !== String(usual[key])) parts.set(key, value);
    }
    const text = parts.toString();
    return '#' + page + (text ? '?' + text : '');
  };

  function parse() {
    const [page, text] = location.hash.slice(1).split(/\?(.*)/s);
    const state = { ...usual, ...Object.fromEntries(new URLSearchParams(text || '')) };
    state.blend = Math.min(100, Math.max(0, Number(state.blend) || 0));
    state.side = Math.min(408, Math.max(120, Number(state.side) || usual.side));
    if (!app.layer.has(state.show)) state.show = '';
    return { page: pages.some((one) => one.dataset.page === page) ? page : 'overview', state };
  }

  app.state = () => parse().state;

  // Change the state. Another image or filter takes the place of the last one in the history.
  app.change = function (changes) {
    const { page, state } = parse();
    const address = app.address({ ...state, ...changes }, page);
    history.replaceState(null, '', address);
    render();
  };

  function render() {
    const { page, state } = parse();
    for (const one of pages) one.hidden = one.dataset.page !== page;
    for (const link of document.querySelectorAll('nav [data-page]')) {
      if (link.dataset.page === page) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    document.documentElement.style.setProperty('--blend', state.blend / 100);
    if (page === 'overview') firstLook();
    if (page === 'images') images(state);
    if (page === 'classes') app.classes.show(state);
    const place = app.byId.get(state.open);
    if (page === 'images' && place !== undefined) app.viewer.show(place, state);
    else app.viewer.hide();
  }

  function images(state) {
    for (const name of [...FILTERS, 'show', 'blend', 'side']) {
      if (String(form.elements[name].value) !== String(state[name])) form.elements[name].value = state[name];
    }
    const key = JSON.stringify([...FILTERS.map((name) => state[name]), state.show, state.side]);
    if (key === filtered) return;
    filtered = key;
    const places = app.select(state);
    app.grid.show(places, { ...state, open: '' });
    const all = app.counted(data.images.length, 'image');
    status.textContent = places.length === data.images.length ? all : `${places.length.toLocaleString()} of ${all}`;
    document.getElementById('nothing').hidden = places.length > 0;
    const on = FILTERS.filter((name) => state[name] !== usual[name]).length;
    document.querySelector('#filters summary').textContent = 'Filter and sort' + (on ? ` (${on} set)` : '');
  }

  function options(name, pairs) {
    form.elements[name].replaceChildren(...pairs.map(([value, text]) => el('option', { value }, text)));
  }

  function setUp() {
    const count = (test) => data.images.filter(test).length.toLocaleString();
    options('class', [['', 'any'], ...data.classes.map((one, id) => [one.name, `${one.name} (${count((image) => app.shows(image, id))})`])]);
    options('split', [['', 'any'], ...data.splits.map((split) => [split, `${split} (${count((image) => image.split === split)})`])]);
    options('finding', [['', 'any'], ...data.findings.filter((one) => data.images.some((image) => image.findings.includes(one.key)))
      .map((one) => [one.key, `${one.title} (${count((image) => image.findings.includes(one.key))})`])]);
    options('sort', app.sorts.map((one) => [one.key, one.name]));
    options('show', [['', 'photo'], ...data.layers.map((layer) => [layer.key, layer.title])]);
    document.documentElement.style.setProperty('--cell', app.ratio);
    const legend = document.getElementById('legend');
    if (data.classes.length > FEW) legend.tabIndex = 0; // it scrolls
    legend.replaceChildren(...data.classes.map((one) => el('li', {}, app.swatch(one), one.name)));
  }

  // Some images on which a class is shown, on the first page.
  function firstLook() {
    const look = document.getElementById('look');
    if (!look.hidden) return;
    const showing = data.images.filter((image) => app.coverage(image, data.usualLayer) > 0);
    look.querySelector('ul').replaceChildren(...app.spread(showing, LOOK).map((image) => el('li', {}, app.card(image, usual))));
    look.hidden = !showing.length;
  }

  document.getElementById('filters').open = matchMedia('(min-width: 52.01rem)').matches;
  form.addEventListener('input', (event) => app.change({ [event.target.name]: event.target.value }));
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', (event) => {
    event.preventDefault();
    app.change(usual);
  });
  document.getElementById('show-all').addEventListener('click', () => app.change(usual));
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest('input, select, textarea, dialog');
    if (event.key !== '/' || typing || parse().page !== 'images') return;
    event.preventDefault();
    form.elements.name.focus();
  });
  window.addEventListener('hashchange', render);
  setUp();
  app.marks.draw();
  render();
})();
