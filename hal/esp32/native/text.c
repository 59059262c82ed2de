/*
 * Text as bytes, without a buffer in between: XS keeps strings in UTF-8. manifest.json gives this to the agent on a board, and the
 * XS host is built with this same file.
 */
#include "text.h"
#include <string.h>

int32_t godwit_write_text(char* text, uint8_t* into, uint32_t start, uint32_t end)
{
  size_t length = strlen(text);
  if (start > end || length > end - start) return -1;
  memcpy(into + start, text, length);
  return (int32_t)(start + length);
}
