/*
 * The C library here copies and fills byte by byte, to be small. Compiled for size, the engine has it copy each of its values
 * of 16 bytes, so that a quarter of all instructions were these. A chip's library does it by words, and so does this.
 */
#include <stddef.h>
#include <stdint.h>

#pragma GCC optimize("O2", "no-tree-loop-distribute-patterns")

#define WORD sizeof(uint32_t)

static int isAligned(const void* a, const void* b)
{
  return (((uintptr_t)a | (uintptr_t)b) & (WORD - 1)) == 0;
}

void* memcpy(void* restrict to, const void* restrict from, size_t count)
{
  uint8_t* t = to;
  const uint8_t* f = from;
  if (isAligned(t, f))
    for (; count >= WORD; count -= WORD, t += WORD, f += WORD) *(uint32_t*)t = *(const uint32_t*)f;
  while (count--) *t++ = *f++;
  return to;
}

void* memmove(void* to, const void* from, size_t count)
{
  uint8_t* t = to;
  const uint8_t* f = from;
  if ((uintptr_t)t - (uintptr_t)f >= count) return memcpy(to, from, count);
  t += count;
  f += count;
  if (isAligned(t, f))
    for (; count >= WORD; count -= WORD) {
      t -= WORD;
      f -= WORD;
      *(uint32_t*)t = *(const uint32_t*)f;
    }
  while (count--) *--t = *--f;
  return to;
}

void* memset(void* to, int value, size_t count)
{
  uint8_t* t = to;
  uint32_t word = (uint8_t)value * 0x01010101u;
  if (isAligned(t, t))
    for (; count >= WORD; count -= WORD, t += WORD) *(uint32_t*)t = word;
  while (count--) *t++ = (uint8_t)value;
  return to;
}
