import uPlot from 'uplot';
import type { Alert } from '../../domain/trends.ts';
import { utcHour, utcShortDay } from './utc.ts';
import { signed } from './wording.ts';

export interface ChartContext {
  /** A custom property of the page, as the colour scheme has it now. */
  colour(name: string): string;
  alerts(): readonly Alert[];
  /** In seconds. */
  range(): [from: number, to: number];
  /** The bucket under the pointer, or null. */
  pointed(index: number | null): void;
}

const DAY_S = 86_400;
const AXIS_WIDTH = 44;
const FONT = '11px system-ui, sans-serif';

function base(context: ChartContext, height: number): Omit<uPlot.Options, 'series' | 'axes' | 'scales'> {
  return {
    width: 300,
    height,
    // Clock times on the page are UTC, whatever the reader's time zone.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    legend: { show: false },
    cursor: { sync: { key: 'barograph' }, drag: { x: false, y: false }, y: false, points: { show: false } },
    padding: [10, 20, 0, 0],
    hooks: {
      drawClear: [(chart) => drawAlerts(chart, context)],
      setCursor: [(chart) => context.pointed(chart.cursor.idx ?? null)],
    },
  };
}

/** Bands from an alert's opening to its end, under the data. */
function drawAlerts(chart: uPlot, context: ChartContext): void {
  const { ctx, bbox } = chart;
  const [, to] = context.range();
  ctx.save();
  ctx.fillStyle = context.colour('--band');
  for (const { openedAt, resolvedAt } of context.alerts()) {
    const left = Math.max(bbox.left, chart.valToPos(openedAt / 1000, 'x', true));
    const right = Math.min(bbox.left + bbox.width, chart.valToPos(resolvedAt === null ? to : resolvedAt / 1000, 'x', true));
    // A short alert in a long period still gets a line that can be seen.
    if (right >= left) ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
  }
  ctx.restore();
}

function axis(context: ChartContext): uPlot.Axis {
  return {
    stroke: () => context.colour('--quiet'),
    font: FONT,
    grid: { stroke: () => context.colour('--line'), width: 1 },
    ticks: { show: false },
  };
}

const timeLabels: uPlot.Axis.DynamicValues = (_, splits, __, ___, increment) =>
  splits.map((at) => (increment >= DAY_S || at % DAY_S === 0 ? utcShortDay(at * 1000) : utcHour(at * 1000)));

export function volumeOptions(context: ChartContext): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [0.85, 60, 1] }) ?? uPlot.paths.linear!();
  const stack = (name: string): uPlot.Series => ({
    fill: () => context.colour(name),
    width: 0,
    paths: bars,
    points: { show: false },
  });
  return {
    ...base(context, 210),
    scales: { x: { range: () => context.range() }, y: { range: (_, __, max) => [0, Math.max(4, (max || 0) * 1.08)] } },
    // The tallest first: each stack hides all of the one before but its top.
    series: [{}, stack('--positive'), stack('--neutral'), stack('--negative')],
    axes: [
      { ...axis(context), size: 24, values: timeLabels, grid: { show: false } },
      { ...axis(context), size: AXIS_WIDTH, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000] },
    ],
  };
}

export function toneOptions(context: ChartContext): uPlot.Options {
  return {
    ...base(context, 120),
    scales: { x: { range: () => context.range() }, y: { range: [-1, 1] } },
    series: [
      {},
      {
        stroke: () => context.colour('--accent'),
        width: 1.75,
        points: { show: true, size: 4, fill: () => context.colour('--accent') },
      },
    ],
    axes: [
      { ...axis(context), size: 6, values: (_, splits) => splits.map(() => ''), grid: { show: false } },
      { ...axis(context), size: AXIS_WIDTH, splits: [-1, 0, 1], values: (_, splits) => splits.map((tone) => signed(tone, 0)) },
    ],
  };
}
