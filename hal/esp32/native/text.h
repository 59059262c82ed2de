/* The bytes of a text, as writeText of src/mqtt/utf8.ts gives them. */
#ifndef GODWIT_TEXT_H
#define GODWIT_TEXT_H

#include <stdint.h>

/* Copies `text` to `into` from `start` on. Gives the end of the copy, or -1, and copies nothing, when it would lie beyond `end`. */
int32_t godwit_write_text(char* text, uint8_t* into, uint32_t start, uint32_t end);

#endif
