/* Begins with the words of the command line that stand in the file "arguments" of the working folder, one a line. */
#include "../host.h"

#define WORDS_MAX 1024

/* The linker leads here what would call the host's main (build.mjs). */
int __real_main(int count, char** words);
int __wrap_main(void)
{
  static char* words[WORDS_MAX];
  int count = 0;
  FILE* file = fopen("arguments", "r");
  if (!file) usageError("the file \"arguments\" cannot be opened");
  words[count++] = "xs";
  for (size_t length = 0; count < WORDS_MAX; count++) {
    int character;
    char* word = malloc(1);
    for (length = 0; (character = fgetc(file)) != EOF && character != '\n';) {
      word = realloc(word, length + 2);
      word[length++] = (char)character;
    }
    word[length] = 0;
    if (character == EOF) break;
    words[count] = word;
  }
  return __real_main(count, words);
}
