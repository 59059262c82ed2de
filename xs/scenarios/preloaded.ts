/** State at module level, as no module of the agent may have it: preloaded, it is in flash. */
export const bytes = new Uint8Array(4);
export const map = new Map([['key', 1]]);
export const list = [1, 2, 3];
export const pattern = /a/g;
export const date = new Date(0);
export const iterator = list.values();
