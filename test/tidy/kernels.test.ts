import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ASSEMBLY = join(import.meta.dirname, '../../src/kernels/assembly');

it('kernels have no memory of their own: an instance would clear it under other threads', () => {
  const offences = readdirSync(ASSEMBLY).filter((name) =>
    /new (Static)?Array|memory\.data\(\s*[\d<]|heap\.alloc|__new\(/.test(
      readFileSync(join(ASSEMBLY, name), 'utf8'),
    ),
  );
  expect(offences).toEqual([]);
});
