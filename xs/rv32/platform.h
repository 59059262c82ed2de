/*
 * What the XS engine is told about a chip of the instruction set rv32imc without an operating system: besides engine.h, that
 * operands of byte codes are read byte by byte, as the SDK has it for its chips. There are no threads and atomic operations.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#define mxUnalignedAccess 0

#include "engine.h"

#endif
