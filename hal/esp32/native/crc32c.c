/*
 * CRC-32C, in C: manifest.json gives it to the agent on a board, and the XS host is built with this same file.
 *
 * Half a byte at a time: a table of 64 bytes, and still far below what it costs to call it.
 */
#include "crc32c.h"

/* Of the polynomial 0x82F63B78, reflected. */
static const uint32_t table[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

int32_t godwit_crc32c(uint8_t* bytes, uint32_t start, uint32_t end, int32_t state)
{
  uint32_t crc = (uint32_t)state;
  for (uint32_t i = start; i < end; i++) {
    crc ^= bytes[i];
    crc = table[crc & 15] ^ (crc >> 4);
    crc = table[crc & 15] ^ (crc >> 4);
  }
  return (int32_t)crc;
}
