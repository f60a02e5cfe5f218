// Cropping as in training, where a run was trained so: to what stands out from a white background.

// The rows and columns of which more than a part is dark, of pixels as a canvas gives them; null where there are none.
export function darkBox({data, width, height}, {threshold, fraction}) {
  const rows = new Uint32Array(height), columns = new Uint32Array(width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = 4*(y*width + x);
      if (Math.min(data[i], data[i + 1], data[i + 2]) <= threshold) { rows[y]++; columns[x]++; }
    }
  }
  const ends = (counts, of) => [counts.findIndex(o => o/of > fraction), counts.findLastIndex(o => o/of > fraction)];
  const [top, bottom] = ends(rows, width), [left, right] = ends(columns, height);
  return top < 0 || left < 0 ? null : {x: left, y: top, width: right + 1 - left, height: bottom + 1 - top};
}
