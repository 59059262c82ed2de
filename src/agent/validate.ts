/**
 * Checks a value against a schema and fills in defaults, on the device too. Knows the keywords of schema.ts only;
 * `test/agent` holds it against a full JSON Schema validator.
 */
import type { Schema } from './schema.js';

/** A wrong configuration. The message names the path and what was expected there. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError';
}

/** A copy of `value` with defaults filled in. Throws a ConfigurationError for the first thing that is wrong. */
export function validate(value: unknown, schema: Schema, path = ''): unknown {
  switch (schema.type) {
    case 'object':
      return validateObject(value, schema, path);
    case 'array':
      return validateArray(value, schema, path);
    case 'string':
      return validateString(value, schema, path);
    case 'boolean':
      if (typeof value !== 'boolean') throw wrong(path, 'true or false', value);
      return value;
    default:
      return validateNumber(value, schema, path);
  }
}

export function wrong(path: string, expected: string, found?: unknown): ConfigurationError {
  const shown = found === undefined ? '' : `, found ${brief(found)}`;
  return new ConfigurationError(`${path || 'the configuration'}: expected ${expected}${shown}`);
}

function validateObject(value: unknown, schema: Schema, path: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'an object', value);
  const { properties } = schema;
  // The schema's own default does not leave this file: it is in a device's flash, where JSON.stringify refuses it.
  if (properties === undefined) return { ...value };
  const given = value as { readonly [name: string]: unknown };
  const names = Object.keys(properties);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ConfigurationError(`${join(path, unknown)}: unknown key, expected one of ${names.join(', ')}`);
  const result: { [name: string]: unknown } = {};
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const property = properties[name] as Schema;
    const found = given[name];
    if (found !== undefined) result[name] = validate(found, property, join(path, name));
    // A default is as its schema wants it, but for those of an object's own properties.
    else if (property.default !== undefined)
      result[name] =
        property.type === 'object' ? validate(property.default, property, join(path, name)) : property.default;
    else if (schema.required?.includes(name))
      throw new ConfigurationError(`${join(path, name)}: missing, expected ${kindOf(property)}`);
  }
  return result;
}

function validateArray(value: unknown, schema: Schema, path: string): unknown {
  if (!Array.isArray(value)) throw wrong(path, 'an array', value);
  const { items, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  if (value.length < minItems || value.length > maxItems)
    throw new ConfigurationError(`${path}: expected ${minItems} to ${maxItems} elements, found ${value.length}`);
  return value.map((item: unknown, i) => (items === undefined ? item : validate(item, items, `${path}[${i}]`)));
}

function validateString(value: unknown, schema: Schema, path: string): unknown {
  if (typeof value !== 'string') throw wrong(path, 'a string', value);
  const { maxLength = Number.POSITIVE_INFINITY, pattern, enum: choices } = schema;
  if (choices !== undefined && !choices.includes(value)) throw wrong(path, `one of ${choices.join(', ')}`, value);
  // Counted in characters, which takes a look at each, only where units are too many.
  if (value.length > maxLength && [...value].length > maxLength) throw wrong(path, `at most ${maxLength} characters`);
  if (pattern !== undefined && !new RegExp(pattern).test(value)) throw wrong(path, `a text like ${pattern}`, value);
  return value;
}

function validateNumber(value: unknown, schema: Schema, path: string): unknown {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
  const isKind = schema.type === 'integer' ? Number.isInteger(value) : Number.isFinite(value);
  if (!isKind || (value as number) < minimum || (value as number) > maximum)
    throw wrong(path, `${kindOf(schema)} from ${minimum} to ${maximum}`, value);
  return value;
}

function kindOf({ type }: Schema): string {
  if (type === 'integer') return 'a whole number';
  return type === 'object' || type === 'array' ? `an ${type}` : `a ${type}`;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** Short enough for one line. */
function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
