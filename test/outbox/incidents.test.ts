/** Bugs that were found, by name; each way in is tried with many cuts and many readings of weak cells. */
import { incidents, playIncident } from '../../sim/crash/incidents.js';
import { openOutbox } from '../../src/outbox/outbox.js';

const WAYS = 60;

describe('an outbox does not have this bug again', () => {
  it.each(incidents)('$name', (incident) => {
    expect(playIncident(incident, openOutbox, WAYS)).toBeUndefined();
  });
});
