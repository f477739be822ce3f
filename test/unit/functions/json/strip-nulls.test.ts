import { expect, it } from 'vitest';
import { finishNow } from '../../../../src/base/steps.ts';
import { stripSteps } from '../../../../src/functions/json/strip-nulls.ts';

const strip = (source: string): string => finishNow(stripSteps(source));

it('removes members that are null at every level, and white space', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['null', 'null'],
    [' 1.50 ', '1.50'],
    [' "a\\u0041\\/b" ', '"aA/b"'],
    ['[ ]', '[]'],
    ['{ }', '{}'],
    ['{"a":null}', '{}'],
    ['{"a":null,"b" : 1 , "c":null}', '{"b":1}'],
    ['{"a":1,"b":null,"c":{"d":null,"e":[null,{"f":null}]}}', '{"a":1,"c":{"e":[null,{}]}}'],
    ['[null, [ ], {"a": {}}, {"b":[]}, true]', '[null,[],{"a":{}},{"b":[]},true]'],
    ['{"\\u0061\\"" : "\\n", "a" : 1, "a" : null, "a" : 2}', '{"a\\"":"\\n","a":1,"a":2}'],
    ['[[[1], {"x": null}], "null"]', '[[[1],{}],"null"]'],
  ];
  for (const [source, expected] of cases) expect(strip(source)).toBe(expected);
});

it('goes in steps through a long document, however deep', () => {
  const object = '{"id": 1, "none": null, "name": "host"}';
  const source = `[${Array.from({ length: 5000 }, () => object).join(', ')}]`;
  expect(strip(source)).toBe(source.replaceAll(/, "none": null| /g, ''));
  expect([...stripSteps(source)].length).toBeGreaterThan(4);
  const deep = `${'{"a": ['.repeat(500)}${']}'.repeat(500)}`;
  expect(strip(deep)).toBe(deep.replaceAll(' ', ''));
});
