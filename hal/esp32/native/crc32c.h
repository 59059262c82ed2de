/* CRC-32C of the flash format, as crc32c in src/outbox/crc.ts has it. */
#ifndef GODWIT_CRC32C_H
#define GODWIT_CRC32C_H

#include <stdint.h>

/* The register after bytes[start..end). `state` starts the sum or continues one. */
int32_t godwit_crc32c(uint8_t* bytes, uint32_t start, uint32_t end, int32_t state);

#endif
