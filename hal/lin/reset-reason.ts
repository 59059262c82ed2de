/** Stands in for "resetReason": each start is a power-on. */
export default function getResetReason(): { readonly reason: number } {
  return { reason: 1 };
}
