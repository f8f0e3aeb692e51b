// Zooms into the picture of the viewer: by the wheel, keys or a double click; dragging moves it.
(function () {
  'use strict';
  const app = window.gallery;
  const stage = document.getElementById('stage');
  const MOST = 8, CLICKED = 3;
  let scale = 1, x = 0, y = 0, from = null;

  app.zoom = {
    // The picture was drawn again: show the same part of it.
    apply,
    reset() {
      scale = 1;
      x = y = 0;
      apply();
    },
    by(factor) { around(0, 0, factor); },
    get isOn() { return scale > 1; },
  };

  const stack = () => stage.querySelector('.picture .stack');

  function apply() {
    const node = stack();
    if (node) node.style.transform = scale === 1 ? '' : `translate(${x}px, ${y}px) scale(${scale})`;
    stage.classList.toggle('zoomed', scale > 1);
  }

  // Zoom, so that a point, in pixels from the middle of the stage, stays where it is.
  function around(pointX, pointY, factor) {
    const next = Math.min(MOST, Math.max(1, scale * factor));
    move(pointX - ((pointX - x) * next) / scale, pointY - ((pointY - y) * next) / scale, next);
  }

  // No further than to the border of the picture.
  function move(toX, toY, newScale) {
    const node = stack();
    if (!node) return;
    scale = newScale;
    const most = (length) => ((scale - 1) * length) / 2;
    const within = (value, length) => Math.min(most(length), Math.max(-most(length), value));
    x = within(toX, node.offsetWidth);
    y = within(toY, node.offsetHeight);
    apply();
  }

  function point(event) {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
  }

  stage.addEventListener('wheel', (event) => {
    event.preventDefault();
    around(...point(event), Math.exp(-event.deltaY / 400));
  }, { passive: false });
  stage.addEventListener('dblclick', (event) => {
    if (event.target.closest('button')) return;
    if (scale > 1) app.zoom.reset();
    else around(...point(event), CLICKED);
  });
  stage.addEventListener('pointerdown', (event) => {
    if (scale === 1 || event.button || event.target.closest('button')) return;
    from = [event.clientX - x, event.clientY - y];
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener('pointermove', (event) => {
    if (from) move(event.clientX - from[0], event.clientY - from[1], scale);
  });
  for (const name of ['pointerup', 'pointercancel']) stage.addEventListener(name, () => { from = null; });
})();
