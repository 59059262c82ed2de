/**
 * What a device lives through, on XS; and that nothing became more expensive than xs/budgets.json says. The figures are exact
 * and do not depend on the size of the heap: a difference is the code's, never the machine's.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Budgets, HEAP, measure, play, smallestHeap, worse } from '../../xs/measure.js';
import type { XsEngine } from '../../xs/run.js';
import { type Scenario, scenarios } from '../../xs/suite.js';
import { describeOnXs, engine } from './engine.js';

const recorded: Budgets = JSON.parse(readFileSync(join(import.meta.dirname, '../../xs/budgets.json'), 'utf8'));
const xs = engine as XsEngine;
const is32Bits = engine?.bits === 32;
/** Played once only: it takes long. */
const long = ['long run'];
const short = scenarios.filter(({ name }) => !long.includes(name));
const problemsOf = async (scenario: Scenario, limits = {}) => (await play(scenario, xs, limits)).problems;

describeOnXs('on XS', () => {
  (is32Bits ? it : it.skip).each(scenarios)(
    '$name: passes in the recorded heap and costs no more than recorded (32 bits)',
    async (scenario) => {
      const { name } = scenario;
      const staticBytes = recorded[name]?.[HEAP];
      if (staticBytes === undefined) throw new Error(`xs/budgets.json has no "${name}": npm run budgets -- --record`);
      const { problems, figures } = await measure(scenario, xs, { staticBytes });
      if (problems.length > 0 && (await problemsOf(scenario)).length === 0)
        expect(worse(recorded, { [name]: { [HEAP]: await smallestHeap(scenario, xs) } })).toEqual([]);
      expect(problems).toEqual([]);
      expect(worse(recorded, { [name]: figures })).toEqual([]);
    },
    300_000,
  );

  it('a full partition takes no more memory than next to no backlog, but for 256 bytes', () => {
    const heapOf = (name: string) => recorded[name]?.[HEAP] as number;
    expect(heapOf('full flash') - heapOf('short backlog')).toBeLessThanOrEqual(256);
  });

  it.each(short)(
    '$name: passes in the memory of manifest.json',
    async (scenario) => {
      expect(await problemsOf(scenario)).toEqual([]);
    },
    60_000,
  );

  it.each(scenarios.filter(({ name }) => ['power cut', 'compact mode', 'hostile broker'].includes(name)))(
    '$name: passes with garbage collected at every allocation',
    async (scenario) => {
      expect(await problemsOf(scenario, { collect: true, staticBytes: 64 * 1024 * (xs.bits / 32) })).toEqual([]);
    },
    120_000,
  );
});
