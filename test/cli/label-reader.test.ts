import assert from 'node:assert/strict';
import { it } from 'node:test';
import { labelReader } from '../../src/cli/label-reader.ts';

const of = { names: ['Earnings', 'Politics'], file: 'a.csv', hint: 'labels' };

it('a label is a name in any case, or a number of a named list', () => {
  const classOf = labelReader({ ...of, numbered: ['politics', 'Earnings'] });
  assert.deepEqual(['EARNINGS', ' politics', '0', '1'].map(classOf), [0, 1, 1, 0]);
  assert.throws(() => classOf('2', 7), { code: 'E_INPUT_INVALID', message: /a\.csv .* row 7: the label "2".*say with labels/ });
  assert.throws(() => classOf('Oil', 3), {
    code: 'E_INPUT_INVALID',
    message: /row 3: the label "Oil" is none of Earnings, Politics/,
  });
});

it('a named list has labels of the model only, but may name more than a file that the labels are taken from', () => {
  const numbered = ['Oil', 'Politics'];
  assert.throws(() => labelReader({ ...of, numbered }), { code: 'E_USAGE', message: /labels: Oil is no label of the model/ });
  assert.equal(labelReader({ ...of, numbered, found: true })('1', 0), 1);
});
