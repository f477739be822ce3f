/** A chart of horizontal bars on a logarithmic axis, as SVG that needs nothing else. */
export interface BarChart {
  readonly title: string;
  readonly groups: readonly string[];
  /** A value for each group; undefined leaves a gap. */
  readonly series: readonly {
    readonly name: string;
    readonly values: readonly (number | undefined)[];
  }[];
}

const WIDTH = 900;
const LEFT = 260;
const TOP = 64;
const BAR = 7;
const GAP = 8;
const COLORS = [
  '#d1495b',
  '#3b6ea5',
  '#e8a838',
  '#6a8f3c',
  '#7a5c99',
  '#4aa3a2',
  '#8c6d4f',
  '#777',
];

export function barChart(chart: BarChart): string {
  const values = chart.series.flatMap((one) => one.values).filter((value) => value !== undefined);
  const low = Math.floor(Math.log10(Math.max(1e-3, Math.min(...values, 1))));
  const high = Math.ceil(Math.log10(Math.max(...values, 10)));
  const x = (value: number): number => {
    const share = (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low);
    return LEFT + share * (WIDTH - LEFT - 70);
  };
  const groupHeight = chart.series.length * BAR + GAP;
  const height = TOP + chart.groups.length * groupHeight + 16;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="12" y="20" font-size="14">${escaped(chart.title)}</text>`,
    ...legend(chart),
    ...ticks(low, high, x, height),
    ...chart.groups.flatMap((group, g) => bars(chart, group, g, groupHeight, x)),
    '</svg>',
    '',
  ].join('\n');
}

function legend({ series }: BarChart): string[] {
  return series.map(({ name }, i) => {
    const at = 12 + i * Math.min(125, (WIDTH - 12) / series.length);
    return `<rect x="${at}" y="30" width="10" height="10" fill="${COLORS[i % COLORS.length]}"/><text x="${at + 14}" y="39">${escaped(name)}</text>`;
  });
}

function ticks(low: number, high: number, x: (value: number) => number, height: number): string[] {
  return Array.from({ length: high - low + 1 }, (_, i) => {
    const value = 10 ** (low + i);
    const at = x(value).toFixed(1);
    return `<line x1="${at}" y1="${TOP - 6}" x2="${at}" y2="${height - 10}" stroke="#ddd"/><text x="${at}" y="${TOP - 9}" text-anchor="middle" fill="#666">${label(value)}</text>`;
  });
}

function bars(
  { series }: BarChart,
  group: string,
  index: number,
  groupHeight: number,
  x: (value: number) => number,
): string[] {
  const top = TOP + index * groupHeight;
  const middle = top + (series.length * BAR) / 2 + 4;
  const name = `<text x="${LEFT - 8}" y="${middle}" text-anchor="end">${escaped(group)}</text>`;
  const drawn = series.flatMap(({ values }, i) => {
    const value = values[index];
    if (value === undefined) return [];
    const y = top + i * BAR;
    const width = Math.max(1, x(value) - LEFT).toFixed(1);
    return [
      `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR - 1}" fill="${COLORS[i % COLORS.length]}"/>`,
      `<text x="${(x(value) + 3).toFixed(1)}" y="${y + BAR - 1}" font-size="7" fill="#444">${label(value)}</text>`,
    ];
  });
  return [name, ...drawn];
}

function label(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
