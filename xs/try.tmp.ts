import { mkdtempSync } from 'node:fs';
import { Scheduler, SimNetwork, seededRandom } from '../hal/sim/sim.js';
import { CheckingBroker } from '../sim/world/broker.js';
import { XsEngine } from './run.js';
import { runInWorld } from './world.js';
const engine = new XsEngine({ program: '/work/main/build/xs/32/xs', bits: 32 }, '/work/main');
const scheduler = new Scheduler();
const network = new SimNetwork({ scheduler, random: seededRandom(1) });
const link = network.link();
link.latencyMilliseconds = 20;
const broker = new CheckingBroker({ network });
const n = Number(process.argv[2] ?? 300);
const sensors = ['a', 'b', 'c'].map((name) => ({ name, driver: 'wandering', periodMilliseconds: 1000, channels: [{ name: `${name}_temperature`, from: 'value' }, { name: `${name}_humidity`, from: 'other' }] }));
const configuration = JSON.stringify({ broker: { host: 'broker', window: 16 }, sensors });
let taken = 0, marked = false;
const storage = mkdtempSync('/tmp/st-');
const t = performance.now();
const outcome = await runInWorld(engine, { main: 'xs/scenarios/agent', storage, settings: { configuration }, epochMilliseconds: 1.75e12, stackSlots: 600,  profile: process.argv[3] === 'p' }, {
  scheduler, link,
  onIdle(device) {
    for (const r of broker.received) if (r.topic.endsWith('telemetry')) { const v = JSON.parse(Buffer.from(r.payload).toString()); taken += Array.isArray(v) ? v.length : 1; }
    if (taken < 5 && broker.received.length) console.log(broker.received.map((r) => r.topic + ' ' + Buffer.from(r.payload)));
    broker.received.length = 0;
    if (!marked && taken >= 30) { marked = true; device.mark('steady'); }
    if (taken >= 30 + n) { device.mark('done'); device.end(); taken = -Infinity; }
  },
}, '/tmp/report.json');
console.log(performance.now() - t, 'ms');
const f = outcome.report?.functions;
if (f) delete (outcome.report as any).functions;
console.dir(outcome, { depth: 5 });
console.log(broker.violations);
