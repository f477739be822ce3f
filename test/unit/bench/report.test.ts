import { describe, expect, it } from 'vitest';
import { MessageReader } from '../../bench/lib/message-reader.ts';
import { geometricMean, median, quantile } from '../../bench/lib/statistics.ts';
import { readOptions } from '../../bench/options.ts';
import { clickBenchQueries } from '../../bench/queries/clickbench.ts';
import { cpuQueries } from '../../bench/queries/tsbs-cpu.ts';
import { randomFrom } from '../../bench/data/random.ts';
import { barChart } from '../../bench/report/bar-chart.ts';
import { ratioOf } from '../../bench/report/query-page.ts';

describe('statistics', () => {
  it('give values that were measured', () => {
    const values = [5, 1, 4, 2, 3];
    expect(median(values)).toBe(3);
    expect(quantile(values, 0.95)).toBe(5);
    expect(quantile(values, 0)).toBe(1);
    expect(geometricMean([1, 4, 16])).toBeCloseTo(4);
  });

  it('have no ratio where an answer is wrong or missing', () => {
    expect(ratioOf({ medianMs: 6 }, { medianMs: 2 })).toBe(3);
    expect(ratioOf({ medianMs: 6, differs: 'x' }, { medianMs: 2 })).toBeUndefined();
    expect(ratioOf({ error: '0A000' }, { medianMs: 2 })).toBeUndefined();
  });
});

describe('the chart', () => {
  it('is SVG with a bar for each value', () => {
    const svg = barChart({
      title: 'a < b',
      groups: ['q1', 'q2'],
      series: [
        { name: 'one', values: [1, 10] },
        { name: 'two', values: [undefined, 1000] },
      ],
    });
    expect(svg).toContain('a &lt; b');
    expect(svg.match(/<rect x="260"/g)?.length).toBe(3);
  });
});

describe('queries', () => {
  it('are the same for the same seed, and other ones from instance to instance', () => {
    const [type] = cpuQueries({ table: 'cpu', scale: 100, hours: 12 });
    const [a, b] = [randomFrom(1), randomFrom(1)];
    const first = type.instance(a)('varve');
    expect(type.instance(b)('varve')).toBe(first);
    expect(type.instance(a)('varve')).not.toBe(first);
    expect(type.instance(b)('influx')).toMatch(/GROUP BY time\(60s\) fill\(none\)$/);
  });

  it('of ClickBench are 43, each with its kinds of columns', () => {
    const queries = clickBenchQueries();
    expect(queries.length).toBe(43);
    expect(queries[29].kinds.length).toBe(90);
  });
});

describe('options', () => {
  it('let a given size win over the quick one', () => {
    const options = readOptions(['--quick', '--scale', '10', '--only', 'iot,cpu']);
    expect(options.scale).toBe(10);
    expect(options.hours).toBe(4);
    expect(options.only).toEqual(['cpu', 'iot']);
    expect(() => readOptions(['--only', 'cup'])).toThrow('unknown: cup');
  });
});

describe('MessageReader', () => {
  it('finds messages however the stream is cut', () => {
    const message = (type: string, body: string): Buffer => {
      const head = Buffer.alloc(5);
      head.write(type, 0, 'latin1');
      head.writeInt32BE(body.length + 4, 1);
      return Buffer.concat([head, Buffer.from(body)]);
    };
    const stream = Buffer.concat([message('D', 'row'), message('C', 'done'), message('D', '')]);
    for (let size = 1; size <= stream.length; size++) {
      const seen: string[] = [];
      const reader = new MessageReader(
        (type, body) => seen.push(String.fromCharCode(type) + String(body)),
        (type) => type !== 0x44,
      );
      for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
      expect(seen).toEqual(['D3', 'Cdone', 'D0']);
    }
  });
});
