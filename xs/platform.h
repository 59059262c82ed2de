/* What the XS engine is told about a computer: besides engine.h, that there are threads and atomic operations. */
#ifndef PLATFORM_H
#define PLATFORM_H

#undef mxLinux
#define mxLinux 1

#include <arpa/inet.h>
#include <pthread.h>

#define mxUseGCCAtomics 1
#define mxUsePOSIXThreads 1

#include "engine.h"

#endif
