import { EXPLORE_MILLISECONDS_MAX, explore } from './crash.js';

/** A new seed every day; an error names it. */
const today = Math.floor(Date.now() / 86_400_000) * 1000;

describe('an outbox whose power is cut again while it recovers', () => {
  it(
    'owes and gives what it owed before, two cuts deep: 30,000 states',
    async () => expect(await explore(1, 2, 30_000)).toBeGreaterThanOrEqual(30_000),
    EXPLORE_MILLISECONDS_MAX,
  );

  it(
    `owes and gives what it owed before, three cuts deep: 20,000 states from seed ${today}`,
    async () => expect(await explore(today, 3, 20_000)).toBeGreaterThanOrEqual(20_000),
    EXPLORE_MILLISECONDS_MAX,
  );
});
