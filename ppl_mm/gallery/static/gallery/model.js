// The images, and which of them are shown in which order. Touches no page.
(function () {
  'use strict';
  const data = window.GALLERY;
  const app = (window.gallery = { data });

  // The name that a user knows an image by.
  app.title = (image) => image.photo || image.id;
  app.byId = new Map(data.images.map((image, place) => [image.id, place]));
  // Width by height of a place for an image, so that most fill theirs.
  app.within = (ratio) => Math.min(1.6, Math.max(0.7, ratio));
  const ratios = data.images.filter((image) => image.size).map(({ size }) => size[0] / size[1]).sort((a, b) => a - b);
  app.ratio = ratios.length ? app.within(ratios[Math.floor(ratios.length / 2)]) : 4 / 3;
  app.layer = new Map(data.layers.map((layer) => [layer.key, layer]));
  app.finding = new Map(data.findings.map((one) => [one.key, one]));
  const natural = new Intl.Collator(undefined, { numeric: true });

  // Share of an image that a label covers with any class, or with one; null where there is no label.
  app.coverage = function (image, layer, classId) {
    const cover = image.cover[layer];
    if (!cover) return null;
    if (classId !== undefined) return cover[classId] || 0;
    return Object.values(cover).reduce((sum, share) => sum + share, 0);
  };

  // Classes that an image is labelled with, or that its pseudo-label shows.
  app.shows = function (image, classId) {
    const labelled = image.labels && image.labels.includes(classId);
    return labelled || app.coverage(image, data.pseudoLabel, classId) > 0;
  };

  // Ways to sort: title and value of an image; null comes last.
  app.sorts = (function () {
    const title = (key) => app.layer.get(key).title;
    const found = [['name', 'name', null]];
    found.push(['coverage', 'coverage of ' + title(data.pseudoLabel), (image, classId) => app.coverage(image, data.pseudoLabel, classId)]);
    const pairs = [[data.rawLabel, 'agreement of ' + (data.rawLabel && title(data.rawLabel)) + ' and ' + title(data.pseudoLabel)],
      ['prediction', 'agreement of network and ' + title(data.pseudoLabel)]];
    for (const [key, name] of pairs) {
      if (data.images.some((image) => key in image.agree)) found.push(['agree-' + key, name, (image) => image.agree[key]]);
    }
    for (const layer of data.layers) {
      if (data.images.some((image) => layer.key in image.iou)) {
        found.push(['iou-' + layer.key, 'IoU of ' + layer.title, (image) => image.iou[layer.key]]);
      }
    }
    found.push(['findings', 'number of findings', (image) => image.findings.length]);
    return found.map(([key, name, value]) => ({ key, name, value }));
  })();

  // Some of a list, evenly spread over it.
  app.spread = (list, most) => (list.length <= most ? list
    : Array.from({ length: most }, (_, k) => list[Math.round((k * (list.length - 1)) / (most - 1))]));

  const labelled = {
    positive: (image) => image.labels && image.labels.length > 0,
    negative: (image) => image.labels && image.labels.length === 0,
    unknown: (image) => !image.labels,
  };

  // Places of the images that a state of the filters lets through, sorted.
  app.select = function (state) {
    const classId = data.classes.findIndex((one) => one.name === state.class);
    const part = (state.name || '').toLowerCase();
    const fits = (image) =>
      (!part || app.title(image).toLowerCase().includes(part)) &&
      (!state.class || app.shows(image, classId)) &&
      (!state.split || image.split === state.split) &&
      (!state.labelled || labelled[state.labelled](image)) &&
      (!state.finding || image.findings.includes(state.finding)) &&
      (!state.marked || app.marks.has(image) === (state.marked === 'yes'));
    const places = [];
    data.images.forEach((image, place) => { if (fits(image)) places.push(place); });
    return order(places, state, classId < 0 ? undefined : classId);
  };

  function order(places, state, classId) {
    const sort = app.sorts.find((one) => one.key === state.sort) || app.sorts[0];
    const sign = state.order === 'down' ? -1 : 1;
    const name = (a, b) => natural.compare(app.title(data.images[a]), app.title(data.images[b]));
    if (!sort.value) return places.sort((a, b) => sign * name(a, b));
    const values = new Map(places.map((place) => [place, sort.value(data.images[place], classId)]));
    return places.sort((a, b) => compare(values.get(a), values.get(b), sign) || name(a, b));
  }

  function compare(one, other, sign) {
    const none = (value) => value === null || value === undefined;
    if (none(one) || none(other)) return none(one) - none(other);
    return sign * (one - other);
  }

  app.file = {
    photo: (image) => 'photos/' + image.key + '.jpg',
    thumb: (image) => 'thumbs/' + image.key + '.jpg',
    layer: (image, key) => 'layers/' + key + '/' + image.key + '.png',
  };
  app.percent = (value) => (value === null || value === undefined ? 'n/a' : (100 * value).toFixed(1));
})();
