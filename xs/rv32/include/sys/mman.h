/* As far as xs/memory.c and xs/storage.c need it; see machine.c. */
#ifndef MMAN_H
#define MMAN_H

#include <stddef.h>
#include <sys/types.h>

#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_PRIVATE 0
#define MAP_SHARED 0
#define MAP_ANONYMOUS 0
#define MAP_FAILED ((void*)-1)

void* mmap(void* address, size_t size, int protection, int flags, int file, off_t offset);
int mprotect(void* address, size_t size, int protection);

#endif
