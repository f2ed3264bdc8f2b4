/** A line of a chart: points by x, upwards. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [560, 220, 44, 24, 10];
const COLOURS = ['#2f6fab', '#b3541e', '#3c7d3c', '#7b4fa0'];

/** A line chart as SVG, drawn for itself: no script, no address. `x` names the horizontal axis. */
export function lineChart(lines: readonly Line[], x: string): string {
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0) return '<p>Nothing was recorded.</p>';
  const xs = rangeOf(points.map(([at]) => at));
  const ys = rangeOf(points.map(([, value]) => value));
  const place = ([at, value]: readonly [number, number]): string => {
    const across = LEFT + ((at - xs.low) / xs.span) * (WIDTH - LEFT - 10);
    const down = TOP + (1 - (value - ys.low) / ys.span) * (HEIGHT - TOP - BOTTOM);
    return `${across.toFixed(1)},${down.toFixed(1)}`;
  };
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const y = (TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
    return (
      `<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${y}" y2="${y}" class="grid"/>` +
      `<text x="${LEFT - 6}" y="${y}" class="tick">${label(ys.low + share * ys.span)}</text>`
    );
  });
  const drawn = lines.map(({ points: own }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const marks = own.length > 30 ? '' : own.map((point) => mark(place(point), colour)).join('');
    return `<polyline points="${own.map(place).join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"/>${marks}`;
  });
  const legend = lines.map(
    ({ name }, i) => `<span><i style="background:${COLOURS[i % COLOURS.length]}"></i>${escapeHtml(name)}</span>`,
  );
  const ends =
    `<text x="${LEFT}" y="${HEIGHT - 6}">${label(xs.low)}</text>` +
    `<text x="${WIDTH - 10}" y="${HEIGHT - 6}" text-anchor="end">${label(xs.high)} ${escapeHtml(x)}</text>`;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(lines.map(({ name }) => name).join(', '))}">${grid.join('')}${drawn.join('')}${ends}</svg><p class="legend">${legend.join('')}</p>`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function mark(place: string, colour: string | undefined): string {
  const [x, y] = place.split(',');
  return `<circle cx="${x}" cy="${y}" r="2.5" fill="${colour}"/>`;
}

function rangeOf(values: readonly number[]): { readonly low: number; readonly high: number; readonly span: number } {
  const low = values.reduce((least, value) => Math.min(least, value));
  const high = values.reduce((most, value) => Math.max(most, value));
  return { low, high, span: high > low ? high - low : 1 };
}

const label = (value: number): string => String(Number(value.toPrecision(3)));
