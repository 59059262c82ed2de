import { topicMatches } from '../../src/mqtt/topic.js';

it.each([
  ['a/b', 'a/b', true],
  ['a/b', 'a/c', false],
  ['a/b', 'a', false],
  ['a', 'a/b', false],
  ['a/+', 'a/b', true],
  ['a/+', 'a/', true],
  ['a/+', 'a', false],
  ['a/+', 'a/b/c', false],
  ['+/b', '/b', true],
  ['+', 'a', true],
  ['+', '/a', false],
  ['/+', '/a', true],
  ['+/+', '/a', true],
  ['#', 'a/b/c', true],
  ['#', '/', true],
  ['a/#', 'a', true],
  ['a/#', 'a/b/c', true],
  ['a/#', 'ab', false],
  ['a/+/#', 'a', false],
  ['a/+/c/#', 'a/b/c', true],
  ['A', 'a', false],
])('filter %s, topic %s: %s', (filter, topic, expected) => {
  expect(topicMatches(filter, topic)).toBe(expected);
});

it.each([
  ['#', '$SYS/broker', false],
  ['+/broker', '$SYS/broker', false],
  ['$SYS/#', '$SYS/broker', true],
  ['$SYS/+', '$SYS/broker', true],
])('[MQTT-4.7.2-1] filter %s, topic %s: %s', (filter, topic, expected) => {
  expect(topicMatches(filter, topic)).toBe(expected);
});
