import { World } from './world.js';
it('x', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = new World({
      seed,
      latencyMilliseconds: seed % 3 === 0 ? 0 : 35,
      connection: { clean: seed % 2 === 0, windowMax: 1 + (seed % 7), acknowledgeTimeoutMilliseconds: 2000, backoffMaxMilliseconds: 4000 },
    });
    world.link.writeSpaceBytes = seed % 5 === 0 ? 7 : 1460;
    world.link.fragmentBytes = 1 + (seed % 11);
    world.broker.dropPubacks(0.02);
    world.connect();
    world.enqueue(150);
    for (let round = 0; round < 30 && world.queued > 0; round++) {
      world.run(200 + 37 * round);
      if (round % 4 === 1) world.link.cut();
      if (round % 9 === 5) world.broker.restart({ loseSessions: seed % 4 === 1 });
    }
    world.broker.dropPubacks(0);
    const before = world.events.length;
    world.run(60_000);
    if (world.queued > 0) { console.log(seed, world.queued, world.connection.state, world.events.length - before, world.events.slice(-5), world.receivedPayloads.slice(-10), world.broker.violations.slice(0,5), world.scheduler.now, world.connection.statistics); return; }
  }
});
