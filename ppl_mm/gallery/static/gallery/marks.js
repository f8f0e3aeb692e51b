// Images that a person marks, e.g. because their masks need a correction. The browser keeps them; a list of them can be saved.
(function () {
  'use strict';
  const app = window.gallery;
  const KEPT = 'marked ' + location.pathname;
  const list = document.getElementById('marked-list'), line = document.getElementById('marked');
  const marked = new Set(read());

  // A browser that keeps nothing for a page from the disk marks until the page is closed.
  function read() {
    try {
      return JSON.parse(localStorage.getItem(KEPT) || '[]').filter((id) => app.byId.has(id));
    } catch (error) {
      return [];
    }
  }

  function keep() {
    try {
      localStorage.setItem(KEPT, JSON.stringify([...marked]));
    } catch (error) { /* see read */ }
  }

  app.marks = {
    has: (image) => marked.has(image.id),
    toggle(image) {
      if (!marked.delete(image.id)) marked.add(image.id);
      keep();
      app.marks.draw();
    },
    // A button that marks an image and shows whether it is.
    button: (image, attributes) =>
      app.el('button', { type: 'button', class: 'mark', 'data-mark': image.id, 'aria-pressed': String(marked.has(image.id)),
        'aria-label': 'Mark ' + app.title(image), title: 'Mark (m)', onclick: () => app.marks.toggle(image), ...attributes }, '★'),
    // Bring buttons and the list in line with what is marked. Tar would take a name that begins with - for an option.
    draw() {
      for (const button of document.querySelectorAll('[data-mark]')) button.setAttribute('aria-pressed', String(marked.has(button.dataset.mark)));
      const names = app.data.images.filter(app.marks.has).map((image) => (image.mask || image.id + '.png').replace(/^-/, './-'));
      line.hidden = !names.length;
      list.textContent = `Save the list of ${names.length.toLocaleString()} marked`;
      list.href = 'data:text/plain;charset=utf-8,' + encodeURIComponent(names.map((name) => name + '\n').join(''));
    },
  };

  document.getElementById('unmark').addEventListener('click', () => {
    marked.clear();
    keep();
    app.marks.draw();
  });
})();
