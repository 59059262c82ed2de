/** What goes over the wire, counted in bytes. */
import { World } from './world.js';

it('takes the fewest bytes MQTT allows: 57 up and 4 down for a topic of 27 bytes and a payload of 24', () => {
  const world = new World();
  world.connect();
  expect(world.connection.statistics).toMatchObject({ sentBytes: 20, receivedBytes: 4 });
  const message = { topic: 'godwit/node-0042/telemetry/', payload: new Uint8Array(24), qos: 1, retain: false } as const;
  expect(message.topic).toHaveLength(27);
  for (let token = 1; token <= 10; token++) world.connection.publish(message, token);
  world.run(1000);
  expect(world.connection.statistics).toMatchObject({ sentBytes: 20 + 570, receivedBytes: 4 + 40, inFlight: 0 });
});

it('writes all that is published in one turn at once', () => {
  const writes: number[] = [];
  const probe = new World();
  const world = new World({
    connection: {
      Stream: class {
        constructor(options: ConstructorParameters<typeof probe.link.TCP>[0]) {
          const stream = new world.link.TCP(options);
          const write = stream.write.bind(stream);
          stream.write = (buffer) => {
            writes.push(buffer.length);
            return write(buffer);
          };
          // biome-ignore lint/correctness/noConstructorReturn: the simulated stream, watched
          return stream;
        }
      } as unknown as typeof probe.link.TCP,
    },
  });
  world.connect();
  writes.length = 0;
  world.enqueue(10);
  for (let count = 0; count < 5; count++) world.publish('state', 'x');
  world.run(1000);
  expect(writes).toHaveLength(1);
});
