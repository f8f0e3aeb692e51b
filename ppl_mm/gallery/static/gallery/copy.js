// A button at each command that copies it.
(function () {
  'use strict';
  const app = window.gallery;

  for (const pre of document.querySelectorAll('pre.command')) {
    const button = app.el('button', { type: 'button', class: 'copy', onclick: () => copy(pre, button) }, 'Copy');
    const box = app.el('div', { class: 'copied' });
    pre.replaceWith(box);
    box.append(pre, button);
  }

  async function copy(pre, button) {
    try {
      await navigator.clipboard.writeText(pre.textContent);
      button.textContent = 'Copied';
    } catch (error) { // the browser allows it to no page from the disk
      window.getSelection().selectAllChildren(pre);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  }
})();
