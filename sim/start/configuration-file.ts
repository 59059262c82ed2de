/** Reads a configuration file as JSON. What it must hold is the agent's business. */
import { readFileSync } from 'node:fs';

/** Throws an Error of one sentence that names the file. */
export function readConfigurationFile(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = { ENOENT: 'there is no such file', EISDIR: 'it is a folder' };
    throw new Error(`cannot read ${file}: ${reasons[code ?? ''] ?? message}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    // Node quotes the text around the fault, line breaks included.
    throw new Error(`${file} is no JSON: ${(error as Error).message.replace(/\s+/g, ' ')}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${file} holds no JSON object`);
  }
  return value as Record<string, unknown>;
}
