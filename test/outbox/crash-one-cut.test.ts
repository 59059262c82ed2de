import { EXPLORE_MILLISECONDS_MAX, explore } from './crash.js';

describe('an outbox whose power is cut once', () => {
  it(
    'owes and gives what it owed before, at every flash operation and with every tear: 50,000 states',
    async () => expect(await explore(1, 1, 50_000)).toBeGreaterThanOrEqual(50_000),
    EXPLORE_MILLISECONDS_MAX,
  );
});
