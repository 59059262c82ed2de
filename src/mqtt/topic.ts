/**
 * Topic names and topic filters (section 4.7): which may be sent, and which filter matches which name.
 */
import { isWellFormed, utf8Bytes } from './utf8.js';

const STRING_BYTES_MAX = 65535;

/** A string field as bytes. Throws a RangeError that names `what` when it is too long or holds what UTF-8 forbids. */
export function stringBytes(text: string, what: string): Uint8Array {
  if (text.includes('\0')) throw new RangeError(`${what}: [MQTT-1.5.3-2] text contains the character U+0000`);
  if (!isWellFormed(text)) throw new RangeError(`${what}: [MQTT-1.5.3-1] text contains a lone surrogate`);
  const bytes = utf8Bytes(text);
  // The length stands before the string in two bytes (section 1.5.3); [MQTT-4.7.3-3] says it for topics.
  if (bytes.length > STRING_BYTES_MAX)
    throw new RangeError(`${what} takes ${bytes.length} bytes, at most ${STRING_BYTES_MAX}`);
  return bytes;
}

/** A topic name as bytes. Throws a RangeError when a message must not be published to it. */
export function topicNameBytes(topic: string): Uint8Array {
  if (topic === '') throw new RangeError('[MQTT-4.7.3-1] topic name is empty');
  if (topic.includes('#') || topic.includes('+')) {
    throw new RangeError(`[MQTT-3.3.2-2] topic name "${topic}" contains a wildcard`);
  }
  return stringBytes(topic, 'topic name');
}

/** A topic filter as bytes. Throws a RangeError when it must not be subscribed to. */
export function topicFilterBytes(filter: string): Uint8Array {
  if (filter === '') throw new RangeError('[MQTT-4.7.3-1] topic filter is empty');
  const levels = filter.split('/');
  for (let index = 0; index < levels.length; index++) {
    const level = levels[index] as string;
    if (level.includes('#') && (level !== '#' || index !== levels.length - 1)) {
      throw new RangeError(`[MQTT-4.7.1-2] "#" is not the whole last level of topic filter "${filter}"`);
    }
    if (level.includes('+') && level !== '+') {
      throw new RangeError(`[MQTT-4.7.1-3] "+" is not a whole level of topic filter "${filter}"`);
    }
  }
  return stringBytes(filter, 'topic filter');
}

/** Whether a message published to `topic` is for a subscription to `filter`. */
export function topicMatches(filter: string, topic: string): boolean {
  // [MQTT-4.7.2-1]: a wildcard at the start does not reach topics of the broker itself.
  if (topic.startsWith('$') && (filter.startsWith('#') || filter.startsWith('+'))) return false;
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (let index = 0; index < wanted.length; index++) {
    const level = wanted[index];
    if (level === '#') return true;
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}
